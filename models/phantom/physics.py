"""Ranges of every random quantity of the phantom; the sources stand in README.md beside this file."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np


@dataclass(frozen=True, slots=True)
class Range:
    """Closed interval of a uniformly drawn quantity, and the limits beyond which it makes no sense.

    Raises
    ------
    ValueError
        If the interval is inverted or leaves its limits.
    """

    low: float
    high: float
    least: float = -math.inf
    most: float = math.inf

    def __post_init__(self) -> None:
        if not self.least <= self.low <= self.high <= self.most:
            msg = f"range is [{self.low}, {self.high}]: expected it ordered and within [{self.least}, {self.most}]"
            raise ValueError(msg)

    def sample(self, rng: np.random.Generator) -> float:
        """One uniform draw."""
        return float(rng.uniform(self.low, self.high))

    def widened(self, factor: float) -> "Range":
        """Interval stretched about its middle by ``factor``, cut at its limits."""
        extra = (factor - 1.0) * (self.high - self.low) / 2.0
        return Range(max(self.low - extra, self.least), min(self.high + extra, self.most), self.least, self.most)


@dataclass(frozen=True, slots=True)
class AnatomyRanges:
    """Lengths in millimetres of the long-axis suprapatellar picture."""

    skin_mm: Range = Range(0.9, 2.4, least=0.5)
    fat_mm: Range = Range(2.0, 11.0, least=1.0, most=25.0)
    thick_fat_mm: Range = Range(11.0, 18.0, least=1.0, most=25.0)
    tendon_mm: Range = Range(4.5, 9.5, least=3.0)
    tendon_rise: Range = Range(0.1, 0.75, least=0.0, most=0.85)
    roof_gap_mm: Range = Range(0.6, 9.0, least=0.3, most=14.0)
    roof_tilt_deg: Range = Range(-8.0, 6.0, least=-15.0, most=15.0)
    suprapatellar_fat_mm: Range = Range(2.0, 8.0, least=1.0)
    prefemoral_fat_mm: Range = Range(3.0, 15.0, least=1.5)
    femur_tilt_deg: Range = Range(-6.0, 6.0, least=-12.0, most=12.0)
    patella_in_picture_mm: Range = Range(2.0, 20.0, least=1.0)
    patella_length_mm: Range = Range(6.0, 16.0, least=4.0)
    recess_length_mm: Range = Range(10.0, 46.0, least=4.0)
    thin_recess_mm: Range = Range(0.5, 3.5, least=0.5)
    effusion_mm: Range = Range(3.0, 25.0, least=0.5)
    tail_share: float = 0.5
    under_patella_share: float = 0.6
    thin_share: float = 0.5
    no_recess_share: float = 0.33
    no_patella_share: float = 0.12


@dataclass(frozen=True, slots=True)
class EchoRanges:
    """Echogenicity in decibels against the mean of muscle, and its texture."""

    skin_db: Range = Range(0.0, 10.0)
    fat_db: Range = Range(-12.0, 0.0)
    tendon_db: Range = Range(-1.0, 7.0)
    muscle_db: Range = Range(-4.0, 4.0)
    suprapatellar_fat_db: Range = Range(-6.0, 6.0)
    prefemoral_fat_db: Range = Range(-2.0, 8.0)
    fluid_db: Range = Range(-34.0, -10.0, most=-8.0)
    slice_fill_db: Range = Range(0.0, 14.0, least=0.0)
    bone_db: Range = Range(11.0, 25.0)
    below_bone_db: Range = Range(-32.0, -7.0, most=-5.0)
    septum_db: Range = Range(9.0, 19.0)
    fibre_db: Range = Range(2.5, 7.0, least=0.5)
    blotch_db: Range = Range(1.5, 5.5, least=0.3)
    anisotropy_db: Range = Range(0.0, 13.0, least=0.0)
    wall_db: Range = Range(-12.0, 8.0)
    edge_mm: Range = Range(0.05, 0.9, least=0.0)
    fuzz_mm: Range = Range(0.05, 0.7, least=0.0)
    enhancement_db_per_mm: Range = Range(0.0, 0.5, least=0.0)
    contact_db: Range = Range(0.0, 3.0, least=0.0)
    cartilage_db: Range = Range(-30.0, -12.0, most=-8.0)
    cartilage_share: float = 0.2
    frond_share: float = 0.25
    debris_share: float = 0.2
    poor_contact_share: float = 0.12


@dataclass(frozen=True, slots=True)
class ImagingRanges:
    """Beam, receiver and display of the scanner."""

    picture_depth_mm: Range = Range(27.0, 56.0, least=22.0, most=60.0)
    below_femur_mm: Range = Range(-5.0, 12.0)
    depth_by_femur_share: float = 0.75
    picture_width_mm: Range = Range(36.0, 52.0, least=28.0)
    axial_mm: Range = Range(0.15, 0.35, least=0.12)
    lateral_mm: Range = Range(0.28, 0.75, least=0.2)
    focus_mm: Range = Range(12.0, 30.0, least=5.0)
    widening_per_mm: Range = Range(0.01, 0.035, least=0.0)
    looks: Range = Range(1.5, 5.49, least=1.0)
    gain_slope_db_per_mm: Range = Range(-0.35, 0.08)
    noise_db: Range = Range(-48.0, -24.0, most=-16.0)
    dynamic_range_db: Range = Range(42.0, 70.0, least=36.0)
    middle_grey: Range = Range(0.12, 0.42, least=0.06, most=0.6)
    curve_power: Range = Range(1.0, 2.6, least=0.6)
    detail: Range = Range(0.0, 0.6, least=0.0, most=0.8)
    clutter_db: Range = Range(-40.0, -20.0, most=-15.0)
    clutter_mm: Range = Range(1.0, 5.0, least=0.5)
    smoothing_mm: Range = Range(0.05, 0.17, least=0.0)
    sharpening: Range = Range(0.0, 0.5, least=0.0)
    jpeg_quality: Range = Range(55.0, 98.0, least=30.0, most=100.0)
    marks_share: float = 0.2


@dataclass(frozen=True, slots=True)
class NeedleRanges:
    """Pose and echo of the needle."""

    angle_deg: Range = Range(1.0, 48.0, least=0.0, most=60.0)
    shaft_peak_db: Range = Range(8.0, 20.0)
    shaft_floor_db: Range = Range(3.0, 10.0, least=2.0)
    best_angle_deg: Range = Range(0.0, 22.0, least=0.0)
    lobe_deg: Range = Range(8.5, 15.0, least=6.0)
    tip_db: Range = Range(8.0, 20.0)
    bead_db: Range = Range(1.0, 6.0, least=0.0)
    bend_mm: Range = Range(-0.9, 0.9, least=-2.0, most=2.0)
    least_length_mm: float = 6.0
    ghost_share: float = 0.12
    ring_down_share: float = 0.4
    haze_share: float = 0.15
    cluster_share: float = 0.12
    double_wall_share: float = 0.35
    shadow_share: float = 0.25
    hidden_tip_share: float = 0.12
    late_start_share: float = 0.35
    bubble_share: float = 0.15


PRACTICE_NEEDLE = NeedleRanges(
    angle_deg=Range(10.0, 55.0, least=0.0, most=60.0),
    shaft_floor_db=Range(5.0, 14.0, least=2.0),
    bead_db=Range(3.0, 10.0, least=0.0),
    least_length_mm=14.0,
    ghost_share=0.4,
    haze_share=0.4,
    cluster_share=0.6,
    ring_down_share=0.75,
)
"""A thick biopsy needle pushed steeply into a practice block: beaded, ringing, with a ghost beside it."""


@dataclass(frozen=True, slots=True)
class Physics:
    """Everything a frame is drawn from.

    Parameters
    ----------
    needle_share
        Share of knee frames into which a needle is put if there is room for it; over all frames about 0.55 show one.
    other_share, transverse_share
        Shares of frames that are not the long-axis view of this joint.
    """

    anatomy: AnatomyRanges = AnatomyRanges()
    echo: EchoRanges = EchoRanges()
    imaging: ImagingRanges = ImagingRanges()
    needle: NeedleRanges = NeedleRanges()
    needle_share: float = 0.62
    other_share: float = 0.15
    transverse_share: float = 0.10

    @classmethod
    def wider(cls, factor: float = 1.35) -> "Physics":
        """Held-out variant: every interval stretched about its middle by ``factor`` (cut at its limits).

        A network trained on the default and scored on this one is asked about frames up to 17 % of an interval's
        width beyond anything that it has seen, on either side.
        """
        plain = cls()
        groups = {name: _widened(getattr(plain, name), factor) for name in ("anatomy", "echo", "imaging", "needle")}
        return dataclasses.replace(plain, **groups)

    def thin_and_flat(self) -> "Physics":
        """More of what is missed most: recesses of 1 to 3.5 mm, and needles within 20 degrees of the probe's face."""
        return dataclasses.replace(
            self,
            anatomy=dataclasses.replace(
                self.anatomy, thin_recess_mm=Range(1.0, 3.5, least=0.5), thin_share=0.8, no_recess_share=0.2
            ),
            needle=dataclasses.replace(self.needle, angle_deg=Range(0.0, 20.0, least=0.0, most=60.0)),
            needle_share=0.8,
            other_share=0.08,
        )


Group = TypeVar("Group", AnatomyRanges, EchoRanges, ImagingRanges, NeedleRanges)


def _widened(group: Group, factor: float) -> Group:
    values = {field.name: getattr(group, field.name) for field in dataclasses.fields(group)}
    wide: dict[str, Any] = {name: value.widened(factor) for name, value in values.items() if isinstance(value, Range)}
    return dataclasses.replace(group, **wide)
