import numpy as np
import pytest

from imaging.dicom.palette import plain_palette, segmented_palette
from imaging.errors import UnreadableImage, UnsupportedImage

INDICES = np.array([[0, 1], [2, 3]], dtype=np.uint16)


def words(*values: int) -> bytes:
    return np.array(values, "<u2").tobytes()


def test_sixteen_bit_entries_keep_the_upper_eight() -> None:
    table = words(0x0000, 0x1000, 0x2000, 0xFF00)
    palette = plain_palette([4, 0, 16], [table] * 3, big_endian=False)
    np.testing.assert_array_equal(palette(INDICES), [[0, 16], [32, 255]])


def test_entries_whose_upper_byte_is_empty_are_taken_as_they_are() -> None:
    palette = plain_palette([4, 0, 16], [words(0, 16, 32, 255)] * 3, big_endian=False)
    np.testing.assert_array_equal(palette(INDICES), [[0, 16], [32, 255]])


@pytest.mark.parametrize(("stored", "big_endian"), [(b"\0\x10\x20\xff", False), (b"\x10\0\xff\x20", True)])
def test_eight_bit_entries_lie_two_in_a_word(stored: bytes, big_endian: bool) -> None:
    palette = plain_palette([4, 0, 8], [stored] * 3, big_endian=big_endian)
    np.testing.assert_array_equal(palette(INDICES), [[0, 16], [32, 255]])


def test_indices_beyond_either_end_take_the_value_there() -> None:
    palette = plain_palette([2, 1, 16], [words(10, 20)] * 3, big_endian=False)
    np.testing.assert_array_equal(palette(INDICES), [[10, 10], [20, 20]])


def test_segments_are_runs_and_ramps() -> None:
    table = words(0, 1, 0, 1, 3, 30)  # one entry of 0, then three that rise to 30
    palette = segmented_palette([4, 0, 16], [table] * 3, big_endian=False)
    np.testing.assert_array_equal(palette(INDICES), [[0, 10], [20, 30]])


def test_a_table_of_another_length_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="expected 4 of each colour"):
        plain_palette([4, 0, 16], [words(1, 2, 3)] * 3, big_endian=False)
    with pytest.raises(UnreadableImage, match="makes 2 entries: expected 4"):
        segmented_palette([4, 0, 16], [words(0, 2, 1, 2)] * 3, big_endian=False)


def test_segments_cannot_be_made_to_swell() -> None:
    swelling = words(0, 1, 0, *[1, 65535, 9] * 20_000)
    with pytest.raises(UnreadableImage):
        segmented_palette([4, 0, 16], [swelling] * 3, big_endian=False)


def test_segments_by_reference_are_refused() -> None:
    with pytest.raises(UnsupportedImage, match="kind 2"):
        segmented_palette([4, 0, 16], [words(0, 1, 5, 2, 1, 0, 0)] * 3, big_endian=False)
