"""Scores made by hand, for tests of figures."""

from imaging.placement import Verdict
from imaging.segmentation import Tissue
from models.evaluation.scoring import CaseScore, NeedleScore, PlacementScore, RecessScore
from models.evaluation.surface import Overlap
from models.evaluation.traits import Traits

NO_NEEDLE = NeedleScore(None, False, None, None)


def scored(
    name: str = "case",
    recess: RecessScore | None = None,
    needle: NeedleScore = NO_NEEDLE,
    placement: PlacementScore | None = None,
    traits: Traits | None = None,
) -> CaseScore:
    verdict = Verdict.NOT_ASSESSED if placement is None else placement.verdict
    return CaseScore(name, True, True, verdict, (), recess, needle, placement, traits or Traits())


def recess(thickness_mm: float, dice: float) -> RecessScore:
    return RecessScore(thickness_mm, Overlap(dice, dice, 1.0 - dice), 0.0)


def placed(*, inside: bool, verdict: Verdict, p_inside: float | None = 0.5) -> PlacementScore:
    return PlacementScore(inside, 3.0, verdict, p_inside, Tissue.PREFEMORAL_FAT, Tissue.QUADRICEPS)
