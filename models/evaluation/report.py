"""Figures over many cases, each with its interval and with what it should reach."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from imaging.segmentation import ModelIdentity
from models.evaluation.metrics import METRICS, Metric
from models.evaluation.scoring import CaseScore


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its interval at 95 %; NaN where there was nothing to count."""

    name: str
    unit: str
    value: float
    low: float
    high: float
    n: int

    def text(self) -> str:
        """Value and interval for people."""
        if not self.n:
            return "–"
        return f"{self.plain(self.value)} {self.unit} ({self.plain(self.low)} to {self.plain(self.high)})".replace(
            "  ", " "
        )

    def plain(self, value: float) -> str:
        """A value of this figure as people write it, without its unit."""
        if not math.isfinite(value):
            return "–"
        digits = 1 if self.unit in {"%", "mm²", "°"} else 3 if not self.unit else 2
        return f"{100.0 * value if self.unit == '%' else value:.{digits}f}"


@dataclass(frozen=True)
class Report:
    """Figures of one model on one set of cases.

    Parameters
    ----------
    source
        What was judged, in words.
    cases
        How many.
    """

    source: str
    cases: int
    model: ModelIdentity
    rules_sha256: str
    figures: tuple[Figure, ...]

    def rows(self) -> list[tuple[str, str, int]]:
        """Metric, value with interval, number of cases that it rests on."""
        return [(figure.name, figure.text(), figure.n) for figure in self.figures]

    def to_dict(self) -> dict[str, object]:
        """Everything, for JSON: what could not be counted is None."""
        return {
            "source": self.source,
            "cases": self.cases,
            "model": {"name": self.model.name, "version": self.model.version, "sha256": self.model.sha256},
            "rules_sha256": self.rules_sha256,
            "figures": [figure_dict(figure) for figure in self.figures],
        }

    def __getitem__(self, name: str) -> Figure:
        """Figure by name."""
        return next(figure for figure in self.figures if figure.name == name)


def figure_dict(figure: Figure) -> dict[str, object]:
    """Figure for JSON."""
    return {
        "name": figure.name,
        "unit": figure.unit,
        "value": _finite(figure.value),
        "interval_95": [_finite(figure.low), _finite(figure.high)],
        "n": figure.n,
    }


def _finite(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None


def figure(metric: Metric, scores: Sequence[CaseScore]) -> Figure:
    """One metric over the cases that count for it."""
    rows = metric.rows(scores)
    if not len(rows):
        return Figure(metric.name, metric.unit, math.nan, math.nan, math.nan, 0)
    interval = metric.interval(rows, metric.statistic)
    return Figure(metric.name, metric.unit, metric.statistic(rows), interval.low, interval.high, len(rows))


def figures(scores: Sequence[CaseScore], metrics: Sequence[Metric] = METRICS) -> tuple[Figure, ...]:
    """Every figure, in the order in which people ask for them."""
    return tuple(figure(metric, scores) for metric in metrics)
