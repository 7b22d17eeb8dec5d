"""From the network's maps to a recess and a needle in pixels and, where the frame is calibrated, millimetres."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import numpy as np
import numpy.typing as npt
from contourpy import FillType, LineType, SerialContourGenerator, ZInterp

from imaging.frame import Frame
from imaging.geometry import PixelSpacing, PointPx, Points, SegmentPx, polygon_area, simplify, vertical_chords
from imaging.needle_line import Axis, fit_axis
from imaging.reasons import Reason
from imaging.rules import ScoringRules
from imaging.segmentation import FloatMap, Segmentation

_INDEX_STEP = 128
"""Sides of the kept index arrays are multiples of this, so that few are made."""


@dataclass(frozen=True, eq=False)
class Recess:
    """The suprapatellar recess in one frame; without outlines when none was found.

    Parameters
    ----------
    polygons
        Closed outlines in frame pixels, each ``(n, 2)``, largest first.
    area_mm2, thickness_mm, length_mm, roof_depth_mm
        Area; greatest thickness along the beam; extent along the probe face; depth of the highest point of the roof
        below the top of the B-mode picture. None without calibration or without a recess.
    confidence
        Mean recess probability inside the outlines.
    absent_because
        Why there is none; None if there is one.
    """

    polygons: tuple[Points, ...]
    area_mm2: float | None
    thickness_mm: float | None
    length_mm: float | None
    roof_depth_mm: float | None
    confidence: float
    absent_because: Reason | None = None

    @classmethod
    def absent(cls, reason: Reason) -> "Recess":
        """No recess, and why."""
        return cls((), None, None, None, None, 0.0, reason)


@dataclass(frozen=True, slots=True)
class Needle:
    """The needle in one frame; without shaft and tip when none was found.

    Parameters
    ----------
    shaft
        From the end farther from the tip to the tip, frame pixels.
    tip
        Likeliest position of the tip, frame pixels, sub-pixel.
    tip_sigma_mm
        Root mean square distance of the tip's position distribution from ``tip``.
    tip_visible
        Whether the tip itself is seen, rather than only the shaft.
    angle_deg
        Angle between shaft and probe face, 0 to 90; in pixels' geometry without calibration.
    visible_length_mm
        Length of shaft that is seen.
    confidence
        Mean needle probability along the seen shaft times the frame's needle score.
    absent_because
        Why there is none; None if there is one.
    """

    shaft: SegmentPx | None
    tip: PointPx | None
    tip_sigma_mm: float | None
    tip_visible: bool
    angle_deg: float | None
    visible_length_mm: float | None
    confidence: float
    absent_because: Reason | None = None

    @classmethod
    def absent(cls, reason: Reason) -> "Needle":
        """No needle, and why."""
        return cls(None, None, None, False, None, None, 0.0, reason)


def measure_recess(frame: Frame, segmentation: Segmentation, rules: ScoringRules) -> Recess:
    """Outline and size of the recess."""
    outlines, confidence = _outlines(segmentation.recess, rules)
    grid = segmentation.grid
    polygons = tuple(grid.points(simplify(outline.points, rules.outline_tolerance_px)) for outline in outlines)
    if not polygons:
        return Recess.absent(Reason.NO_RECESS)
    found = Recess(polygons, None, None, None, None, confidence)
    return found if frame.spacing is None else _sized(found, outlines, frame, segmentation, rules)


@dataclass(frozen=True, eq=False)
class _Outline:
    """Closed outer outline in pixels of the network's grid, and the area it encloses."""

    points: Points
    area_px: float


def _outlines(recess: FloatMap, rules: ScoringRules) -> tuple[list[_Outline], float]:
    """Outlines that count, largest first, and the mean probability inside all of them."""
    rows = np.flatnonzero(recess.max(axis=1) >= rules.recess_level)
    if rows.size == 0:
        return [], 0.0
    top, bottom = max(int(rows[0]) - 1, 0), int(rows[-1]) + 2
    columns = np.flatnonzero(recess[top:bottom].max(axis=0) >= rules.recess_level)
    left, right = max(int(columns[0]) - 1, 0), int(columns[-1]) + 2
    near = recess[top:bottom, left:right]
    # A border of zeros closes outlines that run out of the picture; the origin moves by the crop less that border.
    origin = np.array([left - 1.0, top - 1.0])
    rings = [_Outline(ring + origin, polygon_area(ring)) for ring in _rings(near, rules.recess_level)]
    rings.sort(key=lambda outline: outline.area_px, reverse=True)
    counted = [outline for outline in rings if outline.area_px >= rules.smallest_part * rings[0].area_px]
    return counted, float(near[near >= rules.recess_level].mean())


@lru_cache(maxsize=4)
def _column_index(side: int) -> npt.NDArray[np.float64]:
    """Index of each column of a square; its transpose holds the index of each row."""
    return np.tile(np.arange(side, dtype=np.float64), (side, 1))


def _rings(plane: FloatMap, level: float) -> list[Points]:
    """Outer outlines at a level, in pixels of the plane with a border of one zero around it."""
    rows, columns = plane.shape[0] + 2, plane.shape[1] + 2
    z = np.zeros((rows, columns))
    z[1:-1, 1:-1] = plane
    index = _column_index(-(-max(rows, columns) // _INDEX_STEP) * _INDEX_STEP)
    # The generator itself: contourpy's factory around it spends longer on its arguments than this does on the outline.
    generator = SerialContourGenerator(
        index[:rows, :columns],
        index.T[:rows, :columns],
        z,
        np.zeros((rows, columns), dtype=bool),
        corner_mask=False,
        line_type=LineType.Separate,
        fill_type=FillType.OuterOffset,
        quad_as_tri=False,
        z_interp=ZInterp.Linear,
    )
    # With OuterOffset each ring has its holes behind it; offsets[1] ends the outer outline, closed by its first point.
    points, offsets = cast("tuple[list[Points], list[npt.NDArray[np.uint32]]]", generator.filled(level, 2.0))
    return [ring[: int(ends[1]) - 1] for ring, ends in zip(points, offsets, strict=True)]


def _sized(
    found: Recess, outlines: list[_Outline], frame: Frame, segmentation: Segmentation, rules: ScoringRules
) -> Recess:
    """Recess with its size in millimetres, measured on the outlines before they were simplified."""
    grid, spacing = segmentation.grid, frame.require_spacing()
    area = spacing.area_mm2(sum(outline.area_px for outline in outlines) * grid.step_x * grid.step_y)
    if area < rules.smallest_recess_mm2:
        return Recess.absent(Reason.NO_RECESS)
    left, top = np.min([outline.points.min(axis=0) for outline in outlines], axis=0)
    right = max(float(outline.points[:, 0].max()) for outline in outlines)
    return replace(
        found,
        area_mm2=area,
        thickness_mm=_greatest_chord_px(outlines) * grid.step_y * spacing.row_mm,
        length_mm=float(right - left) * grid.step_x * spacing.column_mm,
        roof_depth_mm=(grid.origin_y + float(top) * grid.step_y - (frame.bmode.y0 - 0.5)) * spacing.row_mm,
    )


def _greatest_chord_px(outlines: list[_Outline]) -> float:
    """Greatest length inside one of the outlines along the beam; those that are not even as high are not looked at."""
    greatest = 0.0
    for outline in outlines:
        if float(np.ptp(outline.points[:, 1])) > greatest:
            greatest = max(greatest, float(vertical_chords(outline.points).max(initial=0.0)))
    return greatest


def measure_needle(frame: Frame, segmentation: Segmentation, rules: ScoringRules) -> Needle:
    """Shaft and tip of the needle."""
    if segmentation.view.needle < rules.needle_from:
        return Needle.absent(Reason.NO_NEEDLE)
    unit = _grid_unit_mm(frame, segmentation)
    axis = fit_axis(segmentation.needle, rules.shaft_tolerance_mm / unit, rules.needle_level)
    if axis is None or axis.seen_px * unit < rules.shortest_needle_mm:
        return Needle.absent(Reason.NO_NEEDLE)
    return _needle(axis, frame, segmentation, rules, unit)


def _grid_unit_mm(frame: Frame, segmentation: Segmentation) -> float:
    """Millimetres per grid pixel; without calibration the nominal 0.2 mm, used for tolerances alone."""
    return 0.2 if frame.spacing is None else segmentation.grid.step_x * frame.spacing.column_mm


def _needle(axis: Axis, frame: Frame, segmentation: Segmentation, rules: ScoringRules, unit: float) -> Needle:
    tip_x, tip_y, sigma_px = tip_position(segmentation.tip, rules.tip_window_mm / unit)
    start = axis.far_end(tip_x, tip_y)
    grid = segmentation.grid
    shaft = SegmentPx(grid.point(*start), grid.point(tip_x, tip_y))
    sigma_mm = sigma_px * unit
    seen = segmentation.view.tip_visible >= rules.tip_visible_from and sigma_mm <= rules.tip_sigma_most_mm
    calibrated = frame.spacing is not None
    return Needle(
        shaft=shaft,
        tip=shaft.end,
        tip_sigma_mm=sigma_mm if calibrated else None,
        tip_visible=bool(seen),
        angle_deg=_angle_deg(axis, frame.spacing, segmentation),
        visible_length_mm=axis.seen_px * unit if calibrated else None,
        confidence=axis.mean_probability * segmentation.view.needle,
    )


def _angle_deg(axis: Axis, spacing: PixelSpacing | None, segmentation: Segmentation) -> float:
    row, column = (1.0, 1.0) if spacing is None else (spacing.row_mm, spacing.column_mm)
    across = abs(axis.direction_x) * segmentation.grid.step_x * column
    down = abs(axis.direction_y) * segmentation.grid.step_y * row
    return math.degrees(math.atan2(down, across))


def tip_position(tip: FloatMap, window_px: float) -> tuple[float, float, float]:
    """Sub-pixel position and spread of the tip, from its position distribution.

    The mean is taken in a square window around the likeliest pixel; the spread over the whole distribution, so that a
    second candidate elsewhere shows as a large one.

    Returns
    -------
    x, y, sigma
        Grid pixels; sigma is the root mean square distance from (x, y) per axis.
    """
    row, column = divmod(int(np.argmax(tip)), tip.shape[1])
    reach = max(round(window_px), 1)
    top, left = max(row - reach, 0), max(column - reach, 0)
    near = tip[top : row + reach + 1, left : column + reach + 1].astype(np.float64)
    weight, near_x, _ = _moments(near.sum(axis=0))
    _, near_y, _ = _moments(near.sum(axis=1))
    x, y = left + near_x / max(weight, 1e-12), top + near_y / max(weight, 1e-12)
    across, down = _moments(tip.sum(axis=0)), _moments(tip.sum(axis=1))
    # Each axis has the sum of its own rounding: the spread is a small difference of large numbers.
    spread = sum(second - 2.0 * at * first + at * at * whole for at, (whole, first, second) in ((x, across), (y, down)))
    return x, y, math.sqrt(max(spread, 0.0) / (2.0 * max(across[0], 1e-12)))


def _moments(masses: npt.NDArray[np.floating]) -> tuple[float, float, float]:
    """Sum of masses, of masses times their index, and of masses times its square."""
    whole, first, second = (_powers(len(masses)) @ masses).tolist()
    return whole, first, second


@lru_cache(maxsize=8)
def _powers(count: int) -> npt.NDArray[np.float64]:
    """Indices to the powers 0, 1 and 2, ``(3, count)``."""
    return np.arange(count, dtype=np.float64) ** np.arange(3)[:, None]
