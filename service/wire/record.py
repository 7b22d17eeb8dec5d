"""What people add to a procedure, and how it is answered.

Nothing here takes free text: a value is a number with bounds, one of a closed list, a date, or a code of the site's.
"""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from service.wire.base import Wire
from service.wire.codes import (
    AdverseEventKind,
    Approach,
    Code,
    Flag,
    ImagingView,
    Indication,
    InjectateKind,
    Laterality,
    PartialDate,
    Severity,
)

Score = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class Injectate(Wire):
    """What was injected, and how much of it."""

    kind: InjectateKind
    volume_ml: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None


class NeedleUsed(Wire):
    """The needle as it is sold."""

    gauge: Annotated[int, Field(ge=14, le=32)] | None = None
    length_mm: Annotated[float, Field(ge=10, le=250, allow_inf_nan=False)] | None = None


class Consent(Wire):
    """Whether consent is documented, and where."""

    documented: bool
    reference: Code | None = None


class ProcedureRecord(Wire):
    """What a site records with a procedure; null is "not recorded"."""

    laterality: Laterality
    laterality_on_screen: Laterality | None = Field(
        default=None, description="side written on the picture, as a person reads it"
    )
    indication: Indication | None = None
    approach: Approach | None = None
    view: ImagingView | None = None
    injectate: Injectate | None = None
    needle: NeedleUsed | None = None
    operator: Code | None = None
    site: Code | None = None
    performed_on: PartialDate | None = None
    consent: Consent | None = None


class AdverseEvent(Wire):
    """Something that went wrong."""

    kind: AdverseEventKind
    severity: Severity


class FollowUp(Wire):
    """What was found at a visit, before the procedure or after it."""

    visited_on: PartialDate
    pain: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = Field(
        default=None, description="numeric rating scale: 0 none, 10 worst"
    )
    koos: Score | None = Field(default=None, description="0 worst, 100 best")
    womac: Score | None = Field(default=None, description="normalised: 0 best, 100 worst")
    adverse_events: Annotated[list[AdverseEvent], Field(max_length=20)] | None = Field(
        default=None, description="empty: asked for, none; null: not asked for"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.pain, self.koos, self.womac, self.adverse_events) == (None, None, None, None):
            msg = "a follow-up says nothing: expected pain, koos, womac or adverse_events"
            raise ValueError(msg)
        return self


class Added(Wire):
    """When something was added, by whom, and its place in the chain."""

    added_at: datetime
    added_by: str
    position: int
    record_sha256: str = Field(description="hash of what was said")
    link_sha256: str = Field(description="hash of the link, which holds that of the link before")


class RecordAnswer(Added):
    """The record of a procedure; an earlier version stays in the chain."""

    version: int = Field(description="counted from 1")
    record: ProcedureRecord
    picture_laterality: str | None = Field(description="side that the file or the live session says")
    flags: list[Flag]
    explanations: list[str] = Field(description="one sentence for each of the flags")


class FollowUpAnswer(Added):
    """One visit."""

    follow_up: FollowUp


class LinkAnswer(Added):
    """One link of the chain."""

    kind: str
    stored_sha256: str | None
    previous_sha256: str


class OutcomeRow(Wire):
    """Follow-up of the procedures with one verdict."""

    verdict: str
    procedures: int
    followed_up: int = Field(description="procedures with a follow-up after them")
    undated: int = Field(
        description="procedures with follow-ups, but no date of their own: what is before and what after is not known"
    )
    pain_before_mean: float | None
    pain_after_mean: float | None = Field(description="at the last visit after it")
    pain_pairs: int = Field(description="procedures with both")
    pain_change_mean: float | None = Field(description="after less before, of the pairs; below zero is less pain")
    adverse_events: dict[str, int]


class OutcomeTable(Wire):
    """Placement beside outcome, with the sentence that must stand with it."""

    caution: str
    rows: list[OutcomeRow]
