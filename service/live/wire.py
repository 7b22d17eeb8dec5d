"""The JSON that ``WS /v1/live`` sends.

Instants are nanoseconds: of the sender's clock for ``captured_at``, of ours (Unix time) for the others.
"""

from typing import Literal

from pydantic import Field

from imaging.reasons import Reason
from imaging.tracking.events import EventKind
from imaging.tracking.track_state import Sight
from service.wire import FrameAnswer, PointXY, Problem, Wire


class Started(Wire):
    """Answer to ``start``."""

    type: Literal["started"]
    session: str = Field(description="id: continue the session with it; also that of its stored procedure")
    resumed: bool
    next_sequence: int = Field(description="least sequence number that the next frame may have")
    segment: int
    received_at: int


class LiveFacts(Wire):
    """When a frame came and was answered, and what became of those before it."""

    session: str
    sequence: int
    captured_at: int
    received_at: int
    answered_at: int
    age_ms: float = Field(description="from capture to answer; clock 'own': beyond the quickest transit lately")
    stale: bool = Field(description="older than the session's limit: must not be drawn")
    dropped: int = Field(description="frames replaced by newer ones since the last answer")
    lost: int = Field(description="sequence numbers that never arrived, since the last answer")
    segment: int = Field(description="counts changes of spacing, or of size without one; distances compare in one")
    reasons: list[Reason] = Field(description="SCALE_CHANGED, STALE_FRAME")
    explanations: list[str] = Field(description="one sentence for each of the reasons")


class TrackEvent(Wire):
    """Something that happened; raised once it is certain, dated to the frame where it began."""

    kind: EventKind
    sequence: int
    mm: float | None = Field(description="withdrawn before a pass; advanced unseen")
    seconds: float | None = Field(description="how long the needle was unseen")


class TrackStatistics(Wire):
    """Running numbers of a session."""

    frames: int
    needle_frames: int
    tip_frames: int
    bridged_frames: int
    passes: int
    redirections: int
    bone_contacts: int
    advanced_unseen_mm: float
    advanced_unseen_s: float
    seconds_to_recess: float | None = Field(description="from the needle first seen to its tip in the recess")


class TrackAnswer(Wire):
    """The needle over time, smoothed; a predicted tip says so."""

    sight: Sight
    bridged_frames: int = Field(description="frames since the tip was last seen, while it is predicted")
    tip_px: PointXY | None
    shaft_px: list[PointXY] | None
    tip_sigma_mm: float | None
    velocity_mm_s: float | None = Field(description="along the shaft, above zero forward")
    p_inside: float | None
    in_recess: bool
    events: list[TrackEvent] = Field(description="raised by this frame")
    statistics: TrackStatistics


class LiveAnswer(FrameAnswer):
    """Everything said about one live frame; ``frame.index`` is its sequence number."""

    type: Literal["answer"]
    live: LiveFacts
    track: TrackAnswer
    overlay_svg: str | None = Field(description="null unless wanted, and never for a stale frame")


class LiveProblem(Wire):
    """A frame that could not be answered, or (``sequence`` null) why the connection is about to be closed."""

    type: Literal["problem"]
    sequence: int | None
    problem: Problem
    live: LiveFacts | None


class Pong(Wire):
    """Answer to ``ping``."""

    type: Literal["pong"]
    sent_at: int
    received_at: int


class Counts(Wire):
    """What became of the frames of a session: received = answered + failed + dropped once it has ended."""

    received: int
    answered: int
    failed: int
    dropped: int
    lost: int


class Ended(Wire):
    """Last message of a session that was ended."""

    type: Literal["ended"]
    session: str
    frames: Counts
    procedure: str | None = Field(description="where the stored procedure is; null if no frame was answered")


class LiveRecord(Wire):
    """How a stored live session was answered while it ran."""

    answers: list[LiveFacts] = Field(description="in the order given; of a thinned recording those of its frames")
