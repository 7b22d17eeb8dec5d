"""From the verdicts of a cine's frames to the verdict of the procedure.

A first rule, in plain values: what counts is where the tip was when it stood deepest. Injectate is not looked for
yet, so `ProcedureVerdict.PROBABLE` is the most that is said.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from imaging.placement import Verdict
from imaging.reasons import Reason
from imaging.segmentation import Tissue

_T = TypeVar("_T", Tissue, Reason)

_DWELL = 0.95
"""Share of the greatest tip depth from which a frame counts as "needle at its deepest"."""


class ProcedureVerdict(StrEnum):
    """What is said about a whole procedure."""

    CONFIRMED = "confirmed"
    PROBABLE = "probable"
    PARTIAL = "partial"
    EXTRA_ARTICULAR = "extra_articular"
    INDETERMINATE = "indeterminate"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True)
class FrameFinding:
    """The part of a frame's answer that the procedure's verdict rests on.

    ``tip_depth_px`` is the tip's row below the top of the picture, None without a needle.
    """

    index: int
    verdict: Verdict
    tissue: Tissue | None
    p_inside: float | None
    signed_distance_mm: float | None
    tip_depth_px: float | None
    tip_visible: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ProcedureSummary:
    """Verdict of a procedure, the frame that shows it best, and how much of the needle was seen."""

    verdict: ProcedureVerdict
    tissue: Tissue | None
    reason: Reason | None
    key_frame: FrameFinding | None
    needle_frames: int
    tip_visible_share: float | None
    frame_verdicts: tuple[Verdict, ...]


def summarise(findings: Sequence[FrameFinding]) -> ProcedureSummary:
    """Verdict of a procedure from the findings of all its frames."""
    needle = [finding for finding in findings if finding.tip_depth_px is not None]
    dwell = _deepest([finding for finding in needle if finding.verdict is not Verdict.NOT_ASSESSED])
    verdict, winners = _vote(dwell)
    tissue = _commonest([finding.tissue for finding in winners if finding.tissue is not None])
    return ProcedureSummary(
        verdict=verdict,
        tissue=tissue if verdict is ProcedureVerdict.EXTRA_ARTICULAR else None,
        reason=_why(verdict, dwell or needle or findings),
        key_frame=_clearest(winners),
        needle_frames=len(needle),
        tip_visible_share=sum(finding.tip_visible for finding in needle) / len(needle) if needle else None,
        frame_verdicts=tuple(finding.verdict for finding in findings),
    )


def _deepest(assessed: list[FrameFinding]) -> list[FrameFinding]:
    depth = max((finding.tip_depth_px or 0.0 for finding in assessed), default=0.0)
    return [finding for finding in assessed if (finding.tip_depth_px or 0.0) >= _DWELL * depth]


def _vote(dwell: list[FrameFinding]) -> tuple[ProcedureVerdict, list[FrameFinding]]:
    """More than half of the decided and undecided frames at the deepest stand must agree."""
    if not dwell:
        return ProcedureVerdict.NOT_ASSESSED, []
    for frame_verdict, verdict in (
        (Verdict.INSIDE, ProcedureVerdict.PROBABLE),
        (Verdict.OUTSIDE, ProcedureVerdict.EXTRA_ARTICULAR),
    ):
        winners = [finding for finding in dwell if finding.verdict is frame_verdict]
        if 2 * len(winners) > len(dwell):
            return verdict, winners
    return ProcedureVerdict.INDETERMINATE, dwell


def _why(verdict: ProcedureVerdict, findings: Sequence[FrameFinding]) -> Reason | None:
    """What withholds a clear verdict most often in the frames that count."""
    if verdict in (ProcedureVerdict.PROBABLE, ProcedureVerdict.EXTRA_ARTICULAR):
        return None
    return _commonest([reason for finding in findings for reason in finding.reasons])


def _commonest(values: Sequence[_T]) -> _T | None:
    return Counter(values).most_common(1)[0][0] if values else None


def _clearest(winners: list[FrameFinding]) -> FrameFinding | None:
    return max(winners, key=lambda finding: (finding.tip_visible, abs((finding.p_inside or 0.5) - 0.5)), default=None)
