"""Figures split by what a case is like: which frames a network is good on, and which not."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.metrics import LEAST_VISIBLE_MM, metric
from models.evaluation.report import Figure, figures
from models.evaluation.scoring import CaseScore

Number = Callable[[CaseScore], float | None]
_TERTILES = (100.0 / 3.0, 200.0 / 3.0)
_RECESS = ("recess Dice, 2 mm and more", "recess surface Dice at 0.5 mm", "recess missed, 2 mm and more")
_NEEDLE = (
    "tip error, median",
    "tip error, 95th percentile",
    "shaft angle error, median",
    "missed needles, 8 mm visible and more",
)
_VERDICT = (
    "sensitivity for misses, decided frames",
    "specificity, decided frames",
    "abstention, recess 2 mm and more",
)
_FALSE = ("false recess area where there is none", "false needles")


@dataclass(frozen=True, slots=True)
class Stratum:
    """Cases that are alike in one respect, with their figures."""

    label: str
    cases: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All strata of one respect."""

    respect: str
    strata: tuple[Stratum, ...]


def tables(scores: Sequence[CaseScore]) -> tuple[Table, ...]:
    """Every table for which at least two strata hold a case."""
    made = [Table(respect, tuple(_strata(scores, split, names))) for respect, split, names in _SPLITS]
    return tuple(table for table in made if len(table.strata) > 1)


Split = Callable[[Sequence[CaseScore]], list[tuple[str, Callable[[CaseScore], bool]]]]


def _strata(scores: Sequence[CaseScore], split: Split, names: Sequence[str]) -> list[Stratum]:
    chosen = [(label, [score for score in scores if keeps(score)]) for label, keeps in split(scores)]
    wanted = [metric(name) for name in names]
    return [Stratum(label, len(kept), figures(kept, wanted)) for label, kept in chosen if kept]


def _thickness_mm(score: CaseScore) -> float | None:
    return None if score.recess is None or score.recess.overlap is None else score.recess.thickness_mm


def _visible_mm(score: CaseScore) -> float | None:
    return score.needle.visible_length_mm


def _bands(number: Number, edges: Sequence[float], unit: str) -> Split:
    """Half-open bands between edges, the last one without an end."""
    limits = list(itertools.pairwise((*edges, math.inf)))

    def split(_: Sequence[CaseScore]) -> list[tuple[str, Callable[[CaseScore], bool]]]:
        return [(_band(low, high, unit), _within(number, low, high)) for low, high in limits]

    return split


def _tertiles(number: Number, unit: str) -> Split:
    """Three bands with as many cases each, their edges taken from the cases themselves."""

    def split(scores: Sequence[CaseScore]) -> list[tuple[str, Callable[[CaseScore], bool]]]:
        known = [value for score in scores if (value := number(score)) is not None]
        if not known:
            return []
        edges = [-math.inf, *(float(edge) for edge in np.percentile(known, _TERTILES)), math.inf]
        return [(_band(low, high, unit), _within(number, low, high)) for low, high in itertools.pairwise(edges)]

    return split


def _band(low: float, high: float, unit: str) -> str:
    if math.isinf(low):
        return f"below {high:.3g} {unit}"
    return f"{low:.3g} {unit} and more" if math.isinf(high) else f"{low:.3g} to {high:.3g} {unit}"


def _within(number: Number, low: float, high: float) -> Callable[[CaseScore], bool]:
    def keeps(score: CaseScore) -> bool:
        value = number(score)
        return value is not None and low <= value < high

    return keeps


def _kinds(kind: Callable[[CaseScore], object], labels: dict[object, str] | None = None) -> Split:
    """One stratum per value, smallest first; None is no value."""

    def split(scores: Sequence[CaseScore]) -> list[tuple[str, Callable[[CaseScore], bool]]]:
        values = sorted({value for score in scores if (value := kind(score)) is not None}, key=str)
        return [((labels or {}).get(value, str(value)), _is(kind, value)) for value in values]

    return split


def _is(kind: Callable[[CaseScore], object], value: object) -> Callable[[CaseScore], bool]:
    return lambda score: kind(score) == value


_SPLITS: tuple[tuple[str, Split, tuple[str, ...]], ...] = (
    (
        "recess thickness",
        _bands(_thickness_mm, (0.5, 1.0, 2.0, 4.0, 8.0), "mm"),
        ("recess Dice", *_RECESS[1:], *_VERDICT),
    ),
    ("needle angle to the probe face", _bands(lambda s: s.traits.angle_deg, (0, 15, 30, 45), "°"), _NEEDLE + _VERDICT),
    ("needle gauge", _kinds(lambda s: s.traits.gauge), _NEEDLE),
    ("visible length of the needle", _bands(_visible_mm, (0.0, LEAST_VISIBLE_MM, 15.0, 30.0), "mm"), _NEEDLE),
    (
        "visibility of the tip",
        _kinds(lambda s: s.traits.tip_visible, {True: "tip visible", False: "tip hidden"}),
        ("shaft angle error, median", "missed needles, 8 mm visible and more"),
    ),
    ("view", _kinds(lambda s: s.traits.view), (*_RECESS, *_FALSE, *_NEEDLE)),
    (
        "vendor style: dynamic range of the display",
        _tertiles(lambda s: s.traits.dynamic_range_db, "dB"),
        (*_RECESS[:2], *_FALSE, *_NEEDLE[:1], _NEEDLE[-1]),
    ),
    (
        "vendor style: width of the beam (speckle size)",
        _tertiles(lambda s: s.traits.speckle_mm, "mm"),
        (*_RECESS[:2], *_FALSE, *_NEEDLE[:1], _NEEDLE[-1]),
    ),
    (
        "vendor style: furniture",
        _kinds(lambda s: s.traits.full_screen, {True: "full screen", False: "B-mode picture alone"}),
        (*_RECESS[:2], *_FALSE, *_NEEDLE[:1], _NEEDLE[-1]),
    ),
)
