"""The judgement: is the tip in the recess, how sure is that, and what lies ahead of it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from imaging.frame import Frame
from imaging.geometry import Edges, PixelSpacing, PointPx, SegmentPx, signed_gap
from imaging.measurement import Needle, Recess
from imaging.reasons import Reason
from imaging.rules import ScoringRules
from imaging.segmentation import ProbabilityCalibration, Segmentation, Tissue

_STEP_MM = 0.1


class Verdict(StrEnum):
    """What is said about one frame."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    INDETERMINATE = "indeterminate"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True)
class PathAhead:
    """What the shaft meets if it is pushed on along its axis, in millimetres ahead of the tip; None if it does not."""

    meets_recess_mm: float | None = None
    meets_bone_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Verdict on one frame, with the numbers it rests on.

    Parameters
    ----------
    p_inside
        Calibrated probability that the tip lies in the recess.
    signed_distance_mm
        From the tip to the nearest wall of the recess; above zero inside, below zero outside.
    tissue_at_tip
        Likeliest tissue around the tip.
    path
        What lies ahead.
    reasons
        Why the verdict is withheld, weakened or qualified.
    """

    verdict: Verdict
    p_inside: float | None
    signed_distance_mm: float | None
    tissue_at_tip: Tissue | None
    path: PathAhead
    reasons: tuple[Reason, ...]

    @property
    def score(self) -> int | None:
        """``100 * p_inside``, rounded; withheld where nothing was assessed."""
        if self.verdict is Verdict.NOT_ASSESSED or self.p_inside is None:
            return None
        return round(100.0 * self.p_inside)

    @classmethod
    def not_assessed(cls, *reasons: Reason, tissue_at_tip: Tissue | None = None) -> "Placement":
        """The question does not arise, and why."""
        return cls(Verdict.NOT_ASSESSED, None, None, tissue_at_tip, PathAhead(), reasons)


def place(
    frame: Frame,
    segmentation: Segmentation,
    found: tuple[Recess, Needle],
    rules: ScoringRules,
    calibration: ProbabilityCalibration,
) -> Placement:
    """Verdict on one frame.

    Parameters
    ----------
    found
        The recess and the needle measured in this frame.
    calibration
        Correction of ``p_inside`` that belongs to the network.
    """
    recess, needle = found
    withheld = _not_assessable(frame, segmentation, recess, needle, rules)
    if needle.tip is None or frame.spacing is None:
        return Placement.not_assessed(*withheld)
    tissue = tissue_at(segmentation, needle.tip)
    if withheld:
        return Placement.not_assessed(*withheld, tissue_at_tip=tissue)
    p_inside = calibration(probability_inside(segmentation))
    judged = Placement(
        verdict=Verdict.INDETERMINATE,
        p_inside=p_inside,
        signed_distance_mm=signed_distance_mm(frame.spacing, recess, needle.tip),
        tissue_at_tip=tissue,
        path=path_ahead(frame.spacing, segmentation, needle, tissue, rules),
        reasons=(),
    )
    return _judge(judged, recess, needle, rules)


def _not_assessable(
    frame: Frame, segmentation: Segmentation, recess: Recess, needle: Needle, rules: ScoringRules
) -> tuple[Reason, ...]:
    view = segmentation.view
    checks = (
        (frame.spacing is None, Reason.NOT_CALIBRATED),
        (view.quality < rules.quality_from or view.speckle < rules.speckle_from, Reason.POOR_IMAGE),
        (view.suprapatellar < rules.view_from, Reason.WRONG_VIEW),
        (not recess.polygons, Reason.NO_RECESS),
        (needle.tip is None, Reason.NO_NEEDLE),
    )
    return tuple(reason for holds, reason in checks if holds)


def _judge(placement: Placement, recess: Recess, needle: Needle, rules: ScoringRules) -> Placement:
    """Verdict and reasons from the numbers (design §4: thin or unseen is indeterminate however high p is)."""
    p = placement.p_inside or 0.0
    thin = recess.thickness_mm is None or recess.thickness_mm < rules.thinnest_recess_mm
    verdict = Verdict.INDETERMINATE
    if p >= rules.inside_from and not thin:
        verdict = Verdict.INSIDE
    elif p <= rules.outside_to:
        verdict = Verdict.OUTSIDE
    if not needle.tip_visible:
        verdict = Verdict.INDETERMINATE
    path = placement.path
    outside = verdict is Verdict.OUTSIDE
    bone_first = path.meets_bone_mm is not None and (
        path.meets_recess_mm is None or path.meets_bone_mm < path.meets_recess_mm
    )
    checks = (
        (not needle.tip_visible, Reason.TIP_NOT_VISIBLE),
        (thin, Reason.RECESS_TOO_THIN),
        (rules.outside_to < p < rules.inside_from, Reason.LOW_CONFIDENCE),
        ((needle.angle_deg or 0.0) > rules.steep_from_deg, Reason.STEEP_NEEDLE),
        (outside and bone_first, Reason.BONE_AHEAD),
        (outside and _crosses(recess, needle), Reason.THROUGH_RECESS),
    )
    return replace(placement, verdict=verdict, reasons=tuple(reason for holds, reason in checks if holds))


def probability_inside(segmentation: Segmentation) -> float:
    """Uncalibrated probability that the tip lies in the recess: its distribution times the recess's probability."""
    return float(np.vdot(segmentation.tip, segmentation.recess))


def tissue_at(segmentation: Segmentation, tip: PointPx, reach_px: int = 4) -> Tissue:
    """Commonest tissue around the tip, the needle itself and empty ground left out."""
    column, row = (round(value) for value in segmentation.grid.on_grid(tip))
    rows = slice(max(row - reach_px, 0), max(row + reach_px + 1, 0))
    columns = slice(max(column - reach_px, 0), max(column + reach_px + 1, 0))
    counts = np.bincount(segmentation.labels[rows, columns].ravel(), minlength=len(Tissue))
    counts[Tissue.BACKGROUND] = counts[Tissue.NEEDLE] = 0
    return Tissue(int(np.argmax(counts)))


def signed_distance_mm(spacing: PixelSpacing, recess: Recess, tip: PointPx) -> float:
    """Distance from the tip to the nearest wall of the recess; above zero inside, below zero outside."""
    walls = [spacing.to_mm(polygon) for polygon in recess.polygons]
    return signed_gap(walls, tip.x * spacing.column_mm, tip.y * spacing.row_mm)


def path_ahead(
    spacing: PixelSpacing, segmentation: Segmentation, needle: Needle, tissue_at_tip: Tissue, rules: ScoringRules
) -> PathAhead:
    """First recess and first bone on the shaft's line beyond the tip; a tip in the recess meets none ahead."""
    if needle.shaft is None:
        return PathAhead()
    length = spacing.distance_mm(needle.shaft.start, needle.shaft.end)
    if length == 0.0:
        return PathAhead()
    ahead_mm = _steps_mm(rules.bone_ahead_within_mm)
    tissue = _labels_along(segmentation, needle.shaft, ahead_mm / length)
    recess = None if tissue_at_tip is Tissue.RECESS else _first(ahead_mm, tissue == Tissue.RECESS)
    return PathAhead(meets_recess_mm=recess, meets_bone_mm=_first(ahead_mm, tissue == Tissue.BONE))


@lru_cache(maxsize=4)
def _steps_mm(within_mm: float) -> npt.NDArray[np.float64]:
    """Distances ahead of the tip that are looked at."""
    steps_mm = np.arange(1, round(within_mm / _STEP_MM) + 1, dtype=np.float64) * _STEP_MM
    steps_mm.setflags(write=False)
    return steps_mm


def _labels_along(
    segmentation: Segmentation, shaft: SegmentPx, ahead: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint8]:
    """Label at each position beyond a shaft's end, in shares of its length; background beyond the grid."""
    (x0, y0), (x, y) = segmentation.grid.on_grid(shaft.start), segmentation.grid.on_grid(shaft.end)
    columns, rows = (np.rint(end + ahead * step).astype(np.int64) for end, step in ((x, x - x0), (y, y - y0)))
    height, width = segmentation.labels.shape
    within = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    labels = np.zeros(len(ahead), dtype=np.uint8)
    labels[within] = segmentation.labels[rows[within], columns[within]]
    return labels


def _first(ahead_mm: npt.NDArray[np.floating], hit: npt.NDArray[np.bool_]) -> float | None:
    return round(float(ahead_mm[int(np.argmax(hit))]), 3) if hit.any() else None


def _crosses(recess: Recess, needle: Needle) -> bool:
    """Whether the seen shaft runs through the recess."""
    if needle.shaft is None:
        return False
    start, end = needle.shaft.array()
    along = start + np.linspace(0.0, 1.0, 100)[:, None] * (end - start)
    return bool(Edges.of(recess.polygons).contain(along).any())
