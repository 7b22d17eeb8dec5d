"""The ground that is watched for injectate: the recess as it lay when the tip came to rest, looked at frame by frame.

A recess that fills with bubbles is outlined around them, so the outline of each frame cannot be where they are counted.
It is held from when the tip comes to rest, and carried along with the tip, which drifts with the tissue.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imaging.frame import Frame
from imaging.geometry import Edges, PixelSpacing, PointPx, Points, SpacingSource
from imaging.measurement import Needle, Recess
from imaging.tracking.measured_tip import shaft_axis

_SHAFT_HALF_WIDTH_MM = 1.2
_BEYOND_TIP_MM = 2.0
_WALL_MM = 0.3
"""Left out along the outline, whose drawing and whose carrying err by as much."""
_LEAST_PX = 20
_BRIGHT_QUANTILE = 0.99
_ANCHOR_MS = 250.0
"""Time constant of the anchor that follows a resting tip; one that outruns it moves."""
_REST_MM = 1.5
_STRAYED_FRAMES = 3
_SETTLED_FRAMES = 6
_NOMINAL_MM = 0.2

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RecessEcho:
    """How the inside of the watched recess looks, the needle's shaft left out.

    Parameters
    ----------
    mean_level
        Mean grey level, 0 to 255.
    bright_share
        Share of pixels brighter than the brightest hundredth was when the tip came to rest: specks, bubbles.
    """

    mean_level: float
    bright_share: float


@dataclass(frozen=True, eq=False)
class Watched:
    """Outlines held since the tip rests.

    Parameters
    ----------
    outlines
        In the pixels of the frame they were found in, each ``(n, 2)``.
    held_at, anchor
        Where the tip lay in that frame, and where it rests now.
    since_ms, time_ms
        Times of the frame the outlines were first held in and of the frame last looked at.
    frames
        Frames looked at while the outlines settled.
    strayed
        Frames in a row in which the tip was elsewhere.
    bright_level
        Grey level that the brightest hundredth exceeded at first.
    needle
        As it was last seen: a frame in which it is not found shows it all the same.
    """

    outlines: tuple[Points, ...]
    held_at: PointPx
    anchor: PointPx
    since_ms: float
    time_ms: float
    frames: int = 0
    strayed: int = 0
    bright_level: float = 0.0
    needle: Needle | None = None

    @property
    def settled(self) -> bool:
        """Whether the outlines stay what they are: only then does one frame's echo compare with another's."""
        return self.frames >= _SETTLED_FRAMES

    @property
    def shift(self) -> Points:
        """Way from the frame of the outlines to the present one, ``(1, 2)``."""
        return self.anchor.array() - self.held_at.array()


def watch(
    before: Watched | None, frame: Frame, recess: Recess, needle: Needle, time_ms: float
) -> tuple[Watched | None, RecessEcho | None]:
    """Ground to watch after one more frame, and how it looks there.

    No echo while the tip moves or the outlines still settle, nor where all is covered.
    """
    tip = needle.tip if needle.tip_visible else None
    if before is None or (before.strayed >= _STRAYED_FRAMES and tip is not None):
        return _begun(recess, tip, time_ms), None
    spacing = frame.spacing or PixelSpacing(_NOMINAL_MM, _NOMINAL_MM, SpacingSource.CALLER)
    if tip is not None and spacing.distance_mm(before.anchor, tip) > _REST_MM:
        return replace(before, strayed=before.strayed + 1, time_ms=time_ms), None
    held = _carried(before, tip, time_ms)
    if needle.shaft is not None:
        held = replace(held, needle=needle)
    if not held.settled:
        held = _larger(held, recess)
    levels = _levels(held, frame, spacing)
    if levels.size < _LEAST_PX:
        return held, None
    if not held.settled:
        brightest = float(np.quantile(levels, _BRIGHT_QUANTILE))
        return replace(held, frames=held.frames + 1, bright_level=max(held.bright_level, brightest)), None
    return held, RecessEcho(float(levels.mean()), float((levels > held.bright_level).mean()))


def _begun(recess: Recess, tip: PointPx | None, time_ms: float) -> Watched | None:
    return Watched(recess.polygons, tip, tip, time_ms, time_ms) if tip is not None and recess.polygons else None


def _carried(before: Watched, tip: PointPx | None, time_ms: float) -> Watched:
    """Anchor drawn towards the tip."""
    if tip is None:
        return replace(before, time_ms=time_ms)
    share = 1.0 - math.exp(-max(time_ms - before.time_ms, 0.0) / _ANCHOR_MS)
    x = before.anchor.x + share * (tip.x - before.anchor.x)
    y = before.anchor.y + share * (tip.y - before.anchor.y)
    return replace(before, anchor=PointPx(x, y), time_ms=time_ms, strayed=0)


def _larger(held: Watched, recess: Recess) -> Watched:
    """At first the recess is what any of a few frames shows most of."""
    spans = [
        sum(float(np.ptp(part[:, 0]) * np.ptp(part[:, 1])) for part in of) for of in (held.outlines, recess.polygons)
    ]
    return replace(held, outlines=recess.polygons, held_at=held.anchor) if spans[1] > spans[0] else held


def _levels(held: Watched, frame: Frame, spacing: PixelSpacing) -> npt.NDArray[np.uint8]:
    """Grey levels inside the carried outlines, the walls and the shaft left out."""
    shift = held.shift
    carried = Edges.of([outline + shift for outline in held.outlines])
    left, top = np.maximum(np.floor(carried.start.min(axis=0)).astype(int), 0).tolist()
    right, bottom = np.maximum(np.ceil(carried.start.max(axis=0)).astype(int) + 1, 0).tolist()
    around = frame.pixels[top:bottom, left:right]
    if around.size == 0:
        return around.ravel()
    origin = np.array([left, top])
    inside = _without_walls(fill(Edges(carried.start - origin, carried.end - origin), around.shape), spacing)
    return around[inside & ~_near_shaft(held.needle, spacing, (left, top), around.shape)]


def _without_walls(inside: Mask, spacing: PixelSpacing) -> Mask:
    """Pixels whose neighbours across the wall's width are inside as well; all of them where none would be left."""
    rows, columns = (max(round(_WALL_MM / mm), 1) for mm in (spacing.row_mm, spacing.column_mm))
    height, width = inside.shape
    padded = np.zeros((height + 2 * rows, width + 2 * columns), dtype=np.bool_)
    padded[rows:-rows, columns:-columns] = inside
    core = inside.copy()
    for down, right in ((0, columns), (2 * rows, columns), (rows, 0), (rows, 2 * columns)):
        core &= padded[down : down + height, right : right + width]
    return core if np.count_nonzero(core) >= _LEAST_PX else inside


def fill(edges: Edges, shape: tuple[int, ...]) -> Mask:
    """Pixels ``[row, column]`` whose centres lie inside closed outlines that do not overlap (even-odd rule)."""
    rows, columns = shape
    start, end = edges
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    first, last = (np.minimum(np.maximum(np.ceil(y), 0), rows).astype(np.int64) for y in (low, high))
    counts = last - first
    edge = np.repeat(np.arange(len(start)), counts)
    row = np.arange(len(edge)) + (first - (np.cumsum(counts) - counts))[edge]
    (x0, y0), (across, down) = start[edge].T, (end - start)[edge].T
    x = x0 + (row - y0) * across / down
    crossed = np.minimum(np.maximum(np.ceil(x), 0), columns).astype(np.int64)
    # Each crossing of a row flips what lies to its right; the running sum counts the flips.
    flips = np.bincount(row * (columns + 1) + crossed, minlength=rows * (columns + 1))
    counted = np.cumsum(flips.reshape(rows, columns + 1), axis=1)[:, :columns]
    return np.asarray(counted & 1, dtype=np.bool_)


def _near_shaft(needle: Needle | None, spacing: PixelSpacing, origin: tuple[int, int], shape: tuple[int, ...]) -> Mask:
    """Pixels near the shaft and a little beyond where it is seen: a misplaced tip must not lay the needle bare."""
    if needle is None or needle.shaft is None:
        return np.zeros(shape, dtype=np.bool_)
    x = (np.arange(shape[1])[None, :] + origin[0] - needle.shaft.start.x) * spacing.column_mm
    y = (np.arange(shape[0])[:, None] + origin[1] - needle.shaft.start.y) * spacing.row_mm
    right, down = shaft_axis(needle, spacing)
    seen_mm = needle.visible_length_mm or math.inf
    near: Mask = np.abs(y * right - x * down) <= _SHAFT_HALF_WIDTH_MM
    near &= x * right + y * down <= seen_mm + _BEYOND_TIP_MM
    return near
