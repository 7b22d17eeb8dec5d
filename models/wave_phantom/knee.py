"""Suprapatellar knees as stacks of depth curves, drawn from published dimensions.

Sizes are those of the anatomy literature, not of another simulator: quadriceps tendon 7-8 ± 1 mm and suprapatellar fat
6-7 ± 2 mm (Stäubli 1999), prefemoral fat 6.9 ± 2.5 mm with and 11-12 mm without osteoarthritis (Shibata 2018), recess
of 0 to 12 mm (D'Agostino 2005). Positions are in millimetres: x across the probe, 0 in its middle; z below its face.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue

Curve = npt.NDArray[np.float64]
"""Depth in mm, one for each of `Knee.x_mm`."""
Positions = npt.NDArray[np.float64]

BONE_THICKNESS_MM = 0.7
"""How much of a bone below its surface still counts as surface."""
_HALF_WIDTH_MM = 22.0
_STEP_MM = 0.1


@dataclass(frozen=True, eq=False)
class Knee:
    """Layers of one cut through a knee.

    Parameters
    ----------
    x_mm
        Where the curves are given; evenly spaced, wider than the picture.
    skin, subcutis, quadriceps, roof, floor, femur
        Lower edge of skin, subcutis and quadriceps; roof and floor of the recess, the same where it is dry; bone.
    patella
        Its surface; infinite where there is none.
    depth_mm
        Depth of the picture.

    Raises
    ------
    ValueError
        If a layer ends above the one before it.
    """

    view: Literal["long-axis", "transverse"]
    x_mm: Curve
    skin: Curve
    subcutis: Curve
    quadriceps: Curve
    roof: Curve
    floor: Curve
    femur: Curve
    patella: Curve
    depth_mm: float

    def __post_init__(self) -> None:
        layers = np.stack([self.skin, self.subcutis, self.quadriceps, self.roof, self.floor, self.femur])
        if (np.diff(layers, axis=0) < -1e-9).any():
            msg = f"{self.view} knee: expected each layer to end below the one before it"
            raise ValueError(msg)

    def at(self, curve: Curve, x_mm: Positions) -> Positions:
        """Depth of a curve at these positions."""
        depth: Positions = np.interp(x_mm, self.x_mm, curve)
        return depth

    @property
    def recess_thickness_mm(self) -> float:
        """Greatest thickness along the beam; 0 where the recess is dry."""
        return float((self.floor - self.roof).max())

    @property
    def bone(self) -> Curve:
        """First bone met from above: patella, else femur."""
        return np.minimum(self.femur, self.patella)

    def tissue(self, x_mm: Positions, z_mm: Positions) -> npt.NDArray[np.uint8]:
        """`Tissue` at these positions; shadow is what lies beneath a bone's surface."""
        found = np.full(np.broadcast_shapes(x_mm.shape, z_mm.shape), int(Tissue.SUBCUTANEOUS), dtype=np.uint8)
        below = (
            (self.subcutis, Tissue.QUADRICEPS),
            (self.quadriceps, Tissue.SUPRAPATELLAR_FAT),
            (self.roof, Tissue.RECESS),
            (self.floor, Tissue.PREFEMORAL_FAT),
            (self.bone, Tissue.BONE),
            (self.bone + BONE_THICKNESS_MM, Tissue.SHADOW),
        )
        for curve, tissue in below:
            found[z_mm >= self.at(curve, x_mm)] = tissue
        return found

    def recess(self, x_mm: Positions, z_mm: Positions) -> npt.NDArray[np.bool_]:
        """Whether these positions lie in the recess, the part beneath the patella included."""
        return (z_mm >= self.at(self.roof, x_mm)) & (z_mm < self.at(self.floor, x_mm))


def draw_knee(rng: np.random.Generator, *, transverse: bool) -> Knee:
    """One knee; every draw comes from `rng`."""
    return _transverse(rng) if transverse else _long_axis(rng)


def recess_thickness_mm(rng: np.random.Generator) -> float:
    """0 (dry) in one of five, else 1 to 12 mm with every doubling alike."""
    return 0.0 if rng.random() < 0.2 else float(np.exp(rng.uniform(0.0, np.log(12.0))))


def _long_axis(rng: np.random.Generator) -> Knee:
    x = np.arange(-_HALF_WIDTH_MM, _HALF_WIDTH_MM + _STEP_MM / 2, _STEP_MM)
    pole_x = rng.uniform(6.0, 14.0)
    along = np.clip((x + 19.0) / 38.0, 0.0, 1.2)
    skin = rng.uniform(1.0, 2.0) + _wave(rng, x, 0.05)
    fat = rng.uniform(3.0, 9.0) * (1.0 - rng.uniform(0.3, 0.7) * along)
    subcutis = skin + fat + _wave(rng, x, 0.2)
    quadriceps = subcutis + np.clip(rng.normal(7.3, 1.0), 5.0, 9.5) + _wave(rng, x, 0.15)
    wedge, least = rng.uniform(3.0, 7.0), rng.uniform(0.3, 1.2)
    fall = rng.uniform(7.0, 14.0)
    roof = quadriceps + least + (wedge - least) * np.exp(-np.abs(pole_x - x) / fall) + _wave(rng, x, 0.15)
    thickness = recess_thickness_mm(rng)
    fluid = _spindle(rng, x, thickness, centre=rng.uniform(-9.0, 5.0), length=_recess_length_mm(rng, thickness))
    roof = _lifted(rng, roof, quadriceps, fluid)
    floor = roof + fluid
    femur = _femur(rng, x, floor, slope=rng.normal(0.0, 0.05))
    depth = float(np.clip(femur.mean() + rng.uniform(2.0, 7.0), 30.0, 50.0))
    patella = _patella(rng, x, pole_x, subcutis, quadriceps)
    return Knee("long-axis", x, skin, subcutis, quadriceps, roof, floor, femur, patella, depth)


def _transverse(rng: np.random.Generator) -> Knee:
    x = np.arange(-_HALF_WIDTH_MM, _HALF_WIDTH_MM + _STEP_MM / 2, _STEP_MM)
    bulge = (x - rng.uniform(-3.0, 3.0)) ** 2
    skin = rng.uniform(1.0, 2.0) + _wave(rng, x, 0.05)
    subcutis = skin + rng.uniform(3.0, 8.0) + bulge * rng.uniform(0.0, 0.006) + _wave(rng, x, 0.2)
    quadriceps = subcutis + rng.uniform(6.0, 9.0) + bulge * rng.uniform(0.0, 0.006) + _wave(rng, x, 0.2)
    roof = quadriceps + rng.uniform(0.8, 3.0) + _wave(rng, x, 0.2)
    thickness = recess_thickness_mm(rng)
    fluid = _spindle(rng, x, thickness, centre=rng.uniform(-5.0, 5.0), length=rng.uniform(14.0, 34.0))
    roof = _lifted(rng, roof, quadriceps, fluid)
    floor = roof + fluid
    femur = _femur(rng, x, floor, slope=rng.normal(0.0, 0.04)) + bulge * rng.uniform(0.002, 0.01)
    depth = float(np.clip(femur.mean() + rng.uniform(3.0, 7.0), 30.0, 50.0))
    return Knee("transverse", x, skin, subcutis, quadriceps, roof, floor, femur, np.full_like(x, np.inf), depth)


def _recess_length_mm(rng: np.random.Generator, thickness_mm: float) -> float:
    return float(np.clip(rng.normal(20.0 + 1.8 * thickness_mm, 6.0), 10.0, 50.0))


def _spindle(rng: np.random.Generator, x: Curve, thickness_mm: float, centre: float, length: float) -> Curve:
    """Thickness of a recess: round or pointed ends, thickest beside its middle, never negative."""
    skew = rng.uniform(-0.35, 0.35)
    part = np.clip((x - centre) / (length / 2.0), -1.0, 1.0)
    bent = part + skew * (1.0 - part**2)
    profile = np.clip(1.0 - bent**2, 0.0, 1.0) ** rng.uniform(0.5, 1.1) * (1.0 + _wave(rng, x, 0.08))
    return thickness_mm * profile / max(float(profile.max()), 1e-6)


def _lifted(rng: np.random.Generator, roof: Curve, quadriceps: Curve, fluid: Curve) -> Curve:
    """Roof pushed up by the fluid below it, as far as the fat above it gives way."""
    return roof - np.minimum(rng.uniform(0.0, 0.5) * fluid, 0.7 * (roof - quadriceps))


def _femur(rng: np.random.Generator, x: Curve, floor: Curve, slope: float) -> Curve:
    """Bone below the prefemoral fat: nearly straight, fluid presses the fat flat but never reaches the bone."""
    fat = rng.normal(6.9, 2.0) if rng.random() < 0.6 else rng.normal(11.0, 2.0)
    visible = np.abs(x) < 19.0
    line = slope * x + _wave(rng, x, 0.25)
    wanted = float(np.median(floor[visible] - line[visible])) + float(np.clip(fat, 3.5, 14.0))
    needed = float((floor + 1.5 - line).max())
    return line + max(wanted, needed)


def _patella(rng: np.random.Generator, x: Curve, pole_x: float, subcutis: Curve, quadriceps: Curve) -> Curve:
    """Upper pole and front of the patella: steep at the pole, flat towards the front."""
    pole_z = float(np.interp(pole_x, x, quadriceps)) + rng.uniform(-1.0, 2.5)
    front_z = float(np.interp(pole_x + 8.0, x, subcutis)) + rng.uniform(0.5, 2.5)
    part = np.clip((x - pole_x) / rng.uniform(5.0, 10.0), 0.0, 1.0)
    surface = front_z + (pole_z - front_z) * (1.0 - part) ** rng.uniform(1.3, 2.2)
    return np.where(x < pole_x, np.inf, surface)


def _wave(rng: np.random.Generator, x: Curve, size_mm: float) -> Curve:
    """Smooth unevenness of about this size."""
    total = np.zeros_like(x)
    for period in (9.0, 17.0, 40.0):
        total += rng.normal() * np.sin(2.0 * np.pi * (x / period + rng.random())) * period / 40.0
    return size_mm * total
