"""What is fitted after training, on validation seeds: the correction of ``p_inside`` and two operating points."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.analysis import analyse
from imaging.segmentation import ProbabilityCalibration, Segmenter
from models.evaluation.cases import phantom_cases
from models.phantom import Physics

_BOUND = 0.002
_LEVELS = np.arange(5, 96, 5) / 100.0
_VIEWS_KEPT = 0.98


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores from which a view is taken for suprapatellar and a needle for present."""

    view: float = 0.5
    needle: float = 0.5


@dataclass(frozen=True, slots=True)
class Observation:
    """Scores of one validation frame beside the truth.

    ``p_inside`` is None where the rules give none, ``inside`` where no tip can be seen: the correction is fitted on the
    frames on which it is used.
    """

    p_inside: float | None
    inside: bool | None
    view_score: float
    suprapatellar: bool
    needle_score: float
    needle: bool


def observe(seeds: Sequence[int], segmenter: Segmenter) -> Iterator[Observation]:
    """One observation per phantom frame of the wider physics; the segmenter must not correct ``p_inside`` yet."""
    for case in phantom_cases(seeds, Physics.wider()):
        seen = analyse(case.frame, segmenter)
        yield Observation(
            p_inside=seen.placement.p_inside,
            inside=case.tip_in_recess,
            view_score=seen.view.suprapatellar,
            suprapatellar=bool(case.suprapatellar),
            needle_score=seen.view.needle,
            needle=case.needle is not None,
        )


def platt(observations: Sequence[Observation], strength: float = 5.0) -> ProbabilityCalibration:
    """Logistic correction by Newton's method, held towards no correction by a weak Gaussian prior.

    Probabilities are bounded before the fit, so that one recess taken for something else with great confidence does
    not decide the slope for all.

    References
    ----------
    Platt J. Probabilistic outputs for support vector machines. 1999.
    """
    pairs = [(o.p_inside, o.inside) for o in observations if o.inside is not None and o.p_inside is not None]
    if not pairs:
        return ProbabilityCalibration()
    bounded = np.clip([p for p, _ in pairs], _BOUND, 1.0 - _BOUND)
    design = np.stack([np.log(bounded / (1.0 - bounded)), np.ones(len(pairs))], axis=1)
    truth = np.array([float(inside) for _, inside in pairs])
    prior = np.array([1.0, 0.0])
    at = prior.copy()
    for _ in range(50):
        fitted = 1.0 / (1.0 + np.exp(-design @ at))
        slope = design.T @ (truth - fitted) - strength * (at - prior)
        curve = (design * (fitted * (1.0 - fitted))[:, None]).T @ design + strength * np.eye(2)
        step = np.linalg.solve(curve, slope)
        at = at + step / max(1.0, float(np.abs(step).max()))
    return ProbabilityCalibration(float(at[0]), float(at[1]))


def thresholds(observations: Sequence[Observation]) -> Thresholds:
    """Needle: the best mean of sensitivity and specificity. View: as strict as can be while nearly all views pass.

    To judge another view is worse than to keep silent about this one.
    """
    return Thresholds(
        view=_strictest([o.view_score for o in observations if o.suprapatellar]),
        needle=_best([(o.needle_score, o.needle) for o in observations]),
    )


def _strictest(scores: Sequence[float]) -> float:
    """Highest threshold that lets `_VIEWS_KEPT` of the scores pass; 0.5 where none would or there are none."""
    passing = [level for level in _LEVELS if scores and np.mean(np.array(scores) >= level) >= _VIEWS_KEPT]
    return round(float(max(passing, default=0.5)), 2)


def _best(pairs: Sequence[tuple[float, bool]]) -> float:
    """Threshold of greatest Youden index; the middle of the best ones, 0.5 where one side is missing."""
    scores: npt.NDArray[np.float64] = np.array([s for s, _ in pairs])
    truth = np.array([t for _, t in pairs], dtype=bool)
    if truth.all() or not truth.any():
        return 0.5
    index = [float((scores[truth] >= level).mean() - (scores[~truth] >= level).mean()) for level in _LEVELS]
    best = _LEVELS[np.isclose(index, max(index), atol=2e-3)]
    return round(math.fsum(best) / len(best), 2)
