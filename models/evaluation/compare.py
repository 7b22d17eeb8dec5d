"""Two models on the same cases: the difference of each metric, with an interval from resampling the cases in pairs.

What a metric leaves out differs between models (an undecided frame, a needle that was not found), so cases are
resampled first and each model's figure is taken of those that count for it.

References
----------
Efron B, Tibshirani RJ. An introduction to the bootstrap. 1993, chapter 8.4 (two samples in pairs).
"""

import math
from collections.abc import Sequence

import numpy as np

from models.evaluation.intervals import RESAMPLES, Rows
from models.evaluation.metrics import METRICS, Metric
from models.evaluation.report import Figure
from models.evaluation.scoring import CaseScore

_SEED = 20_241


def differences(one: Sequence[CaseScore], other: Sequence[CaseScore]) -> tuple[Figure, ...]:
    """For each metric, the other model's figure less the one's; ``n`` is how many cases count for both.

    Raises
    ------
    ValueError
        If the two were not scored on the same cases.
    """
    if [score.name for score in one] != [score.name for score in other]:
        msg = f"{len(one)} and {len(other)} scores are not of the same cases in the same order"
        raise ValueError(msg)
    return tuple(_difference(metric, one, other) for metric in METRICS)


def better(figure: Figure, higher_is_better: bool) -> bool | None:  # noqa: FBT001 - a property of the metric
    """Whether the other model is better (True), worse (False), or the interval holds 0 (None)."""
    if not figure.n or figure.low <= 0.0 <= figure.high:
        return None
    return (figure.low > 0.0) is higher_is_better


def _difference(metric: Metric, one: Sequence[CaseScore], other: Sequence[CaseScore]) -> Figure:
    rows, counts = zip(*(_table(metric, scores) for scores in (one, other)), strict=True)
    both = int(np.count_nonzero(counts[0] & counts[1]))
    if not counts[0].any() or not counts[1].any():
        return Figure(metric.name, metric.unit, math.nan, math.nan, math.nan, 0)
    value = metric.statistic(rows[1][counts[1]]) - metric.statistic(rows[0][counts[0]])
    draws = np.random.default_rng(_SEED).integers(0, len(one), (RESAMPLES, len(one)))
    resampled = [
        metric.statistic(rows[1][draw][counts[1][draw]]) - metric.statistic(rows[0][draw][counts[0][draw]])
        for draw in draws
        if counts[0][draw].any() and counts[1][draw].any()
    ]
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Figure(metric.name, metric.unit, value, float(low), float(high), both)


def _table(metric: Metric, scores: Sequence[CaseScore]) -> tuple[Rows, np.ndarray]:
    """One row per case, and which cases count."""
    taken = [metric.takes(score) for score in scores]
    width = next((len(values) for values in taken if values is not None), 1)
    rows = np.array([(0.0,) * width if values is None else values for values in taken], dtype=np.float64)
    return rows, np.array([values is not None for values in taken], dtype=bool)
