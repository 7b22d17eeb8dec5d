"""A straight shaft through a map of needle probability, fitted so that bright lines beside it do not pull it."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.segmentation import FloatMap

_ANGLES = 36
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
    rows, columns = np.divmod(likely, needle.shape[1])
    points = np.column_stack([columns, rows]).astype(np.float64)
    thin = slice(None, None, max(len(points) // _VOTERS, 1))
    direction, offset = _coarse(points[thin], probability[thin], tolerance_px)
    for _ in range(_ROUNDS):
        distance = np.abs(points @ np.array([-direction[1], direction[0]]) - offset)
        weights = probability / (1.0 + (distance / tolerance_px) ** 2) * (distance < 4.0 * tolerance_px)
        centre, direction = _principal(points, weights)
        offset = float(centre[1] * direction[0] - centre[0] * direction[1])
    near = np.abs(points @ np.array([-direction[1], direction[0]]) - offset) < 2.0 * tolerance_px
    return _axis(points[near], probability[near], centre, direction, level) if near.sum() >= 3 else None


def _coarse(points: Weights, probability: Weights, tolerance_px: float) -> tuple[Weights, float]:
    """Direction and signed offset of the fullest cell of a Hough accumulator."""
    angles = np.arange(_ANGLES) * (math.pi / _ANGLES)
    normals = np.column_stack([-np.sin(angles), np.cos(angles)])
    cell = max(2.0 * tolerance_px, 2.0)
    offsets = points @ normals.T
    cells = np.floor((offsets - offsets.min()) / cell).astype(np.int64)
    width = int(cells.max()) + 1
    votes = np.bincount(
        (cells + np.arange(_ANGLES) * width).ravel(),
        weights=np.repeat(probability, _ANGLES),
        minlength=_ANGLES * width,
    )
    best, column = divmod(int(np.argmax(votes)), width)
    normal = normals[best]
    return np.array([normal[1], -normal[0]]), float(offsets.min() + (column + 0.5) * cell)


def _principal(points: Weights, weights: Weights) -> tuple[Weights, Weights]:
    """Weighted mean and main direction."""
    total = max(float(weights.sum()), 1e-12)
    centre = weights @ points / total
    away = points - centre
    (xx, xy), (_, yy) = (away * weights[:, None]).T @ away
    # The main axis of a 2 x 2 covariance in closed form: its eigenvectors by LAPACK cost five times as much.
    angle = 0.5 * math.atan2(2.0 * float(xy), float(xx - yy))
    return centre, np.array([math.cos(angle), math.sin(angle)])


def _axis(points: Weights, probability: Weights, centre: Weights, direction: Weights, level: float) -> Axis:
    along = (points - centre) @ direction
    shaft = probability >= level
    support = np.sort(along[shaft] if shaft.any() else along)
    outliers = int(_OUTLIERS * len(support))
    return Axis(
        centre_x=float(centre[0]),
        centre_y=float(centre[1]),
        direction_x=float(direction[0]),
        direction_y=float(direction[1]),
        first_px=float(support[outliers]),
        last_px=float(support[-1 - outliers]),
        seen_px=float(np.count_nonzero(np.diff(np.floor(support)))) + 1.0,
        mean_probability=float(probability.mean()),
    )
