"""From the network's maps to a recess and a needle in pixels and, where the frame is calibrated, millimetres."""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from contourpy import FillType, contour_generator

from imaging.frame import Frame
from imaging.geometry import PixelSpacing, PointPx, Points, SegmentPx, polygon_area, simplify, vertical_chords
from imaging.needle_line import Axis, fit_axis
from imaging.reasons import Reason
from imaging.rules import ScoringRules
from imaging.segmentation import FloatMap, Segmentation


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
    outlines = _outlines(segmentation.recess, rules)
    if not outlines:
        return Recess.absent(Reason.NO_RECESS)
    polygons = tuple(segmentation.grid.points(simplify(o, rules.outline_tolerance_px)) for o in outlines)
    inside = segmentation.recess[segmentation.recess >= rules.recess_level]
    confidence = float(inside.mean()) if inside.size else 0.0
    if frame.spacing is None:
        return Recess(polygons, None, None, None, None, confidence)
    whole = tuple(segmentation.grid.points(outline) for outline in outlines)
    return _size(whole, polygons, frame, rules, confidence)


def _outlines(recess: FloatMap, rules: ScoringRules) -> list[Points]:
    """Closed outer outlines in grid pixels, largest first, small ones dropped."""
    likely = recess >= rules.recess_level
    rows, columns = np.flatnonzero(likely.any(axis=1)), np.flatnonzero(likely.any(axis=0))
    if rows.size == 0:
        return []
    top, left = max(int(rows[0]) - 1, 0), max(int(columns[0]) - 1, 0)
    near = recess[top : int(rows[-1]) + 2, left : int(columns[-1]) + 2]
    # A border of zeros closes outlines that run out of the picture; the origin moves by the crop less that border.
    origin = np.array([left - 1.0, top - 1.0])
    sized = sorted(
        ((polygon_area(ring), i, ring) for i, ring in enumerate(_rings(near, rules.recess_level))), reverse=True
    )
    return [ring + origin for area, _, ring in sized if area >= rules.smallest_part * sized[0][0]]


def _rings(plane: FloatMap, level: float) -> list[Points]:
    """Outer outlines at a level, in pixels of the plane with a border of one zero around it."""
    generator = contour_generator(z=np.pad(plane, 1), fill_type=FillType.OuterOffset)
    # With OuterOffset each ring has its holes behind it; offsets[1] ends the outer outline, closed by its first point.
    points, offsets = cast("tuple[list[Points], list[npt.NDArray[np.uint32]]]", generator.filled(level, 2.0))
    return [ring[: int(ends[1]) - 1] for ring, ends in zip(points, offsets, strict=True)]


def _size(
    outlines: tuple[Points, ...],
    polygons: tuple[Points, ...],
    frame: Frame,
    rules: ScoringRules,
    confidence: float,
) -> Recess:
    spacing = frame.require_spacing()
    area = sum(spacing.area_mm2(polygon_area(outline)) for outline in outlines)
    if area < rules.smallest_recess_mm2:
        return Recess.absent(Reason.NO_RECESS)
    everything = np.vstack(outlines)
    thickness_px = max(float(vertical_chords(outline).max(initial=0.0)) for outline in outlines)
    return Recess(
        polygons=polygons,
        area_mm2=area,
        thickness_mm=thickness_px * spacing.row_mm,
        length_mm=float(np.ptp(everything[:, 0])) * spacing.column_mm,
        roof_depth_mm=float(everything[:, 1].min() - (frame.bmode.y0 - 0.5)) * spacing.row_mm,
        confidence=confidence,
    )


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
    row, column = np.unravel_index(int(np.argmax(tip)), tip.shape)
    reach = max(round(window_px), 1)
    rows = np.arange(max(int(row) - reach, 0), min(int(row) + reach + 1, tip.shape[0]))
    columns = np.arange(max(int(column) - reach, 0), min(int(column) + reach + 1, tip.shape[1]))
    near = tip[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float64)
    weight = max(float(near.sum()), 1e-12)
    x = float(near.sum(axis=0) @ columns) / weight
    y = float(near.sum(axis=1) @ rows) / weight
    across, down = tip.sum(axis=0, dtype=np.float64), tip.sum(axis=1, dtype=np.float64)
    total = max(float(across.sum()), 1e-12)
    spread = across @ (np.arange(tip.shape[1]) - x) ** 2 + down @ (np.arange(tip.shape[0]) - y) ** 2
    return x, y, math.sqrt(float(spread) / (2.0 * total))
