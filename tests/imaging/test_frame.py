import numpy as np
import pytest

from imaging.errors import BadBox, BadInput, NotCalibrated
from imaging.frame import Frame
from imaging.geometry import BoxPx

BOX = BoxPx(0, 0, 4, 3)


def test_pixels_cannot_be_changed_afterwards() -> None:
    frame = Frame(np.zeros((3, 4), np.uint8), None, BOX)
    with pytest.raises(ValueError, match="read-only"):
        frame.pixels[0, 0] = 1


@pytest.mark.parametrize("pixels", [np.zeros((3, 4)), np.zeros((3, 4, 3), np.uint8), np.zeros(12, np.uint8)])
def test_refuses_what_is_not_grey(pixels: np.ndarray) -> None:
    with pytest.raises(BadInput, match=r"expected uint8 \[rows, columns\]"):
        Frame(pixels, None, BOX)


def test_refuses_a_bmode_rectangle_beyond_the_picture() -> None:
    with pytest.raises(BadBox):
        Frame(np.zeros((3, 4), np.uint8), None, BoxPx(0, 0, 5, 3))


def test_has_no_spacing_of_its_own() -> None:
    with pytest.raises(NotCalibrated, match="frame 7 carries no pixel spacing"):
        Frame(np.zeros((3, 4), np.uint8), None, BOX, index=7).require_spacing()


def test_identity_depends_on_pixels_and_shape_alone() -> None:
    grey = np.arange(12, dtype=np.uint8)
    wide = Frame(grey.reshape(3, 4).copy(), None, BOX)
    again = Frame(grey.reshape(3, 4).copy(), None, BOX, index=5)
    tall = Frame(grey.reshape(4, 3).copy(), None, BoxPx(0, 0, 3, 4))
    assert wide.pixels_sha256 == again.pixels_sha256
    assert wide.pixels_sha256 != tall.pixels_sha256
