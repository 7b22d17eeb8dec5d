"""Positions, distances and outlines: where the half-pixel and the millimetre are decided.

Image coordinates are ``(x, y)``: x to the right, y down, sub-pixel floats; the CENTRE of the top-left pixel is
(0, 0). Arrays of pixels are indexed ``[row, column]``; arrays of points are ``(n, 2)`` in the order x, y.
`PixelSpacing` is the only door from pixels to millimetres, and there is no default spacing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imaging.errors import BadBox, BadSpacing

Points = npt.NDArray[np.float64]
"""Points ``(n, 2)`` in the order x, y."""

LEAST_MM, MOST_MM = 0.001, 10.0
"""Pixel spacings that are taken. A 50 MHz eye scanner writes 0.01 mm, a deep abdominal scan shown small some 2 mm."""
_MOST_OBLONG = 20.0
"""Times that one distance may be the other; echo lines that no scan converter has spread reach some 15."""

_SIMPLIFY_ROUNDS = 2
_SIMPLIFY_LEAST = 8


@dataclass(frozen=True, slots=True)
class PointPx:
    """Sub-pixel position in a frame; (0, 0) is the centre of the top-left pixel, x right, y down."""

    x: float
    y: float

    def array(self) -> Points:
        """Position as ``(1, 2)``."""
        return np.array([[self.x, self.y]])


@dataclass(frozen=True, slots=True)
class SegmentPx:
    """Straight line between two positions of a frame."""

    start: PointPx
    end: PointPx

    def array(self) -> Points:
        """Ends as ``(2, 2)``, start first."""
        return np.array([[self.start.x, self.start.y], [self.end.x, self.end.y]])


@dataclass(frozen=True, slots=True)
class BoxPx:
    """Rectangle of whole pixels: columns ``x0 <= x < x1``, rows ``y0 <= y < y1``.

    Raises
    ------
    BadBox
        If the rectangle is empty, inverted or starts before the image.
    """

    x0: int
    y0: int
    x1: int
    y1: int

    def __post_init__(self) -> None:
        if not (0 <= self.x0 < self.x1 and 0 <= self.y0 < self.y1):
            msg = f"box {self.xyxy()} is empty or outside: expected 0 <= x0 < x1 and 0 <= y0 < y1"
            raise BadBox(msg)

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.y1 - self.y0

    def xyxy(self) -> tuple[int, int, int, int]:
        """``(x0, y0, x1, y1)``."""
        return (self.x0, self.y0, self.x1, self.y1)

    def require_inside(self, width: int, height: int) -> None:
        """Refuse a box that reaches beyond an image of this size.

        Raises
        ------
        BadBox
            If any column or row of the box lies outside.
        """
        if self.x1 > width or self.y1 > height:
            msg = f"box {self.xyxy()} does not fit an image of {width} x {height} pixels"
            raise BadBox(msg)


class SpacingSource(StrEnum):
    """Where a pixel spacing came from."""

    DICOM_REGION = "dicom-region"
    DICOM_PIXEL_SPACING = "dicom-pixel-spacing"
    CALLER = "caller"
    RULER = "ruler"


@dataclass(frozen=True, slots=True)
class PixelSpacing:
    """Millimetres between neighbouring pixel centres; the only door from pixels to millimetres.

    ``row_mm`` is the distance between rows (down the image), ``column_mm`` between columns (across it).

    Raises
    ------
    BadSpacing
        If either distance is not one that a scanner writes (`LEAST_MM` to `MOST_MM`), or they are too unlike.
    """

    row_mm: float
    column_mm: float
    source: SpacingSource

    def __post_init__(self) -> None:
        least, most = sorted((self.row_mm, self.column_mm))
        # Written so that a distance that is no number is refused as well, wherever it was sorted to.
        if not (LEAST_MM <= least <= most <= MOST_MM and most <= _MOST_OBLONG * least):
            msg = (
                f"pixel spacing is ({self.row_mm}, {self.column_mm}) mm: expected two distances of {LEAST_MM:g} to "
                f"{MOST_MM:g} mm, neither over {_MOST_OBLONG:g} times the other"
            )
            raise BadSpacing(msg)

    def to_mm(self, points_px: Points) -> Points:
        """Positions ``(n, 2)`` in millimetres from the centre of the top-left pixel."""
        scaled: Points = points_px * np.array([self.column_mm, self.row_mm])
        return scaled

    def distance_mm(self, a: PointPx, b: PointPx) -> float:
        """Distance between two positions."""
        return math.hypot((b.x - a.x) * self.column_mm, (b.y - a.y) * self.row_mm)

    def area_mm2(self, area_px: float) -> float:
        """Area of a region given in pixels."""
        return area_px * self.row_mm * self.column_mm


@dataclass(frozen=True, slots=True)
class GridToFrame:
    """Axis-aligned map from a resampled grid to the frame it was cut from.

    ``frame = origin + step * grid`` for each axis, both in the centre-of-pixel convention.
    """

    origin_x: float
    origin_y: float
    step_x: float
    step_y: float

    def __post_init__(self) -> None:
        if not (self.step_x > 0 and self.step_y > 0):
            msg = f"grid step is ({self.step_x}, {self.step_y}) pixels: expected both above 0"
            raise BadBox(msg)

    def points(self, grid: Points) -> Points:
        """Grid positions ``(n, 2)`` as frame positions."""
        placed: Points = grid * np.array([self.step_x, self.step_y]) + np.array([self.origin_x, self.origin_y])
        return placed

    def point(self, x: float, y: float) -> PointPx:
        """One grid position as a frame position."""
        return PointPx(self.origin_x + self.step_x * x, self.origin_y + self.step_y * y)

    def on_grid(self, point: PointPx) -> tuple[float, float]:
        """One frame position as a grid position (x, y)."""
        return (point.x - self.origin_x) / self.step_x, (point.y - self.origin_y) / self.step_y

    def to_grid(self, frame: Points) -> Points:
        """Frame positions ``(n, 2)`` as grid positions."""
        placed: Points = (frame - np.array([self.origin_x, self.origin_y])) / np.array([self.step_x, self.step_y])
        return placed


def polygon_area(points: Points) -> float:
    """Area enclosed by a closed outline ``(n, 2)``, in the square of its unit; never negative."""
    x, y = points.T
    closing = float(x[-1] * y[0] - x[0] * y[-1])
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) + closing) / 2.0


class Edges(NamedTuple):
    """Straight pieces of one or more closed outlines that do not overlap: starts and ends, ``(n, 2)`` each."""

    start: Points
    end: Points

    @classmethod
    def of(cls, outlines: Sequence[Points]) -> "Edges":
        """Every piece of every outline, the closing ones included."""
        return cls(np.concatenate(outlines), np.concatenate([_following(outline) for outline in outlines]))

    def contain(self, positions: Points) -> npt.NDArray[np.bool_]:
        """Which positions ``(m, 2)`` lie inside (even-odd rule), ``(m,)``."""
        (x0, y0), (x1, y1) = self.start.T[:, :, None], self.end.T[:, :, None]
        x, y = positions.T
        crosses = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
        return np.asarray(np.count_nonzero(crosses & (x < at), axis=0) % 2 == 1, dtype=np.bool_)


def signed_gap(outlines: Sequence[Points], x: float, y: float) -> float:
    """Distance from a position to the nearest of closed outlines; above zero inside (even-odd rule).

    In the unit of the outlines, which do not overlap. A plain loop: outlines have tens of points, and each array made
    for them costs more than many turns of it.
    """
    nearest2, inside = math.inf, False
    for outline in outlines:
        points = outline.tolist()
        x0, y0 = points[-1]
        for x1, y1 in points:
            across, down, right, below = x1 - x0, y1 - y0, x - x0, y - y0
            along, length2 = right * across + below * down, across * across + down * down
            if along >= length2:
                right, below = right - across, below - down
            elif along > 0.0:
                share = along / length2
                right, below = right - share * across, below - share * down
            gap2 = right * right + below * below
            if gap2 < nearest2:
                nearest2 = gap2
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * across / down:
                inside = not inside
            x0, y0 = x1, y1
    gap = math.sqrt(nearest2)
    return gap if inside else -gap


def vertical_chords(points: Points) -> npt.NDArray[np.float64]:
    """Length inside a closed outline ``(n, 2)`` along y, at each whole x that the outline spans, from left to right."""
    following = _following(points)
    low, high = np.ceil(np.minimum(points[:, 0], following[:, 0])), np.ceil(np.maximum(points[:, 0], following[:, 0]))
    counts = (high - low).astype(np.int64)
    edge = np.repeat(np.arange(len(points)), counts)
    if len(edge) == 0:
        return np.zeros(0)
    # The n-th crossing of an edge is n columns beyond its first.
    column = low[edge] + (np.arange(len(edge)) - (np.cumsum(counts) - counts)[edge])
    start = points[edge]
    across, down = (following[edge] - start).T
    y = start[:, 1] + (column - start[:, 0]) * down / across
    # An outline is entered as often as it is left, so the signed sum of its crossings is the length inside it.
    return np.abs(np.bincount((column - column.min()).astype(np.int64), weights=np.sign(across) * y))


def simplify(points: Points, tolerance: float) -> Points:
    """Closed outline ``(n, 2)`` with fewer points; no dropped one lies farther than ``tolerance`` from what is left.

    Every second point that its neighbours' chord passes closely is dropped, a few times over. Each round may move the
    outline by its share of the tolerance, so the shares bound the whole.
    """
    kept = points
    for _ in range(_SIMPLIFY_ROUNDS):
        if len(kept) < _SIMPLIFY_LEAST:
            break
        kept = _without_every_second(kept, tolerance / _SIMPLIFY_ROUNDS)
    return kept


def _without_every_second(points: Points, tolerance: float) -> Points:
    """Outline less those of its second, fourth, … points that lie within ``tolerance`` of their neighbours' chord."""
    following = _following(points)
    before, between, after = points[:-1:2], points[1::2], following[1::2]
    keep = np.ones(len(points), dtype=bool)
    keep[1::2] = _square_gaps(before, after, between) > tolerance**2
    kept: Points = points[keep]
    return kept


def _square_gaps(start: Points, end: Points, positions: Points) -> npt.NDArray[np.float64]:
    """Squares of the distances from positions, one or ``(n, 2)``, to as many straight pieces ``(n, 2)``."""
    (across, down), (right, below) = (end - start).T, (positions - start).T
    length2 = np.maximum(across * across + down * down, 1e-18)
    along = np.minimum(np.maximum((right * across + below * down) / length2, 0.0), 1.0)
    return np.asarray((right - along * across) ** 2 + (below - along * down) ** 2)


def _following(points: Points) -> Points:
    """The next point of a closed outline, for each of its points."""
    return np.concatenate([points[1:], points[:1]])
