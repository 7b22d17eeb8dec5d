import importlib.util
import itertools
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from imaging.bmode import find_bmode
from imaging.dicom import DicomLimits, read_dicom
from imaging.errors import BadBox, BadInput, ImageTooLarge, UnreadableImage, UnsupportedImage
from tests.imaging.dicom.fixtures import (
    SOP_INSTANCE,
    TRAPS,
    ULTRASOUND,
    compressed,
    dataset,
    deflated_bomb,
    grey,
    jpeg_cine,
    with_regions,
    written,
)


def test_what_is_known_about_an_image() -> None:
    image = read_dicom(
        written(dataset([grey()], Laterality="R", ImageLaterality="L", ManufacturerModelName="Scanner 1"))
    )
    assert image.sop_instance_uid == SOP_INSTANCE
    assert image.sop_class_uid == ULTRASOUND
    assert (image.study_instance_uid, image.series_instance_uid) == ("1.2.3.4", "1.2.3.5")
    assert (image.modality, image.transfer_syntax_uid) == ("US", "1.2.840.10008.1.2.1")
    assert (image.rows, image.columns, image.frame_count) == (48, 64, 1)
    assert (image.laterality, image.manufacturer_model) == ("L", "Scanner 1")
    assert image.frame_times_ms == ()


def test_nothing_about_the_patient_is_held() -> None:
    image = read_dicom(written(dataset([grey()])))
    held = [value for name, value in vars(image).items() if name != "cine"]  # which refers to the file's own bytes
    assert "NOBODY" not in repr(held)
    assert "NOBODY" not in repr(image)


def test_frames_carry_the_bmode_rectangle_seen_in_the_first_one() -> None:
    screen = np.zeros((96, 128), np.uint8)
    screen[20:68, 30:94] = grey()
    image = read_dicom(written(dataset([screen, screen // 2])))
    assert image.bmode is None
    assert [frame.bmode for frame in image.frames()] == [find_bmode(screen)] * 2


@pytest.mark.parametrize("as_file", [True, False])
def test_a_cine_gives_the_same_frames_in_any_order(as_file: bool, tmp_path: Path) -> None:
    source: bytes | Path = jpeg_cine(4)
    if as_file:
        (tmp_path / "cine.dcm").write_bytes(source)
        source = tmp_path / "cine.dcm"
    image = read_dicom(source)
    in_order = [frame.pixels for frame in image.frames()]
    assert [frame.index for frame in image.frames()] == [0, 1, 2, 3]
    for index in (3, 0, 2, 1):
        np.testing.assert_array_equal(image.frame(index).pixels, in_order[index])
    assert all(np.abs(in_order[i].astype(int) - grey(i)).max() < 40 for i in range(4))


@pytest.mark.parametrize("index", [-1, 3])
def test_a_frame_that_is_not_there_is_refused(index: int) -> None:
    with pytest.raises(BadInput, match="expected 0 to 2"):
        read_dicom(jpeg_cine(3)).frame(index)


def test_only_the_frame_asked_for_is_decoded() -> None:
    ds = dataset([grey(), grey()])
    image = read_dicom(compressed(ds, JPEGBaseline8Bit, [b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xd9"]))
    taken = image.frames()
    with pytest.raises(UnreadableImage):
        next(taken)


@pytest.mark.parametrize(
    ("trap", "times"),
    [
        ("frame time vector", (0, 30, 80)),
        ("frame time", (0, 40, 80)),
        ("cine rate", (0, 40, 80)),
        ("frame time of zero", ()),
    ],
)
def test_times_of_frames(trap: str, times: tuple[float, ...]) -> None:
    assert read_dicom(TRAPS[trap]()).frame_times_ms == times


@pytest.mark.parametrize(
    ("elements", "received"),
    [
        ({"Modality": "CT"}, "modality 'CT'"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, r"SOP class 1\.2\.840\.10008\.5\.1\.4\.1\.1\.2"),
        ({"PhotometricInterpretation": "CMYK"}, "photometric interpretation"),
    ],
)
def test_what_is_not_an_ultrasound_image_is_refused(elements: dict[str, str], received: str) -> None:
    with pytest.raises(UnsupportedImage, match=received):
        read_dicom(written(dataset([grey()], **elements)))


@pytest.mark.parametrize("sop_class", ["6.1", "3.1", "6", "3", "7", "7.1", "7.2", "7.3", "7.4"])
def test_classes_that_carry_ultrasound(sop_class: str) -> None:
    data = written(dataset([grey()], SOPClassUID=f"1.2.840.10008.5.1.4.1.1.{sop_class}"))
    np.testing.assert_array_equal(read_dicom(data).frame(0).pixels, grey())


class TestLimits:
    def test_bytes(self) -> None:
        data = written(dataset([grey()]))
        with pytest.raises(ImageTooLarge, match=f"{len(data)} bytes"):
            read_dicom(data, limits=DicomLimits(file_bytes=len(data) - 1))

    def test_pixels(self) -> None:
        with pytest.raises(ImageTooLarge, match="64 x 48"):
            read_dicom(written(dataset([grey()])), limits=DicomLimits(frame_pixels=64 * 48 - 1))

    def test_frames(self) -> None:
        with pytest.raises(ImageTooLarge, match="3 frames"):
            read_dicom(jpeg_cine(3), limits=DicomLimits(frames=2))

    def test_a_sequence_of_empty_items(self) -> None:
        items = b"\xfe\xff\x00\xe0\0\0\0\0" * 20_000
        opened = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + items + b"\xfe\xff\xdd\xe0\0\0\0\0"
        data = written(dataset([grey()]))
        at = data.index(b"\x08\x00\x16\x00UI")
        data = data[:at] + opened + data[at:]
        assert read_dicom(data).frame_count == 1
        with pytest.raises(ImageTooLarge, match="over 10000 parts"):
            read_dicom(data, limits=DicomLimits(header_reads=10_000))

    def test_an_element_of_many_bytes(self) -> None:
        data = written(dataset([grey()], FrameTimeVector=[33.3] * 2000))
        with pytest.raises(ImageTooLarge, match="bytes before its pixel data"):
            read_dicom(data, limits=DicomLimits(header_bytes=5000))

    def test_inflated_bytes_without_inflating_them(self) -> None:
        bomb = deflated_bomb(50_000_000)
        assert len(bomb) < 100_000
        with pytest.raises(ImageTooLarge, match="inflates to over"):
            read_dicom(bomb, limits=DicomLimits(inflated_bytes=1_000_000))


class TestDamage:
    @pytest.mark.parametrize("length", [0, 100, 200, 600])
    def test_cut_short(self, length: int) -> None:
        with pytest.raises(UnreadableImage):
            read_dicom(written(dataset([grey()]))[:length])

    def test_pixel_data_cut_short(self) -> None:
        with pytest.raises(UnreadableImage, match="3071 bytes: expected 3072 for 1 frames"):
            read_dicom(written(dataset([grey()]))[:-1])

    def test_no_pixel_data(self) -> None:
        ds = dataset([grey()])
        del ds.PixelData
        with pytest.raises(UnreadableImage, match="no PixelData"):
            read_dicom(written(ds))

    @pytest.mark.parametrize("frames", [2, 4, 10_000])
    def test_more_or_fewer_frames_than_fragments(self, frames: int) -> None:
        with pytest.raises(UnreadableImage, match=f"{frames} frames are stated"):
            read_dicom(jpeg_cine(3, NumberOfFrames=frames))

    def test_a_picture_of_another_size_than_stated(self) -> None:
        with pytest.raises(UnreadableImage, match="64 x 48 pixels: expected 640 x 480"):
            read_dicom(jpeg_cine(1, Rows=480, Columns=640)).frame(0)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableImage, match="FileNotFoundError") as caught:
            read_dicom(tmp_path / "a_name.dcm")
        assert "a_name" not in str(caught.value)

    def test_deep_nesting(self) -> None:
        opened = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 3000
        data = written(dataset([grey()]))
        at = data.index(b"\x08\x00\x16\x00UI")
        with pytest.raises(UnreadableImage, match="cannot be read"):
            read_dicom(data[:at] + opened + data[at:])


def test_frames_in_several_fragments_are_put_together_again() -> None:
    from imaging.raster import encode_jpeg

    coded = [encode_jpeg(grey(i), quality=95) for i in range(3)]
    whole = read_dicom(jpeg_cine(3))
    ds = dataset([grey()] * 3)
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    for has_table in (True, False):
        ds.PixelData = encapsulate(coded, fragments_per_frame=2, has_bot=has_table)
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        split = read_dicom(written(ds, JPEGBaseline8Bit))
        for a, b in itertools.zip_longest(split.frames(), whole.frames()):
            np.testing.assert_array_equal(a.pixels, b.pixels)


def test_regions_and_pixels_survive_a_file(tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    path.write_bytes(with_regions())
    np.testing.assert_array_equal(read_dicom(path).frame(0).pixels, grey())


def package_file(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed")
    return Path(spec.origin).parent / "data" / name


class TestRealFiles:
    @pytest.mark.parametrize(
        ("name", "frames", "spacing_mm", "box"),
        [
            ("color3d_jpeg_baseline.dcm", 120, 0.5105, (84, 31, 596, 415)),
            ("JPGLosslessP14SV1_1s_1f_8b.dcm", 1, 0.25477, (14, 38, 1011, 759)),
            ("OBXXXX1A.dcm", 1, 0.26229, (120, 60, 800, 519)),
            ("OBXXXX1A_rle_2frame.dcm", 2, 0.26229, (120, 60, 800, 519)),
            ("OBXXXX1A_expb_2frame.dcm", 2, 0.26229, (120, 60, 800, 519)),
            ("gdcm-US-ALOKA-16.dcm", 1, 0.38265, (32, 24, 336, 416)),
            ("gdcm-US-ALOKA-16_big.dcm", 1, 0.38265, (32, 24, 336, 416)),
        ],
    )
    def test_calibrated(self, name: str, frames: int, spacing_mm: float, box: tuple[int, int, int, int]) -> None:
        image = read_dicom(package_file("data_store", name))
        assert image.frame_count == frames
        assert image.calibration is not None
        assert (image.calibration.row_mm, image.calibration.column_mm) == pytest.approx(
            (spacing_mm, spacing_mm), rel=1e-4
        )
        assert image.frame(frames - 1).bmode.xyxy() == box

    @pytest.mark.parametrize(
        "name", ["US1_J2KI.dcm", "US1_J2KR.dcm", "US1_UNCI.dcm", "US1_UNCR.dcm", "color-pl.dcm", "color-px.dcm"]
    )
    def test_not_calibrated(self, name: str) -> None:
        image = read_dicom(package_file("data_store", name))
        assert image.calibration is None
        assert image.frame(0).pixels.mean() > 20

    @pytest.mark.parametrize(
        ("one", "other", "difference"),
        [
            ("OBXXXX1A.dcm", "OBXXXX1A_expb.dcm", 0),
            ("OBXXXX1A.dcm", "OBXXXX1A_rle.dcm", 0),
            ("gdcm-US-ALOKA-16.dcm", "gdcm-US-ALOKA-16_big.dcm", 0),
            ("color-pl.dcm", "color-px.dcm", 0),
            ("US1_UNCR.dcm", "US1_J2KR.dcm", 0),
            ("US1_UNCI.dcm", "US1_J2KI.dcm", 0),
        ],
    )
    def test_one_picture_in_two_syntaxes(self, one: str, other: str, difference: int) -> None:
        a, b = (read_dicom(package_file("data_store", name)).frame(0).pixels.astype(int) for name in (one, other))
        assert np.abs(a - b).max() <= difference

    def test_cine_of_120_frames(self) -> None:
        image = read_dicom(package_file("data_store", "color3d_jpeg_baseline.dcm"))
        assert image.manufacturer_model == "Turbo"
        assert image.frame_times_ms[-1] == pytest.approx(119 * 33.333)
        assert len({frame.pixels_sha256 for frame in image.frames()}) == 113  # seven pictures were stored twice

    @pytest.mark.parametrize("name", ["examples_ybr_color.dcm", "examples_palette.dcm"])
    def test_region_left_over_from_before_resizing(self, name: str) -> None:
        path = pydicom.data.get_testdata_file(name, download=False)
        assert isinstance(path, str)
        with pytest.raises(BadBox):
            read_dicom(Path(path))

    @pytest.mark.parametrize(
        ("name", "spacing_mm"),
        [("GREYSCALE_IMAGE", 0.064905), ("RGB_IMAGE", 0.23787), ("ultrasound-multiframe", 0.3076)],
    )
    def test_files_of_deid_data(self, name: str, spacing_mm: float) -> None:
        image = read_dicom(package_file("deid_data", f"ultrasounds/{name}.dcm"))
        assert image.calibration is not None
        assert image.calibration.row_mm == pytest.approx(spacing_mm, rel=1e-4)
        assert image.frame(image.frame_count - 1).pixels.shape == (image.rows, image.columns)

    def test_needle_guidance_cine_of_deid_data(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(package_file("deid_data", "ultrasounds/RGB_CINE.zip")) as archive:
            image = read_dicom(Path(archive.extract("RGB_CINE.dcm", tmp_path)))
        assert image.frame_count == 51
        assert image.calibration is not None
        assert (image.calibration.row_mm, image.calibration.column_mm) == pytest.approx((0.067671, 0.067682), rel=1e-4)
        assert image.frame(50).bmode.xyxy() == (153, 62, 710, 653)


@pytest.mark.parametrize("coded", [False, True], ids=["native", "JPEG"])
def test_a_long_cine_never_sits_in_memory(coded: bool, tmp_path: Path) -> None:
    count, frame_bytes = 1000, 64 * 64
    path = tmp_path / "long.dcm"
    picture = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    path.write_bytes(jpeg_cine(count) if coded else written(dataset([picture] * count)))
    image = read_dicom(path)
    tracemalloc.start()
    seen = sum(1 for _ in image.frames())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == image.frame_count == count
    assert peak < 200 * frame_bytes
