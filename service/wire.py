"""The JSON of the public answers, as the OpenAPI document shows it.

Field names are the contract. What is absent is null, with ``absent_because`` beside it. Image positions are
``[x, y]`` in pixels, (0, 0) the centre of the top-left pixel, rounded to 0.01 px; millimetres to 0.001.
`service.answer` fills the same shapes without building these models, in half the time.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from imaging.placement import Verdict
from imaging.procedure import ProcedureVerdict
from imaging.reasons import Reason

PointXY = Annotated[list[float], Field(min_length=2, max_length=2)]
TissueName = Literal[
    "background",
    "subcutaneous",
    "quadriceps",
    "suprapatellar_fat",
    "recess",
    "prefemoral_fat",
    "bone",
    "needle",
    "shadow",
]


class Wire(BaseModel):
    """Base of all that goes over the wire: nothing unknown, nothing changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FrameIdentity(Wire):
    """Which picture was judged."""

    index: int
    width: int
    height: int
    pixels_sha256: str
    captured_at: int | None = Field(description="nanoseconds on the sender's clock")
    bmode_px: list[int] = Field(description="[x0, y0, x1, y1), the part of the picture that shows tissue")


class Calibration(Wire):
    """Size of a pixel and who said so."""

    spacing_mm: Annotated[list[float], Field(min_length=2, max_length=2)] | None = Field(description="[row, column]")
    source: Literal["dicom-region", "dicom-pixel-spacing", "caller", "ruler"] | None
    absent_because: Reason | None


class View(Wire):
    """Scores (0 to 1) of the picture as a whole."""

    suprapatellar: float
    quality: float


class RecessAnswer(Wire):
    """The recess as outlined; all null and no polygon where there is none."""

    polygons_px: list[list[PointXY]]
    area_mm2: float | None
    thickness_mm: float | None
    length_mm: float | None
    roof_depth_mm: float | None
    confidence: float
    absent_because: Reason | None


class NeedleAnswer(Wire):
    """The needle as seen; all null where there is none."""

    shaft_px: Annotated[list[PointXY], Field(min_length=2, max_length=2)] | None
    tip_px: PointXY | None
    tip_sigma_mm: float | None
    tip_visible: bool
    angle_deg: float | None
    visible_length_mm: float | None
    confidence: float
    absent_because: Reason | None


class PathAnswer(Wire):
    """What the needle meets if it is pushed on, in millimetres ahead of its tip."""

    meets_recess_mm: float | None
    meets_bone_mm: float | None


class PlacementAnswer(Wire):
    """The verdict and what it rests on."""

    verdict: Verdict
    score: int | None = Field(description="100 x p_inside; withheld where nothing was assessed")
    p_inside: float | None
    signed_distance_mm: float | None = Field(description="tip to nearest wall; above zero inside, below outside")
    tissue_at_tip: TissueName | None
    path: PathAnswer
    reasons: list[Reason] = Field(description="why the verdict is withheld, weakened or qualified")
    explanations: list[str] = Field(description="one sentence for each of the reasons")


class Identity(Wire):
    """What answered: enough to ask it again."""

    model: str
    model_version: str
    model_sha256: str
    precision: str
    provider: str
    rules_sha256: str
    code_version: str


class FrameAnswer(Wire):
    """Everything said about one frame."""

    frame: FrameIdentity
    calibration: Calibration
    view: View
    recess: RecessAnswer
    needle: NeedleAnswer
    placement: PlacementAnswer
    timing_ms: dict[str, float] = Field(description="empty in stored answers, which are the same whenever computed")
    identity: Identity


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
    """Where the parts are; ``{n}`` stands for a frame's index."""

    self: str
    frame: str
    picture: str
    overlay_svg: str
    overlay_png: str


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


class ProcedurePage(Wire):
    """Some of the stored procedures, newest first."""

    total: int
    limit: int
    offset: int
    procedures: list[ProcedureEntry]


class ModelAnswer(Wire):
    """The network and the rules that answer now."""

    identity: Identity
    rules: dict[str, float | str]


class Health(Wire):
    """State of the process."""

    status: str


class Problem(BaseModel):
    """Reason a request was refused (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="urn:sonoplace:problem:<code>, stable")
    title: str
    status: int
    detail: str
    instance: str
    code: str
