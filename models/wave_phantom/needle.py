"""A needle in the plane of the picture: a mirroring shaft, a bevel that scatters every way, copies below."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue
from models.wave_phantom.echo import smooth_noise
from models.wave_phantom.knee import Knee
from models.wave_phantom.scatterers import LINE_STEP_MM, Positions, Scatterers, surface

OUTER_DIAMETER_MM = {18: 1.27, 20: 0.91, 21: 0.82, 22: 0.72, 25: 0.51}
"""By gauge (ISO 9626)."""
_LOSS_DB_DEG = 0.2
"""Steeper shafts are fainter; with what mirroring loses, some 15 to 20 dB from flat to 45 degrees."""
_AIMS = (
    (Tissue.RECESS, 0.55),
    (Tissue.SUPRAPATELLAR_FAT, 0.13),
    (Tissue.PREFEMORAL_FAT, 0.13),
    (Tissue.QUADRICEPS, 0.12),
    (Tissue.SUBCUTANEOUS, 0.07),
)
_SHORTEST_MM = 10.0
_TRIES = 400


@dataclass(frozen=True, slots=True)
class Needle:
    """A straight needle; z below the probe face, angle against it, `side` -1 when it comes from the left, else 1."""

    tip_x_mm: float
    tip_z_mm: float
    angle_deg: float
    side: int
    length_mm: float
    gauge: int
    tissue: Tissue

    @property
    def outer_mm(self) -> float:
        """Outer diameter."""
        return OUTER_DIAMETER_MM[self.gauge]

    def along(self, back_mm: Positions) -> tuple[Positions, Positions]:
        """Positions on the axis this far back from the tip."""
        angle = math.radians(self.angle_deg)
        return self.tip_x_mm + self.side * math.cos(angle) * back_mm, self.tip_z_mm - math.sin(angle) * back_mm

    @property
    def below(self) -> tuple[float, float]:
        """Unit vector across the shaft, pointing away from the probe."""
        angle = math.radians(self.angle_deg)
        return self.side * math.sin(angle), math.cos(angle)

    def covers(self, x_mm: Positions, z_mm: Positions) -> npt.NDArray[np.bool_]:
        """Whether positions lie in the metal."""
        angle = math.radians(self.angle_deg)
        dx, dz = x_mm - self.tip_x_mm, z_mm - self.tip_z_mm
        back = self.side * math.cos(angle) * dx - math.sin(angle) * dz
        off = self.below[0] * dx + self.below[1] * dz
        return (np.abs(off) <= self.outer_mm / 2.0) & (back >= 0.0) & (back <= self.length_mm)


def draw_needle(rng: np.random.Generator, knee: Knee, half_width_mm: float) -> Needle | None:
    """A needle whose way to its tip is free of bone; None if no drawn pose is possible in this knee."""
    aim = _AIMS[rng.choice(len(_AIMS), p=[weight for _, weight in _AIMS])][0]
    for _ in range(_TRIES):
        x, z = rng.uniform(-13.0, 13.0), rng.uniform(3.0, knee.depth_mm - 2.0)
        if knee.tissue(np.array([x]), np.array([z]))[0] != aim:
            continue
        side = -1 if knee.view == "long-axis" else int(rng.choice((-1, 1)))
        angle = 45.0 * float(rng.beta(1.5, 2.2))
        to_edge = (half_width_mm + side * -x) / math.cos(math.radians(angle))
        to_skin = (z - 0.5) / max(math.sin(math.radians(angle)), 1e-6)
        needle = Needle(x, z, angle, side, min(to_edge, to_skin), int(rng.choice(list(OUTER_DIAMETER_MM))), aim)
        if needle.length_mm >= _SHORTEST_MM and _way_is_free(needle, knee):
            return needle
    return None


def _way_is_free(needle: Needle, knee: Knee) -> bool:
    x, z = needle.along(np.arange(0.0, needle.length_mm, 0.5))
    return bool((z + needle.outer_mm < knee.at(knee.bone, x)).all())


def needle_scatterers(rng: np.random.Generator, needle: Needle) -> Scatterers:
    """Points of shaft, bevel and copies."""
    return Scatterers.together(list(_parts(rng, needle)))


def _parts(rng: np.random.Generator, needle: Needle) -> Iterator[Scatterers]:
    back = np.arange(0.0, needle.length_mm, LINE_STEP_MM)
    flat = rng.uniform(17.0, 28.0) - _LOSS_DB_DEG * needle.angle_deg
    level = flat + rng.uniform(1.0, 4.0) * smooth_noise(rng, len(back), 2.0 / LINE_STEP_MM)
    roughness = rng.uniform(0.008, 0.018)
    yield _line(rng, needle, back, -needle.outer_mm / 2.0, level, roughness)
    yield _line(rng, needle, back, needle.outer_mm / 2.0, level - rng.uniform(3.0, 9.0), roughness)
    yield _line(rng, needle, back, 0.0, level - rng.uniform(6.0, 14.0), needle.outer_mm / 4.0)  # rings in the bore
    gap, loss = needle.outer_mm * rng.uniform(1.2, 2.0), rng.uniform(5.0, 10.0)
    for copy in range(1, int(rng.integers(0, 4)) + 1):
        yield _line(rng, needle, back, needle.outer_mm / 2.0 + copy * gap, level - loss * (copy + 0.5), roughness)
    yield _bevel(rng, needle)


def _line(
    rng: np.random.Generator, needle: Needle, back: Positions, below_mm: float, level_db: Positions, roughness_mm: float
) -> Scatterers:
    x, z = needle.along(back)
    return surface(rng, x + below_mm * needle.below[0], z + below_mm * needle.below[1], level_db, roughness_mm)


def _bevel(rng: np.random.Generator, needle: Needle) -> Scatterers:
    """Ground edges of the bevel: bright from every side."""
    n = 40
    x, z = needle.along(rng.uniform(0.0, 2.0 * needle.outer_mm, n) * rng.random(n))
    across = rng.uniform(-0.5, 0.5, n) * needle.outer_mm
    amplitude = rng.normal(0.0, 1.0, n) * 10.0 ** (rng.uniform(10.0, 18.0) / 20.0)
    return Scatterers(x + across * needle.below[0], z + across * needle.below[1], amplitude)
