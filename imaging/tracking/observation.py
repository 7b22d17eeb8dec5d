"""What following a needle over time needs of one analysed frame; the network's maps are left behind."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.analysis import Analysis
from imaging.errors import BadInput
from imaging.frame import Frame
from imaging.geometry import PixelSpacing, Points, SpacingSource
from imaging.measurement import Needle, Recess
from imaging.placement import Placement
from imaging.tracking.measured_tip import shaft_axis

_BRIGHT = 2.0
_SHAFT_HALF_WIDTH_MM = 1.2
_BEYOND_TIP_MM = 2.0


@dataclass(frozen=True, slots=True)
class RecessEcho:
    """How the inside of the recess looks, the needle's shaft left out.

    Parameters
    ----------
    mean_level
        Mean grey level, 0 to 255.
    bright_share
        Share of pixels at least twice as bright as the mean of the rectangle around the recess: specks, bubbles.
    """

    mean_level: float
    bright_share: float


@dataclass(frozen=True, eq=False)
class Observation:
    """One frame as tracking sees it.

    Parameters
    ----------
    time_ms
        Capture time on any clock that only moves on.
    echo
        How the inside of the recess looks, where somebody looked at the pixels; injectate shows there first.

    Raises
    ------
    BadInput
        If the time is not finite.
    """

    frame_index: int
    time_ms: float
    spacing: PixelSpacing | None
    needle: Needle
    recess: Recess
    placement: Placement
    echo: RecessEcho | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.time_ms):
            msg = f"frame {self.frame_index} was captured at {self.time_ms} ms: expected a finite time"
            raise BadInput(msg)

    @classmethod
    def of(cls, analysis: Analysis, time_ms: float, echo: RecessEcho | None = None) -> "Observation":
        """What is needed of an analysis."""
        return cls(
            frame_index=analysis.frame_index,
            time_ms=time_ms,
            spacing=analysis.spacing,
            needle=analysis.needle,
            recess=analysis.recess,
            placement=analysis.placement,
            echo=echo,
        )


def recess_echo(frame: Frame, recess: Recess, needle: Needle) -> RecessEcho | None:
    """Grey levels inside the recess of one frame; None without a recess or where the shaft covers all of it."""
    if not recess.polygons:
        return None
    everything = np.vstack(recess.polygons)
    left, top = np.maximum(np.floor(everything.min(axis=0)).astype(int), 0)
    right, bottom = np.ceil(everything.max(axis=0)).astype(int) + 1
    around = frame.pixels[top:bottom, left:right]
    if around.size == 0:
        return None
    inside = np.zeros(around.shape, dtype=np.bool_)
    for polygon in recess.polygons:
        inside |= fill(polygon - np.array([left, top]), around.shape)
    inside &= ~_near_shaft(needle, frame.spacing, (int(left), int(top)), around.shape)
    levels = around[inside]
    if levels.size == 0:
        return None
    bright = levels >= _BRIGHT * float(around.mean())
    return RecessEcho(float(levels.mean()), float(bright.mean()))


def fill(polygon: Points, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Pixels ``[row, column]`` whose centres lie inside a closed outline ``(n, 2)`` (even-odd rule)."""
    rows, columns = shape
    end = np.roll(polygon, -1, axis=0)
    low, high = np.minimum(polygon[:, 1], end[:, 1]), np.maximum(polygon[:, 1], end[:, 1])
    first = np.clip(np.ceil(low), 0, rows).astype(np.int64)
    counts = np.clip(np.ceil(high), 0, rows).astype(np.int64) - first
    edge = np.repeat(np.arange(len(polygon)), counts)
    row = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    step = end[edge] - polygon[edge]
    x = polygon[edge, 0] + (row - polygon[edge, 1]) * step[:, 0] / step[:, 1]
    # Each crossing of a row flips what lies to its right; the running sum counts the flips.
    flips = np.zeros((rows, columns + 1), dtype=np.int64)
    np.add.at(flips, (row, np.clip(np.ceil(x), 0, columns).astype(np.int64)), 1)
    inside: npt.NDArray[np.bool_] = np.cumsum(flips, axis=1)[:, :columns] % 2 == 1
    return inside


def _near_shaft(
    needle: Needle, spacing: PixelSpacing | None, origin: tuple[int, int], shape: tuple[int, ...]
) -> npt.NDArray[np.bool_]:
    """Pixels near the shaft and a little beyond where it is seen: a misplaced tip must not lay the needle bare.

    The nominal 0.2 mm per pixel are taken without calibration.
    """
    scale = spacing or PixelSpacing(0.2, 0.2, SpacingSource.CALLER)
    if needle.shaft is None:
        return np.zeros(shape, dtype=np.bool_)
    x = (np.arange(shape[1])[None, :] + origin[0] - needle.shaft.start.x) * scale.column_mm
    y = (np.arange(shape[0])[:, None] + origin[1] - needle.shaft.start.y) * scale.row_mm
    right, down = shaft_axis(needle, scale)
    seen_mm = needle.visible_length_mm or math.inf
    near: npt.NDArray[np.bool_] = np.abs(y * right - x * down) <= _SHAFT_HALF_WIDTH_MM
    near &= x * right + y * down <= seen_mm + _BEYOND_TIP_MM
    return near
