"""A knee as the beam meets it: depth curves over the width of the picture; the patella, if any, at the right."""

import dataclasses
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue

Curve = npt.NDArray[np.float64]
"""Depth in millimetres per column."""

COLLAPSED_MM = 0.5
"""A recess that is nowhere thicker counts as absent."""


class Layer(IntEnum):
    """Layers from the skin down."""

    SKIN = 0
    FAT = 1
    TENDON = 2
    MUSCLE = 3
    SUPRAPATELLAR_FAT = 4
    RECESS = 5
    PREFEMORAL_FAT = 6
    BONE = 7
    BELOW_BONE = 8


TISSUE_OF_LAYER = np.array(
    [
        Tissue.SUBCUTANEOUS,
        Tissue.SUBCUTANEOUS,
        Tissue.QUADRICEPS,
        Tissue.QUADRICEPS,
        Tissue.SUPRAPATELLAR_FAT,
        Tissue.RECESS,
        Tissue.PREFEMORAL_FAT,
        Tissue.BONE,
        Tissue.SHADOW,
    ],
    dtype=np.uint8,
)

BONE_BAND_MM = (-0.25, 0.75)
"""How far the bone label reaches above and below the surface, along its normal."""


@dataclass(frozen=True, eq=False)
class Knee:
    """Lower edge of each layer, and the surface of the patella (infinite where there is none).

    Parameters
    ----------
    patella_end_mm
        x of the deep pole of the patella, from which its shadow starts.
    fibre_scale
        Length of the fibres in the picture against the long-axis view.
    """

    x_mm: Curve
    skin: Curve
    fat: Curve
    tendon: Curve
    muscle: Curve
    roof: Curve
    floor: Curve
    femur: Curve
    patella: Curve
    patella_end_mm: float
    fibre_scale: float = 1.0

    @property
    def pole_depth_mm(self) -> float:
        """Depth of the deep pole of the patella; infinite where there is none."""
        known = np.flatnonzero(np.isfinite(self.patella))
        return float(self.patella[known[0]]) if known.size else float(np.inf)

    @property
    def has_recess(self) -> bool:
        """Whether the recess is open enough to be called present."""
        return bool(np.max(self.floor - self.roof) >= COLLAPSED_MM)

    def layers(self, y_mm: Curve) -> npt.NDArray[np.uint8]:
        """`Layer` per pixel for rows at the given depths; the patella ends at its deep pole, tissue goes on below."""
        femur = surface_edges(self.femur, self.x_mm)
        layers = self._stack(y_mm, femur)
        if np.isfinite(self.patella).any():
            patella = surface_edges(self.patella, self.x_mm)
            both = (np.minimum(femur[0], patella[0]), np.minimum(femur[1], patella[1]))
            beside = y_mm <= self.pole_depth_mm + BONE_BAND_MM[1]
            layers[beside] = self._stack(y_mm[beside], both)
        return layers

    def _stack(self, y_mm: Curve, bone: tuple[Curve, Curve]) -> npt.NDArray[np.uint8]:
        soft = (self.skin, self.fat, self.tendon, self.muscle, self.roof, self.floor)
        layers = np.zeros((len(y_mm), len(self.x_mm)), dtype=np.uint8)
        for edge in (*(np.minimum(each, bone[0]) for each in soft), *bone):
            layers += y_mm[:, None] >= edge[None, :]
        return layers

    def opened(self, extra: Curve) -> "Knee":
        """Same knee with the recess ``extra`` mm thicker: roof pushed up by 40 %, floor down by 60 %."""
        roof, floor = self.roof - 0.4 * extra, self.floor + 0.6 * extra
        lift = np.minimum(roof / np.maximum(self.roof, 1e-6), 1.0)
        femur = np.maximum(self.femur, floor + 0.6)
        above = {name: getattr(self, name) * lift for name in ("fat", "tendon", "muscle")}
        return dataclasses.replace(self, roof=roof, floor=floor, femur=femur, **above)


def surface_edges(curve: Curve, x_mm: Curve) -> tuple[Curve, Curve]:
    """Upper and lower edge of the bone label about a surface; infinite where the surface is."""
    known = np.isfinite(curve)
    if np.count_nonzero(known) < 3:
        return curve, curve
    lean = np.ones_like(curve)
    lean[known] = np.minimum(np.hypot(1.0, np.gradient(curve[known], x_mm[known])), 2.5)
    return curve + BONE_BAND_MM[0] * lean, curve + BONE_BAND_MM[1] * lean
