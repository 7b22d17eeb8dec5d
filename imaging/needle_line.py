"""A straight shaft through a map of needle probability, fitted so that bright lines beside it do not pull it."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.segmentation import FloatMap

_ANGLES = 36
_TURNS = np.arange(_ANGLES) * (math.pi / _ANGLES)
_NORMALS = np.stack([-np.sin(_TURNS), np.cos(_TURNS)])
"""Unit normals of the directions that are searched, ``(2, angles)``."""
_FAINTEST = 0.3
_VOTERS = 120
_ROUNDS = 3
_OUTLIERS = 0.01
"""Share of the shaft's pixels left out at either end."""

Weights = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """Line through a shaft, in pixels of the network's grid.

    Parameters
    ----------
    centre_x, centre_y, direction_x, direction_y
        A point on the line and its unit direction.
    first_px, last_px
        Where the seen shaft starts and ends, as distances from the centre along the direction.
    seen_px
        Length of the parts of the shaft that are seen.
    mean_probability
        Mean needle probability of the pixels that support the line.
    """

    centre_x: float
    centre_y: float
    direction_x: float
    direction_y: float
    first_px: float
    last_px: float
    seen_px: float
    mean_probability: float

    def at(self, distance_px: float) -> tuple[float, float]:
        """Position on the line at a distance from the centre."""
        return (
            self.centre_x + distance_px * self.direction_x,
            self.centre_y + distance_px * self.direction_y,
        )

    def far_end(self, x: float, y: float) -> tuple[float, float]:
        """End of the seen shaft that is farther from a position."""
        ends = (self.at(self.first_px), self.at(self.last_px))
        return max(ends, key=lambda end: math.hypot(end[0] - x, end[1] - y))


def fit_axis(needle: FloatMap, tolerance_px: float, level: float) -> Axis | None:
    """Line with the most needle probability close to it.

    A coarse search over direction and offset (Hough 1962, Duda and Hart 1972) finds the line; reweighted total least
    squares with Cauchy weights sharpens it. None if no pixel reaches ``level``.

    Parameters
    ----------
    needle
        Needle probability ``[row, column]``.
    tolerance_px
        Distance from the line at which a pixel counts half.
    level
        Probability from which a pixel counts as shaft.
    """
    likely = np.flatnonzero(needle >= min(level, _FAINTEST))
    probability = needle.ravel()[likely].astype(np.float64)
    if likely.size < 3 or float(probability.max()) < level:
        return None
    rows = likely // needle.shape[1]
    points = np.ones((likely.size, 3))
    points[:, 0], points[:, 1] = likely - rows * needle.shape[1], rows
    thin = slice(None, None, max(len(points) // _VOTERS, 1))
    line = _coarse(points[thin, :2], probability[thin], tolerance_px)
    for _ in range(_ROUNDS):
        gap2 = (points @ line.from_line) ** 2
        weights = probability / (1.0 + gap2 / tolerance_px**2) * (gap2 < (4.0 * tolerance_px) ** 2)
        line = _principal(points, weights)
    near = np.abs(points @ line.from_line) < 2.0 * tolerance_px
    if np.count_nonzero(near) < 3:
        return None
    return _axis((points @ line.along_line)[near], probability[near], line, level)


@dataclass(frozen=True, slots=True)
class _Line:
    """A point on a line and its unit direction."""

    x: float
    y: float
    across: float
    down: float

    @property
    def from_line(self) -> Weights:
        """Factors of ``(x, y, 1)`` whose sum is the signed distance from the line."""
        return np.array([-self.down, self.across, self.down * self.x - self.across * self.y])

    @property
    def along_line(self) -> Weights:
        """Factors of ``(x, y, 1)`` whose sum is the distance from the point along the direction."""
        return np.array([self.across, self.down, -self.across * self.x - self.down * self.y])


def _coarse(points: Weights, probability: Weights, tolerance_px: float) -> _Line:
    """Direction and signed offset of the fullest cell of a Hough accumulator."""
    cell = max(2.0 * tolerance_px, 2.0)
    offsets = points @ _NORMALS
    least = float(offsets.min())
    cells = ((offsets - least) / cell).astype(np.int64)
    width = int(cells.max()) + 1
    votes = np.bincount(
        (cells + np.arange(_ANGLES) * width).ravel(),
        weights=np.repeat(probability, _ANGLES),
        minlength=_ANGLES * width,
    )
    best, column = divmod(int(np.argmax(votes)), width)
    (normal_x, normal_y), offset = _NORMALS[:, best].tolist(), least + (column + 0.5) * cell
    return _Line(offset * normal_x, offset * normal_y, normal_y, -normal_x)


def _principal(points: Weights, weights: Weights) -> _Line:
    """Line through the weighted mean along the main direction of points ``(x, y, 1)``."""
    (xx, xy, x), (_, yy, y), (_, _, whole) = ((points.T * weights) @ points).tolist()
    total = max(whole, 1e-12)
    x, y = x / total, y / total
    # The main axis of a 2 x 2 covariance in closed form: its eigenvectors by LAPACK cost five times as much.
    angle = 0.5 * math.atan2(2.0 * (xy - total * x * y), (xx - total * x * x) - (yy - total * y * y))
    return _Line(x, y, math.cos(angle), math.sin(angle))


def _axis(along: Weights, probability: Weights, line: _Line, level: float) -> Axis:
    """Shaft of the pixels near a line, from how far along it they lie."""
    shaft = probability >= level
    support = np.sort(along[shaft] if shaft.any() else along)
    outliers = int(_OUTLIERS * len(support))
    cells = np.floor(support)
    return Axis(
        centre_x=line.x,
        centre_y=line.y,
        direction_x=line.across,
        direction_y=line.down,
        first_px=float(support[outliers]),
        last_px=float(support[-1 - outliers]),
        seen_px=float(np.count_nonzero(cells[1:] != cells[:-1])) + 1.0,
        mean_probability=float(probability.mean()),
    )
