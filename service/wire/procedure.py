"""Stored procedures: one, and a page of them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from imaging.placement import Verdict
from imaging.procedure import ProcedureVerdict
from imaging.reasons import Reason
from service.wire.base import TissueName, Wire
from service.wire.codes import InjectateKind, PartialDate
from service.wire.frame import Identity
from service.wire.record import RecordAnswer


class Summary(Wire):
    """A procedure in one verdict and a few numbers."""

    verdict: ProcedureVerdict
    tissue_at_tip: TissueName | None
    reason: Reason | None
    explanation: str | None = Field(description="the reason in one sentence")
    key_frame: int | None = Field(description="frame that shows best what the verdict rests on")
    p_inside: float | None
    signed_distance_mm: float | None
    needle_frames: int
    tip_visible_share: float | None = Field(description="share of the needle frames with the tip visible")


class Links(Wire):
    """Where the parts are; ``{n}`` stands for a frame's index, ``{kind}`` for that of a result."""

    self: str
    frame: str
    picture: str
    overlay_svg: str
    overlay_png: str
    record: str
    follow_ups: str
    reviews: str
    labels: str = Field(description="what readers corrected or confirmed, as a labelled folder in a ZIP file")
    history: str
    course: str
    events: str
    report: str
    results: str | None = Field(description="with ``{kind}``: seg, sr, sc or ps; null where the input was not DICOM")


class ProcedureEntry(Wire):
    """One stored procedure, as a list shows it."""

    id: str
    created_at: datetime
    status: Literal["queued", "running", "done", "failed"]
    failure: str | None = Field(description="code of the problem that ended the analysis")
    frame_count: int
    frames_done: int
    frame_time_ms: float | None
    verdict: ProcedureVerdict | None = Field(description="null until the analysis is done")
    summary: Summary | None
    identity: Identity
    links: Links


class ProcedureAnswer(ProcedureEntry):
    """One stored procedure."""

    frame_verdicts: list[Verdict] | None = Field(description="one for each frame, in order; null until it is done")
    laterality: str | None = Field(description="side that the file or the live session says")
    record: RecordAnswer | None = Field(description="what the site recorded; null if nothing yet")
    follow_ups: int
    reviews: int
    record_sha256: str | None = Field(description="hash of input, identity and answer: the same whenever computed")
    link_sha256: str | None = Field(description="hash of the answer's link in the chain")


class ListedProcedure(ProcedureEntry):
    """One stored procedure in a list, with what people added that a list is searched by."""

    site: str | None = Field(description="code, from the record")
    operator: str | None = Field(description="code, from the record")
    injectate: InjectateKind | None = Field(description="from the record")
    performed_on: PartialDate | None = Field(description="from the record")
    reviews: int


class ProcedurePage(Wire):
    """Some of the stored procedures, newest first."""

    total: int
    limit: int
    offset: int
    procedures: list[ListedProcedure]
