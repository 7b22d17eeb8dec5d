"""Where a needle lies: its tip placed on purpose, its shaft drawn back from there."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue
from models.phantom.canvas import Canvas
from models.phantom.physics import NeedleRanges

OUTER_DIAMETER_MM = {18: 1.27, 20: 0.91, 21: 0.82, 22: 0.72, 25: 0.51}

Site = Literal[
    "inside",
    "above_roof",
    "below_floor",
    "through",
    "tendon",
    "prefemoral_fat",
    "suprapatellar_fat",
    "bone",
    "short",
    "anywhere",
]

SITE_SHARES: dict[Site, float] = {
    "inside": 0.56,
    "above_roof": 0.11,
    "below_floor": 0.08,
    "through": 0.05,
    "tendon": 0.06,
    "prefemoral_fat": 0.03,
    "suprapatellar_fat": 0.04,
    "bone": 0.03,
    "short": 0.04,
}
"""Tip positions, over-sampled near the walls against the real 4 % of misses.

What a knee has no room for is drawn again, so fewer tips than this end up inside.
"""

ANYWHERE: dict[Site, float] = {"anywhere": 1.0}
"""Tip positions in a view without this joint."""


@dataclass(frozen=True, slots=True)
class NeedlePose:
    """Needle in the plane; millimetres from the top-left corner of the grid.

    Parameters
    ----------
    heading
        +1 where the tip points to the right, -1 to the left.
    shown_from_mm, shown_to_mm
        Stretch of the shaft that lies in the plane, as distances back from the tip; ``shown_to_mm`` is the nearer
        end and 0 where the tip is seen.
    bend_mm
        Greatest sag of the shaft off its chord, across it.
    """

    tip_x_mm: float
    tip_y_mm: float
    angle_deg: float
    heading: int
    gauge: int
    shown_from_mm: float
    shown_to_mm: float
    bend_mm: float

    @property
    def tip_visible(self) -> bool:
        """Whether the tip lies in the plane."""
        return self.shown_to_mm == 0.0

    def at(self, back_mm: float) -> tuple[float, float]:
        """Position on the chord at a distance back from the tip."""
        angle = math.radians(self.angle_deg)
        return (
            self.tip_x_mm - self.heading * back_mm * math.cos(angle),
            self.tip_y_mm - back_mm * math.sin(angle),
        )


def place_needle(
    rng: np.random.Generator,
    canvas: Canvas,
    labels: npt.NDArray[np.uint8],
    ranges: NeedleRanges,
    sites: Mapping[Site, float],
) -> NeedlePose | None:
    """Draw a needle that runs through soft tissue alone; None if forty attempts met bone or left the picture."""
    for _ in range(40):
        site = str(rng.choice(list(sites), p=np.array(list(sites.values()))))
        tip = _tip(rng, canvas, labels, site)
        if tip is None:
            continue
        pose = _pose(rng, canvas, tip, ranges)
        if pose is None:
            continue
        met = _tissues_on_path(pose, canvas, labels)
        if not met & _IMPASSABLE and (site != "through" or Tissue.RECESS in met):
            return pose
    return None


def _tip(
    rng: np.random.Generator, canvas: Canvas, labels: npt.NDArray[np.uint8], site: str
) -> tuple[float, float] | None:
    column = int(rng.uniform(canvas.left_mm + 3.0, canvas.right_mm - 3.0) / canvas.grid.spacing_mm)
    row = _row_of_site(rng, site, labels[:, column], canvas.grid.spacing_mm)
    if row is None or not 2.0 < row * canvas.grid.spacing_mm < canvas.depth_mm - 1.0:
        return None
    return ((column + rng.uniform()) * canvas.grid.spacing_mm, row * canvas.grid.spacing_mm)


def _row_of_site(rng: np.random.Generator, site: str, column: npt.NDArray[np.uint8], spacing_mm: float) -> float | None:
    """Row (from the top edge) of a tip of this kind in one column of the label map."""
    if site in ("inside", "above_roof", "below_floor", "through"):
        rows = np.flatnonzero(column == Tissue.RECESS)
        if rows.size == 0:
            return None
        top, bottom = float(rows[0]), float(rows[-1] + 1)
        offset = {
            "inside": rng.uniform(0.1, 0.9) * (bottom - top),
            "above_roof": -rng.uniform(0.2, 4.0) / spacing_mm,
            "below_floor": bottom - top + rng.uniform(0.2, 3.0) / spacing_mm,
            "through": bottom - top + rng.uniform(2.0, 6.0) / spacing_mm,
        }
        return top + offset[site]
    wanted = {
        "tendon": (Tissue.QUADRICEPS,),
        "prefemoral_fat": (Tissue.PREFEMORAL_FAT,),
        "suprapatellar_fat": (Tissue.SUPRAPATELLAR_FAT,),
        "bone": (Tissue.BONE,),
        "short": (Tissue.SUBCUTANEOUS,),
        "anywhere": (Tissue.SUBCUTANEOUS, Tissue.QUADRICEPS),
    }[site]
    rows = np.flatnonzero(np.isin(column, wanted))
    if rows.size == 0:
        return None
    return float(rows[0]) if site == "bone" else float(rng.choice(rows)) + float(rng.uniform())


def _pose(
    rng: np.random.Generator, canvas: Canvas, tip: tuple[float, float], ranges: NeedleRanges
) -> NeedlePose | None:
    angle = ranges.angle_deg.low + (ranges.angle_deg.high - ranges.angle_deg.low) * rng.beta(1.1, 1.8)
    heading = 1 if rng.uniform() < 0.65 else -1
    run = math.cos(math.radians(angle))
    to_edge = (tip[0] - canvas.left_mm if heading > 0 else canvas.right_mm - tip[0]) / run
    to_skin = (tip[1] - 0.3) / max(math.sin(math.radians(angle)), 1e-3)
    longest = min(to_edge, to_skin)
    if longest < ranges.least_length_mm:
        return None
    start = max(longest * rng.uniform(0.45, 1.0), 5.0) if rng.uniform() < ranges.late_start_share else longest
    hidden = rng.uniform(2.0, 8.0) if rng.uniform() < ranges.hidden_tip_share else 0.0
    hidden = min(hidden, start - 4.0)
    bend = ranges.bend_mm.sample(rng) if rng.uniform() < 0.4 else 0.0
    gauge = int(rng.choice(list(OUTER_DIAMETER_MM)))
    return NeedlePose(*tip, float(angle), heading, gauge, float(start), float(max(hidden, 0.0)), float(bend))


_IMPASSABLE = {int(Tissue.BONE), int(Tissue.SHADOW), int(Tissue.BACKGROUND)}


def _tissues_on_path(pose: NeedlePose, canvas: Canvas, labels: npt.NDArray[np.uint8]) -> set[int]:
    """What the shaft runs through behind its tip; what lies off the grid counts as background."""
    met: set[int] = set()
    for back in np.arange(0.6, pose.shown_from_mm - 0.3, 0.4):
        x, y = pose.at(float(back))
        column, row = int(x / canvas.grid.spacing_mm), int(y / canvas.grid.spacing_mm)
        inside = 0 <= column < labels.shape[1] and 0 <= row < labels.shape[0]
        met.add(int(labels[row, column]) if inside else int(Tissue.BACKGROUND))
    return met
