"""A drawing painted over a copy of the grey picture, with OpenCV; the original is never altered."""

import cv2
import numpy as np
import numpy.typing as npt

from imaging.frame import GreyPixels
from imaging.overlay import Drawing, Label, Line, Ring

_BITS = 4
"""Fractional bits of the positions handed to OpenCV: a sixteenth of a pixel."""
_ONE = 1 << _BITS
_CAPITAL = 0.75
"""Height of a capital letter as a share of the height of a line of text."""


def paint(drawing: Drawing, pixels: GreyPixels) -> npt.NDArray[np.uint8]:
    """Picture with the drawing on it, red, green, blue ``[row, column, 3]``."""
    picture = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    for shape in drawing.shapes:
        if isinstance(shape, Line):
            _line(picture, shape)
        elif isinstance(shape, Ring):
            _ring(picture, shape)
        else:
            _label(picture, shape)
    return picture


def _fixed(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    return np.rint(values * _ONE).astype(np.int32)


def _line(picture: npt.NDArray[np.uint8], line: Line) -> None:
    points = [_fixed(piece).reshape(-1, 1, 2) for piece in line.pieces]
    if line.filled:
        cv2.fillPoly(picture, points, line.colour, cv2.LINE_AA, _BITS)
    else:
        width = max(round(line.width_px), 1)
        cv2.polylines(picture, points, line.closed, line.colour, width, cv2.LINE_AA, _BITS)


def _ring(picture: npt.NDArray[np.uint8], ring: Ring) -> None:
    centre = (round(ring.centre.x * _ONE), round(ring.centre.y * _ONE))
    width = max(round(ring.width_px), 1)
    cv2.circle(picture, centre, round(ring.radius_px * _ONE), ring.colour, width, cv2.LINE_AA, _BITS)


def _label(picture: npt.NDArray[np.uint8], label: Label) -> None:
    at = (round(label.at.x), round(label.at.y))
    scale = label.height_px * cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, 100) / 100.0 * _CAPITAL
    cv2.putText(picture, label.text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, label.colour, 1, cv2.LINE_AA)
