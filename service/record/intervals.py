"""Intervals of shares and medians, and agreement beyond chance; small numbers are what a site has.

References
----------
Wilson EB. J Am Stat Assoc 1927;22:209 (interval of a share).
Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas 1960;20:37.
Scott WA. Reliability of content analysis: the case of nominal scale coding. Public Opin Q 1955;19:321.
Bloch DA, Kraemer HC. 2 x 2 kappa coefficients: measures of agreement or association. Biometrics 1989;45:269.
Conover WJ. Practical Nonparametric Statistics, 3rd ed. 1999, section 3.2 (interval of a quantile from ordered values).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

_Z_95 = NormalDist().inv_cdf(0.975)
_TAIL = 0.025
_EXACT = 200
"""From more values than these the binomial distribution is taken as normal."""


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share; NaN of nothing."""
    if n == 0:
        return math.nan, math.nan
    share, z2 = hits / n, _Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return (0.0 if hits == 0 else middle - half), (1.0 if hits == n else middle + half)


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement of two beyond chance, with its 95 % interval.

    NaN where both use one and the same category throughout: agreement by chance is then certain, and nothing is beyond
    it. The interval takes the agreement by chance as known, as Cohen's own standard error and Scott's do, and Wilson's
    interval of the observed share, so that full agreement on a few cases is not stated as certain.
    """

    observed: float
    expected: float
    kappa: float
    low: float
    high: float


def cohens_kappa(table: Sequence[Sequence[int]]) -> Kappa | None:
    """Kappa of a square table of counts, ``[one reader][the other]``; None of nothing.

    By chance each of the two says what that reader says on the whole: for two readers who are the same throughout.
    """
    return _beyond_chance(table, [sum(row) for row in table], _columns(table))


def scotts_pi(table: Sequence[Sequence[int]]) -> Kappa | None:
    """Kappa of a square table of counts in which the order of the two means nothing; None of nothing.

    By chance both say what all readers together say on the whole: the same as Cohen's kappa once each pair is counted
    half in either order. Of two categories it is the intraclass kappa of Bloch and Kraemer (1989).
    """
    both = [row + column for row, column in zip(map(sum, table), _columns(table), strict=True)]
    return _beyond_chance(table, [count / 2 for count in both], [count / 2 for count in both])


def _columns(table: Sequence[Sequence[int]]) -> list[int]:
    return [sum(row[at] for row in table) for at in range(len(table))]


def _beyond_chance(table: Sequence[Sequence[int]], one: Sequence[float], other: Sequence[float]) -> Kappa | None:
    """Kappa where by chance the two say each category so often."""
    n = sum(map(sum, table))
    if n == 0:
        return None
    agreed = sum(row[at] for at, row in enumerate(table))
    expected = sum(a * b for a, b in zip(one, other, strict=True)) / n**2
    if expected == 1.0:
        return Kappa(1.0, 1.0, math.nan, math.nan, math.nan)
    low, high = wilson(agreed, n)
    kappas = [(share - expected) / (1 - expected) for share in (agreed / n, low, high)]
    return Kappa(agreed / n, expected, kappas[0], max(kappas[1], -1.0), kappas[2])


@dataclass(frozen=True, slots=True)
class Spread:
    """Median with its 95 % interval (NaN of fewer than six values), and 95th percentile."""

    n: int
    median: float
    low: float
    high: float
    p95: float


def spread_of(values: Sequence[float]) -> Spread | None:
    """Spread of some values; None of nothing."""
    ordered, n = sorted(values), len(values)
    if n == 0:
        return None
    rank = _rank(n)
    low, high = (ordered[rank - 1], ordered[n - rank]) if rank else (math.nan, math.nan)
    return Spread(n, median(ordered), low, high, _quantile(ordered, 0.95))


def _rank(n: int) -> int:
    """Greatest rank from either end that the median lies beyond with at most 2.5 %; 0 if there is none."""
    if n > _EXACT:
        return int((n - _Z_95 * math.sqrt(n)) / 2)
    beyond, rank = 0.5**n, 0
    while beyond <= _TAIL:
        rank += 1
        beyond += math.comb(n, rank) * 0.5**n
    return rank


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Quantile by linear interpolation."""
    at = share * (len(ordered) - 1)
    before = int(at)
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (at - before) * (ordered[after] - ordered[before])
