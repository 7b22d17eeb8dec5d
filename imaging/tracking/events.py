"""What happens in a procedure, as values: events, when they happened, and a switch that noise does not flip."""

from dataclasses import dataclass, replace
from enum import StrEnum


class EventKind(StrEnum):
    """What can happen while a needle is followed."""

    NEEDLE_ENTERED = "needle_entered"
    NEEDLE_LEFT = "needle_left"
    PASS = "pass"  # noqa: S105 - a needle's pass, not a password
    REDIRECTION = "redirection"
    ADVANCED_UNSEEN = "advanced_unseen"
    ENTERED_RECESS = "entered_recess"
    LEFT_RECESS = "left_recess"
    BONE_CONTACT = "bone_contact"
    INJECTION_STARTED = "injection_started"
    SCALE_CHANGED = "scale_changed"


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame of a sequence: 0-based index in its source and time in milliseconds on the source's clock."""

    frame_index: int
    time_ms: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Parameters
    ----------
    kind
        What happened.
    frame_index, time_ms
        When it happened; of something that lasts, when it began. An event is raised once it is certain, so this lies
        a few frames before the frame in which it is raised.
    mm
        How far: withdrawn before a pass, advanced unseen. None elsewhere.
    seconds
        How long the needle was unseen. None elsewhere.
    """

    kind: EventKind
    frame_index: int
    time_ms: float
    mm: float | None = None
    seconds: float | None = None

    @classmethod
    def at(cls, kind: EventKind, moment: Moment, mm: float | None = None, seconds: float | None = None) -> "Event":
        """Event of a moment."""
        return cls(kind, moment.frame_index, moment.time_ms, mm, seconds)


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off; flips once enough evidence for the other side has come together, dated to where that began.

    Parameters
    ----------
    evidence
        How much has come together for the other side.
    contrary
        Answers for the present side since the evidence began.
    since
        Where the evidence began.
    flipped
        Where the step before this value flipped it, as a moment of the past; None if it did not flip.
    """

    on: bool = False
    evidence: float = 0.0
    contrary: int = 0
    since: Moment | None = None
    flipped: Moment | None = None

    def step(self, at: Moment, *, wants: bool, weight: float, needed: float, forgiven: int = 0) -> "Switch":
        """The switch after one more answer.

        Parameters
        ----------
        wants
            Side that the answer speaks for.
        weight
            How much it counts: 1 per frame, or milliseconds.
        needed
            Evidence that flips it.
        forgiven
            So many contrary answers do not yet undo the evidence.
        """
        if wants is self.on:
            keeps = self.since is not None and self.contrary < forgiven
            return replace(self, contrary=self.contrary + 1, flipped=None) if keeps else Switch(self.on)
        since = self.since or at
        evidence = self.evidence + weight
        if evidence >= needed:
            return Switch(on=wants, flipped=since)
        return Switch(self.on, evidence, 0, since)
