"""The scatterers of a piece of tissue: fixed by its seed, so that speckle moves with it."""

import cv2
import numpy as np

from models.phantom.randomness import FloatArray, normal, stream
from models.phantom.scene import Material

Scatterers = list[FloatArray]
"""One field per quadrature of each look, white and of unit variance."""


def sample_scatterers(seed: int, shape: tuple[int, int], looks: int) -> Scatterers:
    """Draw the fields of a number of looks."""
    rng = stream(seed, "scatterers")
    return [normal(rng, shape) for _ in range(2 * looks)]


def displaced(field: FloatArray, material: Material | None) -> FloatArray:
    """Field as seen where its tissue now lies.

    Cubic, because a linear look-up halfway between samples would halve the power of white noise and flicker.
    """
    if material is None:
        return field
    moved = cv2.remap(field, material.columns, material.rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, dtype=np.float32)
