"""Point scatterers: what the wave simulator sees of a knee."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.float64]

LINE_STEP_MM = 0.05
"""Distance between neighbours on a surface: below half a wavelength up to 15 MHz, so that a smooth one mirrors."""
_LINE_AMPLITUDE = 0.6
"""Reflectivity of a point of a flat smooth line that shows as bright as speckle of 0 dB: tuned by eye."""


@dataclass(frozen=True, eq=False)
class Scatterers:
    """Points and how strongly they reflect; tissue of 0 dB has a root mean square of 1.

    Raises
    ------
    ValueError
        If the three differ in length.
    """

    x_mm: Positions
    z_mm: Positions
    reflectivity: Positions

    def __post_init__(self) -> None:
        if not (self.x_mm.shape == self.z_mm.shape == self.reflectivity.shape and self.x_mm.ndim == 1):
            msg = f"scatterers {self.x_mm.shape} {self.z_mm.shape} {self.reflectivity.shape}: expected three equal (n,)"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.x_mm)

    def weighed(self, factor: Positions) -> Self:
        """The same points, each reflecting by `factor` more."""
        return type(self)(self.x_mm, self.z_mm, self.reflectivity * factor)

    def where(self, keep: npt.NDArray[np.bool_]) -> Self:
        """Some of the points."""
        return type(self)(self.x_mm[keep], self.z_mm[keep], self.reflectivity[keep])

    @classmethod
    def together(cls, parts: list["Scatterers"]) -> "Scatterers":
        """All points of several clouds."""
        return cls(
            np.concatenate([part.x_mm for part in parts]),
            np.concatenate([part.z_mm for part in parts]),
            np.concatenate([part.reflectivity for part in parts]),
        )


def surface(
    rng: np.random.Generator, x_mm: Positions, z_mm: Positions, level_db: float | Positions, roughness_mm: float
) -> Scatterers:
    """Points along a line, close enough to mirror; `level_db` is against tissue of 0 dB when it lies flat.

    Parameters
    ----------
    x_mm, z_mm
        The line, its points `LINE_STEP_MM` apart.
    roughness_mm
        Spread of the points across the line; a tenth of a wavelength and more turns mirror into speckle.
    """
    amplitude = 10.0 ** (np.asarray(level_db) / 20.0) * _LINE_AMPLITUDE
    jitter = rng.normal(0.0, 1.0, (2, len(x_mm)))
    return Scatterers(
        x_mm + jitter[0] * 0.01, z_mm + jitter[1] * roughness_mm, np.broadcast_to(amplitude, x_mm.shape).copy()
    )
