"""From answers of `imaging` to rows of the audit's tables. Numbers are rounded as in the service's answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

import numpy as np

from imaging.analysis import Analysis
from imaging.frame import Frame
from imaging.geometry import PixelSpacing
from imaging.placement import Verdict
from imaging.procedure import ProcedureAssessment
from imaging.segmentation import Tissue

Row = dict[str, Any]
_EVERY = 4
"""Grey levels are taken from every fourth row and column: a mean of 10,000 pixels is as good, and costs nothing."""


@dataclass(frozen=True, slots=True)
class FrameNumbers:
    """What a procedure's row needs of each frame."""

    pixels_sha256: str
    width: int
    height: int
    spacing: PixelSpacing | None
    verdict: Verdict
    view: float
    quality: float
    grey_mean: float
    grey_sd: float
    thickness_mm: float | None

    @classmethod
    def of(cls, frame: Frame, analysis: Analysis) -> "FrameNumbers":
        """Numbers of one frame and its analysis."""
        box = frame.bmode
        grey = frame.pixels[box.y0 : box.y1 : _EVERY, box.x0 : box.x1 : _EVERY]
        return cls(
            pixels_sha256=analysis.pixels_sha256,
            width=frame.width,
            height=frame.height,
            spacing=frame.spacing,
            verdict=analysis.placement.verdict,
            view=analysis.view.suprapatellar,
            quality=analysis.view.quality,
            grey_mean=float(np.mean(grey)),
            grey_sd=float(np.std(grey)),
            thickness_mm=analysis.recess.thickness_mm,
        )


def frame_row(procedure_id: str, analysis: Analysis, time_ms: float | None) -> Row:
    """Row of ``frames``."""
    needle, recess, placement, view = analysis.needle, analysis.recess, analysis.placement, analysis.view
    return {
        "procedure_id": procedure_id,
        "frame": analysis.frame_index,
        "time_ms": _rounded(time_ms),
        "verdict": placement.verdict.value,
        "reasons": [reason.value for reason in placement.reasons],
        "p_inside": _rounded(placement.p_inside, 4),
        "signed_distance_mm": _rounded(placement.signed_distance_mm),
        "tissue": _tissue(placement.tissue_at_tip),
        "meets_recess_mm": _rounded(placement.path.meets_recess_mm),
        "meets_bone_mm": _rounded(placement.path.meets_bone_mm),
        "tip_x_px": _rounded(needle.tip.x, 2) if needle.tip else None,
        "tip_y_px": _rounded(needle.tip.y, 2) if needle.tip else None,
        "tip_sigma_mm": _rounded(needle.tip_sigma_mm),
        "tip_visible": needle.tip_visible,
        "angle_deg": _rounded(needle.angle_deg),
        "visible_length_mm": _rounded(needle.visible_length_mm),
        "needle_confidence": _rounded(needle.confidence, 4),
        "recess_thickness_mm": _rounded(recess.thickness_mm),
        "recess_length_mm": _rounded(recess.length_mm),
        "recess_area_mm2": _rounded(recess.area_mm2),
        "recess_roof_depth_mm": _rounded(recess.roof_depth_mm),
        "recess_confidence": _rounded(recess.confidence, 4),
        "view": _rounded(view.suprapatellar, 4),
        "quality": _rounded(view.quality, 4),
    }


def assessment_columns(assessment: ProcedureAssessment) -> Row:
    """Columns of ``procedures`` that the assessment says."""
    stand, handling, injectate = assessment.stand, assessment.handling, assessment.injectate
    return {
        "verdict": assessment.verdict.value,
        "tissue": _tissue(assessment.tissue),
        "reasons": [reason.value for reason in assessment.reasons],
        "p_inside": _rounded(stand.p_inside, 4) if stand else None,
        "signed_distance_mm": _rounded(stand.signed_distance_mm) if stand else None,
        "centre_distance_mm": _rounded(stand.centre_distance_mm) if stand else None,
        "angle_deg": _rounded(stand.angle_deg) if stand else None,
        "stand_frame": stand.at.frame_index if stand else None,
        "injection_frame": injectate.started.frame_index if injectate.started else None,
        "injectate_in_recess": injectate.in_recess,
        "needle_frames": handling.needle_frames,
        "tip_visible_share": _rounded(handling.tip_visible_share),
        "advanced_unseen_mm": _rounded(handling.advanced_unseen_mm),
        "advanced_unseen_s": _rounded(handling.advanced_unseen_s),
        "passes": handling.passes,
        "redirections": handling.redirections,
        "seconds_to_target": _rounded(handling.seconds_to_target),
        "procedure_rules_sha256": assessment.rules_sha256,
    }


def picture_columns(numbers: Sequence[FrameNumbers]) -> Row:
    """Columns of ``procedures`` that its pictures say; there is at least one."""
    first, spacing = numbers[0], numbers[0].spacing
    verdicts = Counter(number.verdict for number in numbers)
    thickness = [number.thickness_mm for number in numbers if number.thickness_mm is not None]
    return {
        "frames": len(numbers),
        "width_px": first.width,
        "height_px": first.height,
        "calibration": spacing.source.value if spacing else None,
        "spacing_row_mm": _rounded(spacing.row_mm, 6) if spacing else None,
        "spacing_column_mm": _rounded(spacing.column_mm, 6) if spacing else None,
        "recess_thickness_mm": _rounded(median(thickness)) if thickness else None,
        "view": _rounded(fmean(number.view for number in numbers), 4),
        "quality": _rounded(fmean(number.quality for number in numbers), 4),
        "grey_mean": _rounded(fmean(number.grey_mean for number in numbers), 2),
        "grey_sd": _rounded(fmean(number.grey_sd for number in numbers), 2),
        **{f"frames_{verdict.value}": verdicts[verdict] for verdict in Verdict},
    }


def identity_columns(identity: Mapping[str, str]) -> Row:
    """Columns of ``procedures`` that say what answered."""
    names = ("model", "model_version", "model_sha256", "precision", "provider", "rules_sha256", "code_version")
    return {name: identity[name] for name in names}


def _tissue(tissue: Tissue | None) -> str | None:
    return None if tissue is None else tissue.name.lower()


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)
