"""Gas in an injectate: bright specks, each with a dirty shadow below it."""

import numpy as np
import numpy.typing as npt

from models.phantom.anatomy import Curve
from models.phantom.canvas import Canvas
from models.phantom.randomness import FloatArray
from models.phantom.textures import blur

MAX_AMPLITUDE = 12.0
"""Specks that lie on one another do not add up beyond this."""

NOWHERE_MM = -99.0
"""Coordinate of a speck that is not drawn."""


def bubbles(
    canvas: Canvas, points_mm: npt.NDArray[np.float64], level_db: npt.NDArray[np.float64]
) -> tuple[FloatArray, FloatArray]:
    """Amplitude of specks at positions ``(n, 2)`` (x, y), and what they do to the passage below them in dB."""
    specks = np.zeros(canvas.shape, dtype=np.float32)
    rows = np.floor(points_mm[:, 1] / canvas.row_mm).astype(int)
    columns = np.floor(points_mm[:, 0] / canvas.grid.spacing_mm).astype(int)
    known = (rows >= 0) & (rows < canvas.shape[0]) & (columns >= 0) & (columns < canvas.shape[1])
    np.add.at(specks, (rows[known], columns[known]), (10.0 ** (level_db[known] / 20.0)).astype(np.float32))
    amplitude = np.minimum(blur(specks, 0.9, 1.2) * np.float32(6.8), MAX_AMPLITUDE)
    covered = np.cumsum(blur((specks > 0.0).astype(np.float32), 1.5, 0.5), axis=0)
    return np.asarray(amplitude, dtype=np.float32), np.asarray(-np.minimum(2.5 * covered, 9.0), dtype=np.float32)


def cloud_in_recess(
    rng: np.random.Generator, canvas: Canvas, tip_mm: tuple[float, float], walls: tuple[Curve, Curve], count: int
) -> npt.NDArray[np.float64]:
    """Positions that spread along the recess from the tip, more of them under the roof."""
    spread = rng.uniform(2.0, 12.0) * rng.standard_normal(count)
    x = tip_mm[0] + spread
    roof, floor = (np.interp(x, canvas.x_mm, wall) for wall in walls)
    y = roof + (floor - roof) * rng.beta(0.8, 1.8, count)
    return np.where((floor - roof > 0.3)[:, None], np.stack([x, y], axis=1), NOWHERE_MM)


def cloud_in_tissue(rng: np.random.Generator, tip_mm: tuple[float, float], count: int) -> npt.NDArray[np.float64]:
    """Positions in a flat cloud about the tip, as injectate lies in fat."""
    reach = np.array([rng.uniform(1.0, 4.0), rng.uniform(0.3, 1.2)])
    return np.asarray(np.array(tip_mm) + reach * rng.standard_normal((count, 2)))
