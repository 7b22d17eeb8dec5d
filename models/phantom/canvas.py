"""The fine grid on which echoes are computed, and the part of it that the picture covers."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.geometry import BoxPx
from models.phantom.truth import GridSpec

OVERSAMPLING = 2
"""Fine rows per grid row: the axial pulse (0.13 to 0.2 mm) is shorter than a grid pixel."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """Fine grid; millimetres count from the top-left corner of the grid.

    Parameters
    ----------
    left_mm, right_mm, depth_mm
        Edges of the picture on the grid; its top is 0.
    """

    grid: GridSpec
    left_mm: float
    right_mm: float
    depth_mm: float

    @property
    def shape(self) -> tuple[int, int]:
        """Fine rows and columns."""
        return (self.grid.rows * OVERSAMPLING, self.grid.columns)

    @property
    def row_mm(self) -> float:
        """Distance between fine rows."""
        return self.grid.spacing_mm / OVERSAMPLING

    @property
    def x_mm(self) -> npt.NDArray[np.float64]:
        """Positions of the columns."""
        return np.asarray((np.arange(self.grid.columns) + 0.5) * self.grid.spacing_mm, dtype=np.float64)

    @property
    def y_mm(self) -> npt.NDArray[np.float64]:
        """Depths of the fine rows."""
        return np.asarray((np.arange(self.shape[0]) + 0.5) * self.row_mm, dtype=np.float64)

    @property
    def grid_y_mm(self) -> npt.NDArray[np.float64]:
        """Depths of the grid's rows."""
        return np.asarray((np.arange(self.grid.rows) + 0.5) * self.grid.spacing_mm, dtype=np.float64)

    @property
    def width_mm(self) -> float:
        """Width of the picture."""
        return self.right_mm - self.left_mm

    def inside(self) -> npt.NDArray[np.bool_]:
        """Which pixels of the grid (not the fine grid) the picture covers."""
        across = (self.x_mm > self.left_mm) & (self.x_mm < self.right_mm)
        return np.asarray((self.grid_y_mm < self.depth_mm)[:, None] & across[None, :])

    def deep(self, depth_mm: float) -> "Canvas":
        """Same canvas with its picture cut at another depth, between 22 mm and the foot of the grid."""
        return dataclasses.replace(self, depth_mm=float(np.clip(depth_mm, 22.0, max(self.grid.height_mm, 22.0))))

    def picture(self) -> BoxPx:
        """The picture as a box on the grid."""
        columns, rows = np.flatnonzero(self.inside().any(axis=0)), np.flatnonzero(self.inside().any(axis=1))
        return BoxPx(int(columns[0]), 0, int(columns[-1]) + 1, int(rows[-1]) + 1)

    def at(self, x_mm: float) -> int:
        """Column nearest to a position, kept inside the grid."""
        return int(np.clip(round(x_mm / self.grid.spacing_mm - 0.5), 0, self.grid.columns - 1))
