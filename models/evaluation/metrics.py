"""Every metric once: what it takes from a case, how cases are put together, and what it should reach.

Floors and goals are those the network is held to on the held-out phantom set; a metric without them is reported only.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imaging.placement import Verdict
from models.evaluation.intervals import (
    IntervalOf,
    Rows,
    Statistic,
    bootstrap,
    calibration_error,
    debiased_calibration_error,
    mean,
    median,
    of_calibration,
    of_share,
    p95,
)
from models.evaluation.scoring import CaseScore, PlacementScore
from models.evaluation.surface import Overlap

LEAST_VISIBLE_MM = 8.0
"""Visible shaft from which a needle that was not found counts as missed."""
JUDGED_FROM_MM = 2.0
"""Recess thickness from which an abstention counts: thinner ones are indeterminate by rule."""
SEEN_FROM_MM = 1.0
"""Recess thickness from which surfaces are compared."""

Takes = Callable[[CaseScore], tuple[float, ...] | None]
"""What a metric takes from a case; None where the case does not count."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; ``unit`` is empty for a number between 0 and 1, ``%`` for a share."""

    name: str
    unit: str
    takes: Takes
    statistic: Statistic = mean
    interval: IntervalOf = bootstrap
    floor: float | None = None
    goal: float | None = None
    higher_is_better: bool = True

    def rows(self, scores: Sequence[CaseScore]) -> Rows:
        """What counts, ``(n, k)``."""
        taken = [values for score in scores if (values := self.takes(score)) is not None]
        return np.array(taken, dtype=np.float64) if taken else np.zeros((0, 1))

    def reaches(self, value: float, wanted: float | None) -> bool | None:
        """Whether a value is as good as one that is wanted; None where none is, or nothing counted."""
        if wanted is None or not math.isfinite(value):
            return None
        return value >= wanted if self.higher_is_better else value <= wanted


def _dice(low_mm: float, high_mm: float = math.inf) -> Takes:
    return _recess(lambda overlap: overlap.dice, low_mm, high_mm)


def _recess(value: Callable[[Overlap], float], low_mm: float, high_mm: float = math.inf) -> Takes:
    """Value of recesses within a band of thickness; none where it is not finite."""

    def takes(score: CaseScore) -> tuple[float, ...] | None:
        recess = score.recess
        if recess is None or recess.overlap is None or not low_mm <= recess.thickness_mm < high_mm:
            return None
        found = value(recess.overlap)
        return (float(found),) if math.isfinite(found) else None

    return takes


def _false_area(score: CaseScore) -> tuple[float, ...] | None:
    recess = score.recess
    return None if recess is None or recess.overlap is not None else (recess.false_area_mm2,)


def _tip_error(score: CaseScore) -> tuple[float, ...] | None:
    error = score.needle.tip_error_mm
    return None if error is None else (error,)


def _angle_error(score: CaseScore) -> tuple[float, ...] | None:
    error = score.needle.angle_error_deg
    return None if error is None else (error,)


def _missed_needle(score: CaseScore) -> tuple[float, ...] | None:
    visible = score.needle.visible_length_mm
    return None if visible is None or visible < LEAST_VISIBLE_MM else (float(not score.needle.found),)


def _false_needle(score: CaseScore) -> tuple[float, ...] | None:
    return (float(score.needle.found),) if score.needle.visible_length_mm is None else None


def _decided(placement: PlacementScore) -> bool:
    return placement.verdict in (Verdict.INSIDE, Verdict.OUTSIDE)


def _miss_called(score: CaseScore) -> tuple[float, ...] | None:
    placed = score.placement
    if placed is None or placed.inside or not _decided(placed):
        return None
    return (float(placed.verdict is Verdict.OUTSIDE),)


def _hit_called(score: CaseScore) -> tuple[float, ...] | None:
    placed = score.placement
    if placed is None or not placed.inside or not _decided(placed):
        return None
    return (float(placed.verdict is Verdict.INSIDE),)


def _abstained(score: CaseScore) -> tuple[float, ...] | None:
    placed = score.placement
    if placed is None or placed.recess_thickness_mm < JUDGED_FROM_MM:
        return None
    return (float(not _decided(placed)),)


def probability_and_outcome(score: CaseScore) -> tuple[float, ...] | None:
    """``(p_inside, whether the tip was inside)``."""
    placed = score.placement
    return None if placed is None or placed.p_inside is None else (placed.p_inside, float(placed.inside))


def _tissue_named(score: CaseScore) -> tuple[float, ...] | None:
    placed = score.placement
    if placed is None or placed.inside or placed.verdict is not Verdict.OUTSIDE or placed.tissue is None:
        return None
    return (float(placed.tissue is placed.tissue_named),)


def _view(suprapatellar: bool) -> Takes:  # noqa: FBT001 - one of two kinds of view
    def takes(score: CaseScore) -> tuple[float, ...] | None:
        if score.suprapatellar is not suprapatellar:
            return None
        return (float(score.taken_for_suprapatellar is suprapatellar),)

    return takes


METRICS: tuple[Metric, ...] = (
    Metric("recess Dice", "", _dice(0.0)),
    Metric("recess Dice, 2 mm and more", "", _dice(JUDGED_FROM_MM)),
    Metric("recess Dice, 1 to 2 mm", "", _dice(1.0, 2.0), floor=0.55, goal=0.70),
    Metric("recess Dice, 2 to 4 mm", "", _dice(2.0, 4.0), floor=0.80, goal=0.88),
    Metric("recess Dice, 4 mm and more", "", _dice(4.0), floor=0.90, goal=0.94),
    Metric(
        "recess surface Dice at 0.5 mm", "", _recess(lambda o: o.surface_dice, SEEN_FROM_MM), floor=0.80, goal=0.90
    ),
    Metric(
        "recess mean surface distance", "mm", _recess(lambda o: o.mean_distance_mm, SEEN_FROM_MM),
        floor=0.5, goal=0.3, higher_is_better=False,
    ),
    Metric(
        "recess missed, 2 mm and more", "%", _recess(lambda o: o.dice == 0.0, JUDGED_FROM_MM),
        interval=of_share, higher_is_better=False,
    ),
    Metric(
        "false recess area where there is none", "mm²", _false_area, floor=10.0, goal=3.0, higher_is_better=False
    ),
    Metric("tip error, median", "mm", _tip_error, median, floor=0.8, goal=0.5, higher_is_better=False),
    Metric("tip error, 95th percentile", "mm", _tip_error, p95, floor=4.0, goal=1.5, higher_is_better=False),
    Metric("shaft angle error, median", "°", _angle_error, median, floor=2.0, goal=0.7, higher_is_better=False),
    Metric(
        "missed needles, 8 mm visible and more", "%", _missed_needle,
        interval=of_share, floor=0.08, goal=0.02, higher_is_better=False,
    ),
    Metric(
        "false needles", "%", _false_needle, interval=of_share, floor=0.05, goal=0.01, higher_is_better=False
    ),
    Metric(
        "sensitivity for misses, decided frames", "%", _miss_called, interval=of_share, floor=0.90, goal=0.95
    ),
    Metric("specificity, decided frames", "%", _hit_called, interval=of_share, floor=0.95, goal=0.98),
    Metric(
        "abstention, recess 2 mm and more", "%", _abstained,
        interval=of_share, floor=0.35, goal=0.20, higher_is_better=False,
    ),
    Metric(
        "calibration error of p_inside", "", probability_and_outcome, debiased_calibration_error,
        interval=of_calibration, floor=0.08, goal=0.03, higher_is_better=False,
    ),
    Metric(
        "calibration error of p_inside, chance not taken off", "", probability_and_outcome, calibration_error,
        higher_is_better=False,
    ),
    Metric(
        "tissue named correctly when outside", "%", _tissue_named, interval=of_share, floor=0.75, goal=0.90
    ),
    Metric("suprapatellar views recognised", "%", _view(suprapatellar=True), interval=of_share),
    Metric("other views rejected", "%", _view(suprapatellar=False), interval=of_share),
)  # fmt: skip


def metric(name: str) -> Metric:
    """Metric by name."""
    return next(each for each in METRICS if each.name == name)


_ON_REAL_FRAMES: dict[str, tuple[float, float | None]] = {
    "recess Dice": (0.75, 0.85),
    "false recess area where there is none": (15.0, None),
    "tip error, median": (1.5, 0.8),
    "shaft angle error, median": (2.0, None),
}


def real_frame_metrics() -> tuple[Metric, ...]:
    """Every metric with what it should reach on real frames, which are labelled less exactly than a phantom is."""
    wanted = [(each, *_ON_REAL_FRAMES.get(each.name, (None, None))) for each in METRICS]
    return tuple(replace(each, floor=floor, goal=goal) for each, floor, goal in wanted)
