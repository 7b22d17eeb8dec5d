"""Everything said about one frame, and by what."""

from typing import Annotated, Literal

from pydantic import Field

from imaging.placement import Verdict
from imaging.reasons import Reason
from service.wire.base import PointXY, TissueName, Wire


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


class InstalledModel(Wire):
    """A network that lies in or beside the folder of the one in use."""

    folder: str
    model: str | None
    model_version: str | None
    model_sha256: str | None
    in_use: bool
    problem: str | None = Field(description="what is wrong with its manifest")


class ModelAnswer(Wire):
    """The network and the rules that answer now."""

    identity: Identity
    rules: dict[str, float | str]
    installed: list[InstalledModel]
