"""What the beam meets: echo level and passage per pixel of the fine grid."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.phantom.canvas import Canvas
from models.phantom.randomness import FloatArray


@dataclass(frozen=True, eq=False)
class Material:
    """Where each fine pixel's tissue lay when the texture was drawn: fractional columns and rows, float32."""

    columns: FloatArray
    rows: FloatArray


@dataclass(frozen=True, eq=False)
class Scene:
    """Input of the image formation.

    Parameters
    ----------
    echo_db
        Scatterer strength per fine pixel against the mean of muscle.
    passage_db
        What shadow (negative) or enhancement (positive) does to all that comes back from a fine pixel.
    labels
        `Tissue` per pixel of the GRID, needle not yet drawn.
    material
        Displacement of the tissue, or None where it is at rest.
    reflector
        Amplitude of smooth reflectors (the needle), drawn on top, or None.
    """

    canvas: Canvas
    echo_db: FloatArray
    passage_db: FloatArray
    labels: npt.NDArray[np.uint8]
    material: Material | None = None
    reflector: FloatArray | None = None

    def with_reflector(self, reflector: FloatArray, passage_db: FloatArray) -> "Scene":
        """Same scene with a needle in it."""
        return dataclasses.replace(self, reflector=reflector, passage_db=self.passage_db + passage_db)
