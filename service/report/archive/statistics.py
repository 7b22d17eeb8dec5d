"""Statistics of an archive report: intervals, funnel limits, CUSUM and drift. Needs the extra ``report`` (SciPy).

References
----------
Wilson EB. J Am Stat Assoc 1927;22:209; Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101 (interval of a share).
Spiegelhalter DJ. Funnel plots for comparing institutional performance. Stat Med 2005;24:1185 (exact limits, A.1.1).
Steiner SH, Cook RJ, Farewell VT, Treasure T. Biostatistics 2000;1:441 (CUSUM of log-likelihood ratios).
Brook D, Evans DA. Biometrika 1972;59:539 (run length of a CUSUM from a Markov chain).
Yurdakul B, Naranjo J. Statistical properties of the population stability index. J Risk Model Valid 2020;14(4):89.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from imaging.errors import MissingExtra
from service.record.intervals import wilson

try:
    from scipy import stats
except ModuleNotFoundError as missing:  # pragma: no cover - depends on what is installed
    raise MissingExtra(extra="report", purpose="the figures of an archive") from missing

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

BINS = 10
_LEAST_COUNT = 0.5
"""A bin that one side leaves empty counts as half a case: the index stays finite, and one empty bin is no drift."""
_STATES = 240
_BY_CHANCE = 0.995


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval by Wilson; without any cases there is none."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself; NaN of nothing."""
        return self.hits / self.n if self.n else math.nan


def share_of(hits: int, n: int) -> Share:
    """Share and its interval."""
    if n == 0:
        return Share(0, 0, math.nan, math.nan)
    return Share(hits, n, *wilson(hits, n))


def funnel_limits(centre: float, n: Counts, tail: float) -> tuple[Numbers, Numbers]:
    """Lower and upper limits of a share around ``centre`` by numbers of cases, ``tail`` beyond each.

    Exact binomial limits, interpolated between whole numbers of events (Spiegelhalter 2005): lines to draw. Cases come
    whole, so that a share may lie outside of a line by far more than ``tail``; `is_beyond` tells what lies beyond.
    """
    return _limit(centre, n, tail), _limit(centre, n, 1.0 - tail)


def is_beyond(hits: int, n: int, centre: float, tail: float) -> bool:
    """Whether so few hits, or so many, have a chance below ``tail`` around ``centre``: the exact binomial tails."""
    fewer, more = stats.binom.cdf(hits, n, centre), stats.binom.sf(hits - 1, n, centre)
    return bool(min(fewer, more) < tail)


def _limit(centre: float, n: Counts, quantile: float) -> Numbers:
    events = stats.binom.ppf(quantile, n, centre)
    reached = stats.binom.cdf(events, n, centre)
    weight = stats.binom.pmf(events, n, centre)
    step = np.divide(reached - quantile, weight, out=np.zeros_like(reached), where=weight > 0)
    return np.asarray(np.clip((events - step) / n, 0.0, 1.0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class CusumRule:
    """Acceptable and unacceptable rates of misses, and the run without cause that a limit should allow.

    Parameters
    ----------
    acceptable
        Rate under which the chart stays low: 4 %, the published share of guided injections that miss.
    unacceptable
        Rate that it is to find: 12 %, three times as many.
    run_length
        Mean number of procedures until a false alarm, at the acceptable rate.
    """

    acceptable: float = 0.04
    unacceptable: float = 0.12
    run_length: int = 500

    @property
    def steps(self) -> tuple[float, float]:
        """What a hit takes off, and what a miss adds: logarithms of likelihood ratios."""
        hit = math.log((1.0 - self.unacceptable) / (1.0 - self.acceptable))
        return hit, math.log(self.unacceptable / self.acceptable)

    @property
    def limit(self) -> float:
        """Height at which the chart alarms."""
        return _limit_of(self)


@cache
def _limit_of(rule: CusumRule) -> float:
    """Smallest limit with the run length, to 0.01."""
    low, high = 0.5, 12.0
    while high - low > 0.005:
        middle = (low + high) / 2
        low, high = (
            (low, middle) if mean_run_length(rule, middle, rule.acceptable) >= rule.run_length else (middle, high)
        )
    return round(high, 2)


def mean_run_length(rule: CusumRule, limit: float, rate: float) -> float:
    """Mean number of procedures until the chart alarms, where this share misses (Brook and Evans 1972)."""
    width = limit / _STATES
    middles = (np.arange(_STATES) + 0.5) * width
    middles[0] = 0.0
    stay = np.zeros((_STATES, _STATES))
    for step, chance in zip(rule.steps, (1.0 - rate, rate), strict=True):
        to = np.floor(np.maximum(middles + step, 0.0) / width).astype(int)
        inside = np.flatnonzero(to < _STATES)
        np.add.at(stay, (inside, to[inside]), chance)
    return float(np.linalg.solve(np.eye(_STATES) - stay, np.ones(_STATES))[0])


def cusum(misses: npt.NDArray[np.bool_], rule: CusumRule) -> Numbers:
    """Chart after each procedure; it never falls below 0, and starts again after an alarm."""
    hit, miss = rule.steps
    height, heights = 0.0, np.empty(len(misses))
    for at, missed in enumerate(misses):
        height = max((0.0 if height >= rule.limit else height) + (miss if missed else hit), 0.0)
        heights[at] = height
    return heights


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a distribution has moved from a reference.

    Parameters
    ----------
    index
        Population stability index.
    by_chance
        What it stays under in 199 of 200 cases where nothing has moved: a report asks of a dozen numbers.
    ks
        Greatest distance of the cumulative distributions; None of categories.
    """

    index: float
    by_chance: float
    ks: float | None

    @property
    def level(self) -> Literal["none", "moderate", "large"]:
        """Customary words: above 0.1 a shift, above 0.25 a large one; none that chance explains."""
        if self.index <= max(self.by_chance, 0.1):
            return "none"
        return "large" if self.index > 0.25 else "moderate"


def drift_of_numbers(reference: Numbers, present: Numbers) -> Drift:
    """Drift of a number: bins are the reference's tenths, what is not known is a bin of its own."""
    known, now = reference[np.isfinite(reference)], present[np.isfinite(present)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if known.size else np.empty(0)
    before = np.append(
        np.bincount(np.searchsorted(edges, known), minlength=len(edges) + 1), reference.size - known.size
    )
    after = np.append(np.bincount(np.searchsorted(edges, now), minlength=len(edges) + 1), present.size - now.size)
    ks = float(stats.ks_2samp(known, now).statistic) if known.size and now.size else None
    return _drift(before, after, ks)


def drift_of_codes(reference: Counts, present: Counts) -> Drift:
    """Drift of categories from how often each was seen before and now."""
    return _drift(reference, present, None)


def _drift(before: Counts, after: Counts, ks: float | None) -> Drift:
    used = (before > 0) | (after > 0)
    b, a = (np.maximum(count[used], _LEAST_COUNT) / count.sum() for count in (before, after))
    chance = stats.chi2.ppf(_BY_CHANCE, max(int(used.sum()) - 1, 1)) * (1.0 / before.sum() + 1.0 / after.sum())
    return Drift(float(np.sum((a - b) * np.log(a / b))), float(chance), ks)


def chance_of_a_real_miss(prevalence: float, sensitivity: float, specificity: float) -> float:
    """Share of the called misses that are misses (positive predictive value)."""
    called = sensitivity * prevalence + (1.0 - specificity) * (1.0 - prevalence)
    return sensitivity * prevalence / called
