"""Figures over many cases, each with a bootstrap interval."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.placement import Verdict
from imaging.segmentation import ModelIdentity
from models.evaluation.scoring import CaseScore, PlacementScore, RecessScore

Values = npt.NDArray[np.float64]
Statistic = Callable[[Values], float]

_RESAMPLES = 500
_SEED = 20_240
LEAST_VISIBLE_MM = 8.0
"""Visible shaft from which a needle that was not found counts as missed."""
JUDGED_FROM_MM = 2.0
"""Recess thickness from which an abstention counts: thinner ones are indeterminate by rule."""
BANDS_MM = ((1.0, 2.0), (2.0, 4.0), (4.0, math.inf))


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its 95 % bootstrap interval; NaN where there was nothing to count."""

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
        digits = 1 if self.unit in {"%", "mm²", "°"} else 3 if not self.unit else 2
        scale = 100.0 if self.unit == "%" else 1.0
        value, low, high = (f"{scale * number:.{digits}f}" for number in (self.value, self.low, self.high))
        return f"{value} {self.unit} ({low} to {high})".replace("  ", " ")


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
            "figures": [
                {
                    "name": figure.name,
                    "unit": figure.unit,
                    "value": _finite(figure.value),
                    "interval_95": [_finite(figure.low), _finite(figure.high)],
                    "n": figure.n,
                }
                for figure in self.figures
            ],
        }

    def __getitem__(self, name: str) -> Figure:
        """Figure by name."""
        return next(figure for figure in self.figures if figure.name == name)


def _finite(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None


def figure(name: str, unit: str, values: Sequence[float], statistic: Statistic = np.mean) -> Figure:
    """Statistic of the values, resampled for its interval."""
    numbers = np.asarray(values, dtype=np.float64)
    if not numbers.size:
        return Figure(name, unit, math.nan, math.nan, math.nan, 0)
    random = np.random.default_rng(_SEED)
    draws = random.integers(0, numbers.size, (_RESAMPLES, numbers.size))
    resampled = [float(statistic(numbers[draw])) for draw in draws]
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Figure(name, unit, float(statistic(numbers)), float(low), float(high), numbers.size)


def p95(values: Values) -> float:
    """95th percentile."""
    return float(np.percentile(values, 95))


def figures(scores: Sequence[CaseScore]) -> tuple[Figure, ...]:
    """Every figure, in the order in which people ask for them."""
    recesses = [s.recess for s in scores if s.recess is not None]
    placements = [s.placement for s in scores if s.placement is not None]
    return (*recess_figures(recesses), *needle_figures(scores), *placement_figures(placements), *view_figures(scores))


def recess_figures(scores: Sequence[RecessScore]) -> list[Figure]:
    """Overlap by thickness, surface agreement, false area."""
    present = [(s.thickness_mm, s.overlap) for s in scores if s.overlap is not None]
    out = [figure("recess Dice", "", [o.dice for _, o in present])]
    bands = ((JUDGED_FROM_MM, math.inf), *BANDS_MM)
    for low, high in bands:
        band = f"{low:g} mm and more" if high == math.inf else f"{low:g} to {high:g} mm"
        out.append(figure(f"recess Dice, {band}", "", [o.dice for t, o in present if low <= t < high]))
    judged = [o for t, o in present if t >= BANDS_MM[0][0]]
    out.append(figure("recess surface Dice at 0.5 mm", "", [o.surface_dice for o in judged]))
    distances = [o.mean_distance_mm for o in judged if math.isfinite(o.mean_distance_mm)]
    out.append(figure("recess mean surface distance", "mm", distances))
    out.append(figure("recess missed, 2 mm and more", "%", [o.dice == 0.0 for t, o in present if t >= JUDGED_FROM_MM]))
    none = [s.false_area_mm2 for s in scores if s.overlap is None]
    return [*out, figure("false recess area where there is none", "mm²", none)]


def needle_figures(scores: Sequence[CaseScore]) -> list[Figure]:
    """Tip and shaft errors, missed and false needles."""
    needles = [s.needle for s in scores]
    tips = [n.tip_error_mm for n in needles if n.tip_error_mm is not None]
    angles = [n.angle_error_deg for n in needles if n.angle_error_deg is not None]
    there = [n for n in needles if n.visible_length_mm is not None and n.visible_length_mm >= LEAST_VISIBLE_MM]
    none = [n for n in needles if n.visible_length_mm is None]
    return [
        figure("tip error, median", "mm", tips, np.median),
        figure("tip error, 95th percentile", "mm", tips, p95),
        figure("shaft angle error, median", "°", angles, np.median),
        figure("missed needles, 8 mm visible and more", "%", [not n.found for n in there]),
        figure("false needles", "%", [n.found for n in none]),
    ]


def placement_figures(scores: Sequence[PlacementScore]) -> list[Figure]:
    """In and out at decided frames, abstention, calibration, tissue."""
    decided = [s for s in scores if s.verdict in (Verdict.INSIDE, Verdict.OUTSIDE)]
    missed = [s.verdict is Verdict.OUTSIDE for s in decided if not s.inside]
    placed = [s.verdict is Verdict.INSIDE for s in decided if s.inside]
    judgeable = [s for s in scores if s.recess_thickness_mm >= JUDGED_FROM_MM]
    abstained = [s.verdict not in (Verdict.INSIDE, Verdict.OUTSIDE) for s in judgeable]
    known = [(s.p_inside, s.inside) for s in scores if s.p_inside is not None]
    tissues = [
        s.tissue is s.tissue_named
        for s in decided
        if not s.inside and s.verdict is Verdict.OUTSIDE and s.tissue is not None
    ]
    return [
        figure("sensitivity for misses, decided frames", "%", missed),
        figure("specificity, decided frames", "%", placed),
        figure("abstention, recess 2 mm and more", "%", abstained),
        calibration_figure(known),
        figure("tissue named correctly when outside", "%", tissues),
    ]


def view_figures(scores: Sequence[CaseScore]) -> list[Figure]:
    """Whether the view was told from others."""
    right = [s.taken_for_suprapatellar for s in scores if s.suprapatellar is True]
    wrong = [not s.taken_for_suprapatellar for s in scores if s.suprapatellar is False]
    return [
        figure("suprapatellar views recognised", "%", right),
        figure("other views rejected", "%", wrong),
    ]


def calibration_figure(known: Sequence[tuple[float, bool]], bins: int = 10) -> Figure:
    """Expected calibration error of ``p_inside`` over bins of equal width.

    References
    ----------
    Naeini MP, Cooper GF, Hauskrecht M. Obtaining well calibrated probabilities using Bayesian binning. AAAI 2015.
    """
    pairs = np.array([(p, float(inside)) for p, inside in known]).reshape(-1, 2)

    def error(index: Values) -> float:
        chosen = pairs[index.astype(np.int64)]
        which = np.minimum((chosen[:, 0] * bins).astype(np.int64), bins - 1)
        gap = np.bincount(which, chosen[:, 0] - chosen[:, 1], minlength=bins)
        return float(np.abs(gap).sum() / len(chosen))

    return figure("calibration error of p_inside", "", list(range(len(pairs))), error)
