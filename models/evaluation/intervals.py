"""How sure a figure is: intervals at 95 % for any statistic, for shares, and for the calibration error.

References
----------
Efron B, Tibshirani RJ. An introduction to the bootstrap. 1993 (percentile interval, chapter 13).
Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. Stat Sci 2001;16:101 (Wilson's interval).
Naeini MP, Cooper GF, Hauskrecht M. Obtaining well calibrated probabilities using Bayesian binning. AAAI 2015 (ECE).
Kumar A, Liang P, Ma T. Verified uncertainty calibration. NeurIPS 2019 (debiased estimate, appendix on the L1 error).
Bröcker J, Smith LA. Increasing the reliability of reliability diagrams. Weather Forecast 2007;22:651 (resampling the
outcomes from the probabilities themselves).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]
"""What a metric takes from each case that counts, ``(n, k)``."""
Statistic = Callable[[Rows], float]

RESAMPLES = 500
BINS = 10
_SEED = 20_240
_LOW, _HIGH = 2.5, 97.5
_Z = 1.959964
_NOISE = np.random.default_rng(_SEED).standard_normal((200, BINS))


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true value lies, at 95 %."""

    low: float
    high: float


IntervalOf = Callable[[Rows, Statistic], Interval]


def mean(rows: Rows) -> float:
    """Mean of the first column."""
    return float(rows[:, 0].mean())


def median(rows: Rows) -> float:
    """Median of the first column."""
    return float(np.median(rows[:, 0]))


def p95(rows: Rows) -> float:
    """95th percentile of the first column."""
    return float(np.percentile(rows[:, 0], 95))


_OF_MANY: dict[Statistic, Callable[[Rows], Rows]] = {
    mean: lambda samples: samples.mean(axis=1),
    median: lambda samples: np.median(samples, axis=1),
    p95: lambda samples: np.percentile(samples, 95, axis=1),
}
"""The same statistics of many samples at once, one a row: ten times as fast."""


def resamples(rows: Rows, statistic: Statistic, count: int = RESAMPLES) -> npt.NDArray[np.float64]:
    """Statistic of so many samples drawn from the rows with replacement; the same rows give the same values."""
    draws = np.random.default_rng(_SEED).integers(0, len(rows), (count, len(rows)))
    if statistic in _OF_MANY:
        return np.asarray(_OF_MANY[statistic](rows[draws, 0]), dtype=np.float64)
    return np.array([statistic(rows[draw]) for draw in draws])


def bootstrap(rows: Rows, statistic: Statistic) -> Interval:
    """Percentile interval."""
    low, high = np.percentile(resamples(rows, statistic), [_LOW, _HIGH])
    return Interval(float(low), float(high))


def of_share(rows: Rows, statistic: Statistic) -> Interval:
    """Percentile interval of a share; Wilson's where all cases agree, of which every resample is alike."""
    hits, n = float(rows[:, 0].sum()), len(rows)
    if 0.0 < hits < n:
        return bootstrap(rows, statistic)
    share, shrink = hits / n, 1.0 + _Z**2 / n
    middle = (share + _Z**2 / (2 * n)) / shrink
    half = _Z * math.sqrt(share * (1.0 - share) / n + _Z**2 / (4 * n**2)) / shrink
    return Interval(max(middle - half, 0.0), min(middle + half, 1.0))


def calibration_error(rows: Rows) -> float:
    """Expected calibration error over ten bins of equal width; rows are ``(probability, outcome)``.

    Chance alone makes it positive: with 140 cases and perfect probabilities it is about 0.07.
    """
    gap, _, weight = _bins(rows)
    return float(np.abs(gap) @ weight)


def debiased_calibration_error(rows: Rows) -> float:
    """`calibration_error` less what chance adds to it, never below 0 (Kumar 2019)."""
    gap, spread, weight = _bins(rows)
    plain = float(np.abs(gap) @ weight)
    noisy = float((np.abs(gap + _NOISE[:, : len(gap)] * spread) @ weight).mean())
    return max(2.0 * plain - noisy, 0.0)


def of_calibration(rows: Rows, statistic: Statistic) -> Interval:
    """Interval of the calibration error around its debiased estimate.

    A resample repeats cases and so adds chance once more; the percentiles are moved back by the mean of what that adds.
    The interval reaches 0 where outcomes drawn from the probabilities themselves give as large an error in more than
    one of forty. On simulated cases (n 140 to 1,500, true error 0 to 0.14) it held the truth in 91 to 99 %.
    """
    value, resampled = statistic(rows), resamples(rows, statistic)
    low, high = np.percentile(resampled - (float(resampled.mean()) - value), [_LOW, _HIGH])
    by_chance = np.percentile(_errors_by_chance(rows), _HIGH)
    reaches_zero = calibration_error(rows) <= by_chance
    return Interval(0.0 if reaches_zero else max(float(low), 0.0), max(float(high), 0.0))


def _errors_by_chance(rows: Rows, count: int = 200) -> list[float]:
    """Calibration errors of perfect probabilities: outcomes drawn from the probabilities themselves."""
    drawn = np.random.default_rng(_SEED).random((count, len(rows))) < rows[:, 0]
    return [calibration_error(np.column_stack([rows[:, 0], outcome])) for outcome in drawn]


def _bins(rows: Rows) -> tuple[Rows, Rows, Rows]:
    """For each bin that is not empty: probability less outcome, spread of the mean outcome, share of the cases."""
    which = bin_of(rows[:, 0])
    count = np.bincount(which, minlength=BINS)
    filled = count > 0
    n = count[filled]
    gap = np.bincount(which, rows[:, 0] - rows[:, 1], minlength=BINS)[filled] / n
    share = np.bincount(which, rows[:, 1], minlength=BINS)[filled] / n
    return gap, np.sqrt(share * (1.0 - share) / n), n / len(rows)


def bin_of(probability: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Bin of each probability: ten of equal width, the last one closed."""
    return np.minimum((probability * BINS).astype(np.int64), BINS - 1)
