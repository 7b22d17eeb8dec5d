"""Which answers were worst, by one number for all kinds of error."""

from collections.abc import Sequence
from dataclasses import dataclass

from imaging.placement import Verdict
from models.evaluation.metrics import JUDGED_FROM_MM, LEAST_VISIBLE_MM
from models.evaluation.scoring import CaseScore

WRONG_VERDICT = 4.0
"""A verdict on the wrong side of the wall weighs more than all else together."""
_AREA_MM2, _TIP_MM, _ANGLE_DEG = 60.0, 10.0, 20.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A case, how badly it went (0: nothing wrong) and what went wrong, worst first."""

    score: CaseScore
    severity: float
    faults: tuple[str, ...]


def failure(score: CaseScore) -> Failure:
    """What went wrong in one case; each fault weighs up to 1, a verdict on the wrong side `WRONG_VERDICT`."""
    faults = sorted((*_verdict(score), *_recess(score), *_needle(score)), reverse=True)
    return Failure(score, sum(weight for weight, _ in faults), tuple(said for _, said in faults))


def worst(scores: Sequence[CaseScore], count: int = 20) -> list[Failure]:
    """Worst cases first; those without a fault are left out."""
    failures = sorted((failure(score) for score in scores), key=lambda each: (-each.severity, each.score.name))
    return [each for each in failures[:count] if each.faults]


Fault = tuple[float, str]


def _verdict(score: CaseScore) -> list[Fault]:
    placed = score.placement
    if placed is None or placed.verdict not in (Verdict.INSIDE, Verdict.OUTSIDE):
        return []
    if placed.inside is (placed.verdict is Verdict.INSIDE):
        return []
    truth = "inside" if placed.inside else "outside"
    return [(WRONG_VERDICT, f"said {placed.verdict.value}, tip {truth} (p {placed.p_inside or 0.0:.2f})")]


def _recess(score: CaseScore) -> list[Fault]:
    recess = score.recess
    if recess is None:
        return []
    if recess.overlap is None:
        area = recess.false_area_mm2
        return [(min(area / _AREA_MM2, 1.0), f"false recess {area:.0f} mm²")] if area > 0.0 else []
    if recess.thickness_mm < JUDGED_FROM_MM or recess.overlap.dice > 0.8:
        return []
    said = f"recess of {recess.thickness_mm:.1f} mm: Dice {recess.overlap.dice:.2f}"
    return [(1.0 - recess.overlap.dice, said)]


def _needle(score: CaseScore) -> list[Fault]:
    needle = score.needle
    if needle.visible_length_mm is None:
        return [(1.0, "false needle")] if needle.found else []
    if not needle.found:
        seen = needle.visible_length_mm
        return [(1.0, f"needle of {seen:.0f} mm missed")] if seen >= LEAST_VISIBLE_MM else []
    faults = []
    if needle.tip_error_mm is not None and needle.tip_error_mm > 1.0:
        faults.append((min(needle.tip_error_mm / _TIP_MM, 1.0), f"tip {needle.tip_error_mm:.1f} mm off"))
    if needle.angle_error_deg is not None and needle.angle_error_deg > 3.0:
        faults.append((min(needle.angle_error_deg / _ANGLE_DEG, 1.0), f"angle {needle.angle_error_deg:.0f}° off"))
    return faults
