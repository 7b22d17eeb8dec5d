"""A procedure over time: columns to plot, and what happened in it."""

from typing import Literal

from pydantic import Field

from imaging.placement import Verdict
from imaging.tracking.events import EventKind
from service.wire.base import Wire


class CourseAnswer(Wire):
    """Stored answers as columns, one entry a frame."""

    at: list[float] = Field(description="seconds from the first frame or, where no time is known, frame numbers")
    unit: Literal["s", "frame"]
    p_inside: list[float | None]
    signed_distance_mm: list[float | None] = Field(description="tip to nearest wall; above zero inside")
    tip_visible: list[bool]
    needle_seen: list[bool]
    verdict: list[Verdict] = Field(description="on each frame by itself")


class CourseEvent(Wire):
    """Something that happened; of something that lasts, when it began."""

    kind: EventKind
    frame: int
    mm: float | None = Field(description="withdrawn before a pass; advanced unseen")
    seconds: float | None = Field(description="how long the needle was unseen")


class KeyFramesAnswer(Wire):
    """Frames for the record; null where there is no such frame."""

    before_needle: int | None
    tip_in_recess: int | None
    injection: int | None
    after: int | None


class HandlingAnswer(Wire):
    """How the needle was led."""

    needle_frames: int
    tip_visible_share: float | None
    advanced_unseen_mm: float | None = Field(description="null where no picture with a needle has a pixel size")
    advanced_unseen_s: float | None
    passes: int | None = Field(description="insertions; null as above")
    redirections: int | None = Field(description="turns of more than 5 degrees; null as above")
    seconds_to_target: float | None


class EventsAnswer(Wire):
    """What happened in a procedure, as its answer rests on it."""

    events: list[CourseEvent]
    key_frames: KeyFramesAnswer
    handling: HandlingAnswer
    angle_deg: float | None = Field(description="shaft to probe face where the tip stood, median")
    centre_distance_mm: float | None = Field(description="tip to the recess's centre of area, median")
    rules_sha256: str = Field(description="rules of tracking and of the procedure")
