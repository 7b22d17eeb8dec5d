"""Networks at hand, and a stored procedure judged once more by another one."""

from typing import Literal

from pydantic import Field

from imaging.placement import Verdict
from service.wire.base import Wire
from service.wire.course import CourseAnswer
from service.wire.frame import Identity, InstalledModel
from service.wire.procedure import Summary


class ModelsAnswer(Wire):
    """Networks that a stored procedure may be judged by."""

    in_use: str = Field(description="version of the one that answers")
    models: list[InstalledModel]


class Judged(Wire):
    """What one network says of a procedure."""

    identity: Identity
    summary: Summary
    frame_verdicts: list[Verdict]


class ComparisonLinks(Wire):
    """Where the other network's answers are while they are held; ``{n}`` stands for a frame's index."""

    self: str
    frame: str
    overlay_svg: str


class ComparisonAnswer(Wire):
    """A procedure judged once more by another network. Held for a while, never stored."""

    procedure_id: str
    model: str = Field(description="folder of the network")
    status: Literal["running", "done", "failed"]
    failure: str | None = Field(description="code of the problem that ended it")
    frame_count: int
    frames_done: int
    stored: Judged
    compared: Judged | None = Field(description="null until it is done")
    frames_differing: list[int] | None = Field(description="frames with another verdict")
    course: CourseAnswer | None = Field(description="the other network's answers as columns")
    links: ComparisonLinks
