"""From values of `imaging` to the JSON of `service.wire`, serialised once by orjson.

The dictionaries are built by hand: models of pydantic take twice as long to the same bytes (85 against 41 microseconds
for an outline of 60 points). A test proves that every answer is one that `service.wire` accepts.
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import orjson

from imaging.analysis import Analysis
from imaging.geometry import PixelSpacing, Points
from imaging.measurement import Needle, Recess
from imaging.placement import Placement
from imaging.procedure import ProcedureAssessment, ProcedureVerdict
from imaging.reasons import Reason
from imaging.segmentation import ModelIdentity, Tissue

Json = dict[str, Any]


@cache
def code_version() -> str:
    """Version of the installed distribution."""
    try:
        return version("sonoplace")
    except PackageNotFoundError:
        return "uninstalled"


def frame_json(analysis: Analysis, timing_ms: Mapping[str, float]) -> bytes:
    """Answer for a frame as bytes; pass no timing to get bytes that are the same whenever they are computed."""
    return orjson.dumps(frame_answer(analysis, timing_ms), option=orjson.OPT_SERIALIZE_NUMPY)


def frame_answer(analysis: Analysis, timing_ms: Mapping[str, float]) -> Json:
    """Answer for a frame, in the shape of `service.wire.FrameAnswer`."""
    view = analysis.view
    return {
        "frame": {
            "index": analysis.frame_index,
            "width": analysis.width,
            "height": analysis.height,
            "pixels_sha256": analysis.pixels_sha256,
            "captured_at": analysis.captured_at_ns,
            "bmode_px": analysis.bmode.xyxy(),
        },
        "calibration": _calibration(analysis.spacing),
        "view": {"suprapatellar": round(view.suprapatellar, 4), "quality": round(view.quality, 4)},
        "recess": _recess(analysis.recess),
        "needle": _needle(analysis.needle),
        "placement": _placement(analysis.placement),
        "timing_ms": {stage: round(value, 3) for stage, value in timing_ms.items()},
        "identity": identity(analysis.model, analysis.rules_sha256),
    }


def identity(model: ModelIdentity, rules_sha256: str) -> Json:
    """What answered, in the shape of `service.wire.Identity`."""
    return {
        "model": model.name,
        "model_version": model.version,
        "model_sha256": model.sha256,
        "precision": model.precision,
        "provider": model.provider,
        "rules_sha256": rules_sha256,
        "code_version": code_version(),
    }


def summary_answer(assessed: ProcedureAssessment) -> Json:
    """Summary of a procedure, in the shape of `service.wire.Summary`."""
    stand, handling = assessed.stand, assessed.handling
    undecided = assessed.verdict in (ProcedureVerdict.INDETERMINATE, ProcedureVerdict.NOT_ASSESSED)
    reason = assessed.reasons[0] if undecided and assessed.reasons else None
    return {
        "verdict": assessed.verdict,
        "tissue_at_tip": tissue_name(assessed.tissue),
        "reason": code(reason),
        "explanation": reason.sentence if reason else None,
        "key_frame": stand.at.frame_index if stand else None,
        "p_inside": _rounded(stand.p_inside, 4) if stand else None,
        "signed_distance_mm": _rounded(stand.signed_distance_mm) if stand else None,
        "needle_frames": handling.needle_frames,
        "tip_visible_share": _rounded(handling.tip_visible_share),
    }


def code(reason: Reason | None) -> str | None:
    """Code of a reason; the sentence that goes with it stands under ``explanations``."""
    return None if reason is None else reason.value


def tissue_name(tissue: Tissue | None) -> str | None:
    """A tissue as the wire names it."""
    return None if tissue is None else tissue.name.lower()


def _calibration(spacing: PixelSpacing | None) -> Json:
    if spacing is None:
        return {"spacing_mm": None, "source": None, "absent_because": code(Reason.NOT_CALIBRATED)}
    # Six digits: the caller must find the very spacing again that was used.
    spacing_mm = (round(spacing.row_mm, 6), round(spacing.column_mm, 6))
    return {"spacing_mm": spacing_mm, "source": spacing.source.value, "absent_because": None}


def _recess(recess: Recess) -> Json:
    return {
        "polygons_px": [_points(polygon) for polygon in recess.polygons],
        "area_mm2": _rounded(recess.area_mm2),
        "thickness_mm": _rounded(recess.thickness_mm),
        "length_mm": _rounded(recess.length_mm),
        "roof_depth_mm": _rounded(recess.roof_depth_mm),
        "confidence": round(recess.confidence, 4),
        "absent_because": code(recess.absent_because),
    }


def _needle(needle: Needle) -> Json:
    return {
        "shaft_px": _points(needle.shaft.array()) if needle.shaft else None,
        "tip_px": _points(needle.tip.array())[0] if needle.tip else None,
        "tip_sigma_mm": _rounded(needle.tip_sigma_mm),
        "tip_visible": needle.tip_visible,
        "angle_deg": _rounded(needle.angle_deg),
        "visible_length_mm": _rounded(needle.visible_length_mm),
        "confidence": round(needle.confidence, 4),
        "absent_because": code(needle.absent_because),
    }


def _placement(placement: Placement) -> Json:
    return {
        "verdict": placement.verdict.value,
        "score": placement.score,
        "p_inside": _rounded(placement.p_inside, 4),
        "signed_distance_mm": _rounded(placement.signed_distance_mm),
        "tissue_at_tip": tissue_name(placement.tissue_at_tip),
        "path": {
            "meets_recess_mm": _rounded(placement.path.meets_recess_mm),
            "meets_bone_mm": _rounded(placement.path.meets_bone_mm),
        },
        "reasons": [reason.value for reason in placement.reasons],
        "explanations": [reason.sentence for reason in placement.reasons],
    }


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)


def _points(points: Points) -> list[list[float]]:
    rounded: list[list[float]] = np.round(points, 2).tolist()
    return rounded
