from pathlib import Path

import pytest

from imaging.dicom import read_dicom
from imaging.errors import ImagingError
from tests.imaging.dicom.fixtures import dataset, grey, jpeg_cine, written


def outcome(data: bytes | Path) -> str:
    """Name of the error, or "frames" if every frame was decoded; any other exception ends the test."""
    try:
        return "frames" if list(read_dicom(data).frames()) else "no frames"
    except ImagingError as error:
        return type(error).__name__


def as_ultrasound(data: bytes) -> bytes:
    """CT turned to ultrasound by equally long values, so that the damage further in is reached."""
    data = data.replace(b"1.2.840.10008.5.1.4.1.1.2\0", b"1.2.840.10008.5.1.4.1.1.6\0")
    return data.replace(b"CS\x02\x00CT", b"CS\x02\x00US")


def test_malformed_files_end_in_frames_or_in_an_error_of_ours(shared_data: Path) -> None:
    files = sorted((shared_data / "hostile").glob("*.dcm"))
    assert len(files) > 100
    seen = {outcome(path) for path in files}
    assert seen <= {"UnsupportedImage", "UnreadableImage", "frames"}
    seen = {outcome(as_ultrasound(path.read_bytes())) for path in files}
    assert seen == {"UnsupportedImage", "UnreadableImage", "frames"}


@pytest.mark.parametrize("data", [written(dataset([grey(rows=6, columns=8)])), jpeg_cine(1)], ids=["native", "jpeg"])
def test_any_cut_ends_in_frames_or_in_an_error_of_ours(data: bytes) -> None:
    assert outcome(data) == "frames"
    assert {outcome(data[:length]) for length in range(0, len(data), 7)} <= {
        "UnreadableImage",
        "UnsupportedImage",
        "frames",
    }


@pytest.mark.parametrize("value", [0x00, 0x7F, 0xFF])
def test_any_wrong_byte_in_the_header_ends_in_frames_or_in_an_error_of_ours(value: int) -> None:
    data = bytearray(written(dataset([grey(rows=6, columns=8)])))
    for at in range(128, len(data) - 48):
        kept, data[at] = data[at], value
        outcome(bytes(data))
        data[at] = kept
