"""Text that a machine or a person wrote into the picture: found by its looks, not read.

Burned-in glyphs are thin, brighter than what is around them, of one flat brightness, of one height in a row, and they
stand still. Speckle is none of these for long. Nothing here knows letters: what is found is a place where somebody
should look, and the reason to say that an object still carries annotations.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.frame import GreyPixels
from imaging.geometry import BoxPx

_STROKE_PX = 9
"""Strokes of screen fonts are up to 4 px wide; an opening of this size takes them out and leaves tissue."""
_CONTRAST = 50
"""Grey levels by which a stroke stands above what is around it."""
_LOWEST_GLYPH_PX, _HIGHEST_GLYPH_PX = 6, 40
_LEAST_GLYPHS = 3
"""Glyphs in a row that make text; two bright specks side by side are common, three of one height are not."""
_FLATNESS = 26.0
"""Greatest standard deviation of the grey levels along the middle of a stroke."""


_GLYPH_WIDTH = 0.7
"""Width of a glyph with its gap, in heights."""
_RUNS_PER_HEIGHT = 1.2
"""Strokes that a row crosses per glyph height of width, where glyphs have run together: text has two, a fascia none."""


@dataclass(frozen=True, slots=True)
class _Glyph:
    """One stroke component; ``count`` glyphs where several have run together."""

    x0: int
    y0: int
    x1: int
    y1: int
    count: int

    @property
    def height(self) -> int:
        return self.y1 - self.y0


class StillPicture:
    """Darkest grey level of every pixel over a cine: what moves goes dark, what is written stays.

    Not safe to share between threads.
    """

    def __init__(self) -> None:
        self._darkest: GreyPixels | None = None

    def add(self, pixels: GreyPixels) -> None:
        """Take in one more frame of the same size."""
        self._darkest = pixels.copy() if self._darkest is None else np.minimum(self._darkest, pixels)

    def text(self, box: BoxPx) -> tuple[BoxPx, ...]:
        """Places inside a rectangle of the picture that look like text, from top to bottom."""
        return () if self._darkest is None else find_text(self._darkest, box)


def find_text(pixels: GreyPixels, box: BoxPx) -> tuple[BoxPx, ...]:
    """Places inside a rectangle of a picture that look like text, from top to bottom.

    Parameters
    ----------
    pixels
        Luma, uint8 ``[row, column]``.
    box
        Where to look.
    """
    inside = np.ascontiguousarray(pixels[box.y0 : box.y1, box.x0 : box.x1])
    lines = _lines(_glyphs(inside))
    boxes = [
        BoxPx(
            box.x0 + min(glyph.x0 for glyph in line),
            box.y0 + min(glyph.y0 for glyph in line),
            box.x0 + max(glyph.x1 for glyph in line),
            box.y0 + max(glyph.y1 for glyph in line),
        )
        for line in lines
    ]
    return tuple(sorted(boxes, key=lambda found: (found.y0, found.x0)))


def _glyphs(inside: GreyPixels) -> list[_Glyph]:
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (_STROKE_PX, _STROKE_PX))
    standing_out = cv2.morphologyEx(inside, cv2.MORPH_TOPHAT, kernel)
    strokes = (standing_out > _CONTRAST).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    found = (
        _glyph(inside[y : y + height, x : x + width], labels[y : y + height, x : x + width] == label, (int(x), int(y)))
        for label, (x, y, width, height, _) in enumerate(stats)
        if label > 0 and _LOWEST_GLYPH_PX <= height <= _HIGHEST_GLYPH_PX
    )
    return [glyph for glyph in found if glyph is not None]


def _glyph(levels: GreyPixels, stroke: npt.NDArray[np.bool_], origin: tuple[int, int]) -> _Glyph | None:
    height, width = stroke.shape
    count = _glyph_count(stroke)
    if not count or not _is_flat(levels, stroke):
        return None
    x, y = origin
    return _Glyph(x, y, x + width, y + height, count)


def _glyph_count(stroke: npt.NDArray[np.bool_]) -> int:
    """Number of glyphs that a component has the shape of; 0 for any other shape."""
    height, width = stroke.shape
    filled = float(stroke.mean())
    if width <= 0.4 * height:
        return 1  # I, 1 and the like are bars
    if not 0.12 <= filled <= 0.9:
        return 0
    if width <= 1.6 * height:
        return 1
    runs = np.diff(stroke.astype(np.int8), axis=1, prepend=0).clip(0).sum(axis=1).mean()
    return round(width / (_GLYPH_WIDTH * height)) if runs >= _RUNS_PER_HEIGHT * width / height else 0


def _is_flat(levels: GreyPixels, stroke: npt.NDArray[np.bool_]) -> bool:
    """Whether the brighter half of a stroke has one brightness; its rim is blurred by the screen and by JPEG."""
    along = levels[stroke].astype(np.float32)
    middle = along[along >= np.median(along)]
    return bool(middle.std() <= _FLATNESS)


def _lines(glyphs: list[_Glyph]) -> list[list[_Glyph]]:
    """Glyphs of like height that stand side by side."""
    lines: list[list[_Glyph]] = []
    for glyph in sorted(glyphs, key=lambda one: one.x0):
        for line in lines:
            if _follows(line[-1], glyph):
                line.append(glyph)
                break
        else:
            lines.append([glyph])
    return [line for line in lines if sum(glyph.count for glyph in line) >= _LEAST_GLYPHS]


def _follows(before: _Glyph, glyph: _Glyph) -> bool:
    tallest = max(before.height, glyph.height)
    shared = min(before.y1, glyph.y1) - max(before.y0, glyph.y0)
    return shared >= 0.7 * tallest and -1 <= glyph.x0 - before.x1 <= tallest
