"""A whole procedure: frames followed in order, the tip's stand judged, injectate looked for, a verdict given."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from imaging.procedure.assessment import InjectateEvidence, ProcedureAssessment, ProcedureVerdict, Stand
from imaging.procedure.handling import key_frames, needle_handling, timeline_of
from imaging.procedure.injectate import evidence, injection_moment, recess_change
from imaging.procedure.rules import ProcedureRules
from imaging.procedure.stand import Step, shifted, stand_of, standing, until_injected
from imaging.reasons import Reason
from imaging.rules import ScoringRules
from imaging.segmentation import Tissue
from imaging.tracking.follow import track
from imaging.tracking.observation import Observation
from imaging.tracking.rules import TrackingRules
from imaging.tracking.track_state import Statistics, Track

_UNNAMED = (Tissue.BACKGROUND, Tissue.RECESS, Tissue.NEEDLE)


@dataclass(frozen=True, slots=True)
class AssessmentRules:
    """The three sets of rules that a procedure's verdict rests on."""

    procedure: ProcedureRules = field(default_factory=ProcedureRules)
    tracking: TrackingRules = field(default_factory=TrackingRules)
    scoring: ScoringRules = field(default_factory=ScoringRules)

    @property
    def sha256(self) -> str:
        """Hash of the rules of tracking and of the procedure; each frame's analysis carries that of its own."""
        return hashlib.sha256(f"{self.procedure.sha256}:{self.tracking.sha256}".encode()).hexdigest()


_RULES = AssessmentRules()


def assess_procedure(
    observations: Sequence[Observation], rules: AssessmentRules | None = None, *, timed: bool = True
) -> ProcedureAssessment:
    """Verdict and numbers of a whole procedure.

    A pure function: the same observations and rules give the same assessment.

    Parameters
    ----------
    observations
        Every frame in order, with times that only move on (see `imaging.procedure.observed`).
    timed
        Whether those times are real; durations in seconds are not told otherwise.

    Raises
    ------
    BadInput
        If an observation is not later than the one before.

    References
    ----------
    Sites B.D. et al. Characterizing novice behavior associated with learning ultrasound-guided peripheral regional
    anesthesia. Reg Anesth Pain Med 2007;32:107 (needle advanced unseen).
    """
    rules = rules or _RULES
    steps = list(_followed(observations, rules))
    events = tuple(sorted((event for step in steps for event in step.track.events), key=lambda event: event.time_ms))
    dwelt = standing(steps, rules.procedure)
    injection = injection_moment(events, dwelt)
    stood = until_injected(dwelt, injection, rules.procedure)
    stand = stand_of(stood, rules.scoring.thinnest_recess_mm)
    change = recess_change(steps, injection)
    injectate = evidence(injection, change, rules.procedure)
    verdict = judge(stand, injectate, rules.procedure)
    return ProcedureAssessment(
        verdict=verdict,
        tissue=_tissue(stood) if verdict is ProcedureVerdict.EXTRA_ARTICULAR else None,
        reasons=_reasons(verdict, stood, steps),
        stand=stand,
        injectate=injectate,
        handling=needle_handling(steps[-1].track.statistics if steps else Statistics(), timed=timed),
        recess=change,
        events=events,
        key_frames=key_frames(steps, stand, injectate),
        timeline=timeline_of(steps, events),
        rules_sha256=rules.sha256,
    )


def _followed(observations: Sequence[Observation], rules: AssessmentRules) -> Iterator[Step]:
    state = Track.start()
    for seen in observations:
        state = track(state, seen, rules.tracking)
        yield Step(seen, state)


def judge(stand: Stand | None, injectate: InjectateEvidence, rules: ProcedureRules) -> ProcedureVerdict:
    """Verdict from where the tip stood and what shows injectate (design §4)."""
    if stand is None or stand.p_inside is None:
        return ProcedureVerdict.NOT_ASSESSED
    if stand.decided_frames < rules.decided_share * stand.frames:
        return ProcedureVerdict.INDETERMINATE
    if stand.p_inside <= rules.outside_to:
        return ProcedureVerdict.PARTIAL if injectate.in_recess else ProcedureVerdict.EXTRA_ARTICULAR
    if not injectate.in_recess:
        return ProcedureVerdict.PROBABLE if stand.p_inside >= rules.inside_from else ProcedureVerdict.INDETERMINATE
    inside = shifted(stand.p_inside, rules.injectate_log_odds) >= rules.inside_from
    return ProcedureVerdict.CONFIRMED if inside else ProcedureVerdict.INDETERMINATE


def _tissue(stood: Sequence[Step]) -> Tissue:
    """Commonest tissue at the tip; background where none can be named."""
    votes = Counter(
        tissue for step in stood if (tissue := step.seen.placement.tissue_at_tip) is not None and tissue not in _UNNAMED
    )
    return votes.most_common(1)[0][0] if votes else Tissue.BACKGROUND


def _reasons(verdict: ProcedureVerdict, stood: Sequence[Step], steps: Sequence[Step]) -> tuple[Reason, ...]:
    """What withholds a clear verdict, or qualifies one, in at least half of the frames that count; commonest first.

    Of an undecided procedure at least one reason is told.
    """
    needle = [step for step in steps if step.seen.needle.shaft is not None]
    counting = stood or needle or steps
    counts = Counter(reason for step in counting for reason in step.seen.placement.reasons)
    common = [reason for reason, count in counts.most_common() if 2 * count >= len(counting)]
    if not common and verdict in (ProcedureVerdict.INDETERMINATE, ProcedureVerdict.NOT_ASSESSED):
        common = [reason for reason, _ in counts.most_common(1)] or [Reason.LOW_CONFIDENCE]
    return tuple(common)
