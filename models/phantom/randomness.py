"""Random streams that are named, so that a new draw in one part changes no other part."""

import zlib

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
"""Real numbers, float32, of any shape."""


def stream(seed: int, name: str) -> np.random.Generator:
    """Generator that depends on the seed and on the name alone, on any machine."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """Standard normal numbers, float32."""
    return rng.standard_normal(shape, dtype=np.float32)


def smooth_curve(
    rng: np.random.Generator, x_mm: npt.NDArray[np.float64], wavelength_mm: float
) -> npt.NDArray[np.float64]:
    """Smooth random curve over ``x_mm``: three waves about the given wavelength, within -1 to 1."""
    curve = np.zeros_like(x_mm)
    for share in (0.5, 0.3, 0.2):
        length = wavelength_mm * rng.uniform(0.5, 1.8)
        curve += share * np.sin(2.0 * np.pi * (x_mm / length + rng.uniform()))
    return curve
