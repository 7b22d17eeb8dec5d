"""What one analysis got right and wrong about one case."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from imaging.analysis import Analysis
from imaging.geometry import PixelSpacing, PointPx, SegmentPx
from imaging.placement import Verdict
from imaging.reasons import Reason
from imaging.segmentation import Tissue
from models.evaluation.case import Case, KnownNeedle
from models.evaluation.surface import Overlap, filled, overlap
from models.evaluation.traits import Traits


@dataclass(frozen=True, slots=True)
class RecessScore:
    """The recess of a case in which it was labelled; without overlap where there is none."""

    thickness_mm: float
    overlap: Overlap | None
    false_area_mm2: float


@dataclass(frozen=True, slots=True)
class NeedleScore:
    """The needle; errors are None where either side shows none, or the true tip cannot be seen."""

    visible_length_mm: float | None
    found: bool
    tip_error_mm: float | None
    angle_error_deg: float | None


@dataclass(frozen=True, slots=True)
class PlacementScore:
    """The verdict on a tip whose place is known."""

    inside: bool
    recess_thickness_mm: float
    verdict: Verdict
    p_inside: float | None
    tissue: Tissue | None
    tissue_named: Tissue | None


@dataclass(frozen=True, slots=True)
class CaseScore:
    """All of it; ``verdict`` and ``reasons`` are the answer's own."""

    name: str
    suprapatellar: bool | None
    taken_for_suprapatellar: bool
    verdict: Verdict
    reasons: tuple[Reason, ...]
    recess: RecessScore | None
    needle: NeedleScore
    placement: PlacementScore | None
    traits: Traits = field(default_factory=Traits)


def score(case: Case, analysis: Analysis, view_from: float) -> CaseScore:
    """Compare an analysis with the truth of its case."""
    return CaseScore(
        name=case.name,
        suprapatellar=case.suprapatellar,
        taken_for_suprapatellar=analysis.view.suprapatellar >= view_from,
        verdict=analysis.placement.verdict,
        reasons=analysis.placement.reasons,
        recess=_recess(case, analysis),
        needle=_needle(case.needle, analysis, case.frame.require_spacing()),
        placement=_placement(case, analysis),
        traits=_traits(case),
    )


def _traits(case: Case) -> Traits:
    needle = case.needle
    if needle is None:
        return case.traits
    flat = SegmentPx(PointPx(0.0, 0.0), PointPx(1.0, 0.0))
    angle = angle_between_deg(needle.shaft, flat, case.frame.require_spacing())
    return replace(case.traits, angle_deg=angle, tip_visible=needle.tip is not None)


def _recess(case: Case, analysis: Analysis) -> RecessScore | None:
    if case.recess is None:
        return None
    spacing = case.frame.require_spacing()
    found = filled(analysis.recess.polygons, case.frame.pixels.shape) & case.judged
    if not (case.recess & case.judged).any():
        return RecessScore(0.0, None, spacing.area_mm2(float(np.count_nonzero(found))))
    agreement = overlap(found, case.recess, case.judged, spacing)
    false_area = spacing.area_mm2(float(np.count_nonzero(found & ~case.recess)))
    return RecessScore(case.recess_thickness_mm, agreement, false_area)


def _needle(truth: KnownNeedle | None, analysis: Analysis, spacing: PixelSpacing) -> NeedleScore:
    found = analysis.needle
    if truth is None or found.shaft is None or found.tip is None:
        return NeedleScore(None if truth is None else truth.visible_length_mm, found.shaft is not None, None, None)
    tip_error = None if truth.tip is None else spacing.distance_mm(truth.tip, found.tip)
    return NeedleScore(truth.visible_length_mm, True, tip_error, angle_between_deg(truth.shaft, found.shaft, spacing))


def angle_between_deg(a: SegmentPx, b: SegmentPx, spacing: PixelSpacing) -> float:
    """Angle between two lines in millimetre space, 0 to 90, whichever way they run."""
    (a0, a1), (b0, b1) = spacing.to_mm(a.array()), spacing.to_mm(b.array())
    one, other = a1 - a0, b1 - b0
    cross, dot = one[0] * other[1] - one[1] * other[0], float(one @ other)
    return math.degrees(math.atan2(abs(float(cross)), abs(dot)))


def _placement(case: Case, analysis: Analysis) -> PlacementScore | None:
    inside = case.tip_in_recess
    if inside is None or case.needle is None or case.suprapatellar is False:
        return None
    said = analysis.placement
    return PlacementScore(
        inside=inside,
        recess_thickness_mm=case.recess_thickness_mm,
        verdict=said.verdict,
        p_inside=said.p_inside,
        tissue=case.needle.tissue_at_tip,
        tissue_named=said.tissue_at_tip,
    )
