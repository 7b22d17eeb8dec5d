"""Pictures decoded elsewhere are those that `imaging` decodes here, and are refused with the same words."""

import pickle
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRLittleEndian

import imaging.dicom
import imaging.raster
from imaging.errors import DecoderEnded, ImagingError, UnreadableImage
from service.decoding import ask as decoding
from service.decoding import pool
from tests.imaging.dicom.fixtures import colour_ramp, dataset, deadly, grey, sound_files, written
from tests.service.pictures import encoded, picture, png

FILES = sound_files()


@pytest.mark.parametrize("name", FILES)
def test_an_image_is_the_same_here_and_there(name: str, tmp_path: Path) -> None:
    here = imaging.dicom.read_dicom(FILES[name])
    path = tmp_path / "file.dcm"
    path.write_bytes(FILES[name])
    for there in (decoding.read_dicom(FILES[name]), decoding.read_dicom(path)):
        for field in fields(here):
            if field.name != "cine":
                assert getattr(there, field.name) == getattr(here, field.name), field.name
        for ours, theirs in zip(here.frames(), there.frames(), strict=True):
            assert ours.pixels_sha256 == theirs.pixels_sha256
            assert (ours.spacing, ours.bmode, ours.index) == (theirs.spacing, theirs.bmode, theirs.index)


@pytest.mark.parametrize("data", [png(), encoded(".jpg", picture())])
def test_a_picture_is_the_same_here_and_there(data: bytes) -> None:
    np.testing.assert_array_equal(decoding.decode_grey(data), imaging.raster.decode_grey(data))


def outcome(call: Callable[[bytes], object], data: bytes) -> tuple[str, str]:
    try:
        call(data)
    except ImagingError as error:
        return error.code, str(error)
    return "read", ""


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(["native", "deflated", "jpeg"]),
    cut=st.floats(0, 1),
    at=st.floats(0, 1),
    junk=st.binary(max_size=6),
)
def test_damage_is_refused_with_the_same_words(name: str, cut: float, at: float, junk: bytes) -> None:
    data = bytearray(FILES[name][: int(cut * len(FILES[name])) + 200])
    start = int(at * len(data))
    data[start : start + len(junk)] = junk
    here = outcome(lambda given: list(imaging.dicom.read_dicom(given).frames()), bytes(data))
    there = outcome(lambda given: list(decoding.read_dicom(given).frames()), bytes(data))
    assert there == here or (here[0] == "read" and "half a picture" in there[1])


@pytest.mark.parametrize("at", [700, 1500, 3000])
def test_a_jpeg_with_an_end_but_without_a_middle_is_no_picture(at: int) -> None:
    whole = encoded(".jpg", picture())
    with pytest.raises(UnreadableImage, match="half a picture"):
        decoding.decode_grey(whole[:at] + b"\xff\xd9")
    padded = whole[:-2] + b"\0\0\0" + whole[-2:]
    np.testing.assert_array_equal(decoding.decode_grey(padded), imaging.raster.decode_grey(whole))


def test_damage_that_kills_gdcm_is_refused_and_the_next_frame_is_read() -> None:
    image = decoding.read_dicom(deadly(sound_after=1))
    with pytest.raises(DecoderEnded):
        image.frame(0)
    np.testing.assert_allclose(image.frame(1).pixels, imaging.raster.luma(colour_ramp()), atol=0.51)


def test_more_images_than_a_process_holds_open_take_turns() -> None:
    images = [decoding.read_dicom(written(dataset([grey(i), grey(i + 1)]))) for i in range(12)]
    for index in (0, 1, 0):
        for i, image in enumerate(images):
            np.testing.assert_array_equal(image.frame(index).pixels, grey(i + index))


def test_names_are_read_without_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "file.dcm"
    path.write_bytes(written(dataset([grey()]), ExplicitVRLittleEndian))
    name = decoding.read_instance_name(path)
    assert name.sop_uid == imaging.dicom.read_dicom(path).sop_instance_uid
    path.write_bytes(b"junk")
    with pytest.raises(ImagingError):
        decoding.read_instance_name(path)


def test_a_video_is_decoded_in_order_and_out_of_it() -> None:
    pytest.importorskip("av", reason="the extra 'video' is not installed")
    from pydicom.uid import MPEG2MPML

    from tests.imaging.dicom.test_pixels import video_dicom

    data = video_dicom([grey(i, 144, 176) // 2 for i in range(5)], MPEG2MPML, "mpeg2video", "mpeg")
    here, there = list(imaging.dicom.read_dicom(data).frames()), decoding.read_dicom(data)
    for index in (3, 0, 1, 4):
        np.testing.assert_array_equal(there.frame(index).pixels, here[index].pixels)


def test_nothing_of_python_goes_between_the_processes() -> None:
    modules = [decoding, pool]
    assert all(not hasattr(module, pickle.__name__) for module in modules)
