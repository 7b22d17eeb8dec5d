"""What a reader says of an answer, and how far two readers say the same."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from imaging.placement import Verdict
from service.wire.base import Wire
from service.wire.codes import Code, Judgement, ReaderRole, ReviewReason
from service.wire.record import Added

_Pixel = Annotated[float, Field(ge=-0.5, le=65535, allow_inf_nan=False)]
Position = Annotated[tuple[_Pixel, _Pixel], Field(description="[x, y], (0, 0) the centre of the top-left pixel")]
Outline = Annotated[list[Position], Field(min_length=3, max_length=2_000)]
MOST_CORNERS = 60_000
"""Of all outlines of a review: 300 frames with an outline of 200 corners each."""


class Correction(Wire):
    """Where needle and recess are on one frame, in the reader's eyes; a part that is not said is not judged."""

    frame: Annotated[int, Field(ge=0)]
    tip_px: Position | None = Field(
        default=None, description="without shaft_px it moves the end of the shaft that was answered"
    )
    shaft_px: tuple[Position, Position] | None = Field(default=None, description="both ends of the visible shaft")
    needle_absent: bool = False
    recess_px: Annotated[list[Outline], Field(max_length=20)] | None = Field(
        default=None, description="outlines of the recess; empty: there is none"
    )
    rest_confirmed: bool = Field(default=False, description="what is not said here is as the answer says")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.needle_absent and (self.tip_px is not None or self.shaft_px is not None):
            msg = "needle_absent is said beside a tip or shaft: expected one of them"
            raise ValueError(msg)
        if not (self.needle_said or self.rest_confirmed or self.recess_px is not None):
            msg = "a correction says nothing: expected tip_px, shaft_px, needle_absent, recess_px or rest_confirmed"
            raise ValueError(msg)
        return self

    @property
    def needle_said(self) -> bool:
        """Whether it speaks of the needle."""
        return self.needle_absent or self.tip_px is not None or self.shaft_px is not None

    @property
    def corners(self) -> int:
        """Number of corners of its outlines."""
        return sum(map(len, self.recess_px or ()))


class Review(Wire):
    """What a reader says of an answer; kept beside it, never over it."""

    reviewer: Code
    role: ReaderRole | None = None
    blinded: bool = Field(description="given without sight of what other readers said")
    frame: Annotated[int, Field(ge=0)] | None = Field(default=None, description="null: the procedure as a whole")
    judgement: Judgement
    reason: ReviewReason | None = None
    verdict: Verdict | None = Field(default=None, description="where the tip is, in the reader's eyes")
    corrections: Annotated[list[Correction], Field(max_length=5_000)] = Field(
        default=[], description="one of a frame at most"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.judgement is Judgement.DISAGREE and self.reason is None:
            msg = "a disagreement has no reason: expected one of the codes"
            raise ValueError(msg)
        frames = [correction.frame for correction in self.corrections]
        if len(set(frames)) < len(frames):
            msg = "a frame is corrected twice: expected one correction of it"
            raise ValueError(msg)
        if sum(correction.corners for correction in self.corrections) > MOST_CORNERS:
            msg = f"the outlines have more than {MOST_CORNERS} corners in all"
            raise ValueError(msg)
        return self


class ReviewAnswer(Added):
    """One review, signed: who, when, and the hash that the chain holds of it."""

    review: Review


class ReviewsAnswer(Wire):
    """Reviews that whoever asks may see."""

    reviews: list[ReviewAnswer] = Field(description="in the order in which they were signed")
    withheld: int = Field(description="reviews by others, shown when this reader has signed one of the whole procedure")


class KappaAnswer(Wire):
    """Agreement of two readers beyond chance."""

    measure: Literal["cohens_kappa", "scotts_pi"] = Field(
        description="Cohen's kappa (1960) of the two readers who were asked for; else Scott's pi (1955), the intraclass"
        " kappa: who reads differs from one procedure to the next, and which of two is the first does not matter to it"
    )
    n: int
    categories: list[str]
    table: list[list[int]] = Field(
        description="[first reader][second reader], in the order of categories; of scotts_pi, whichever reader said it,"
        " what two differ in stands at [category that comes first][the other]"
    )
    observed: float | None = Field(description="share in which both say the same; null of nothing")
    expected: float | None = Field(
        description="that share by chance, from how often each says what, of scotts_pi both together"
    )
    kappa: float | None = Field(description="null where there is none, see absent_because")
    low: float | None = Field(description="95 % interval")
    high: float | None
    absent_because: Literal["NOTHING_READ_TWICE", "ONE_CATEGORY"] | None


class SpreadAnswer(Wire):
    """A number over many procedures."""

    n: int
    median: float | None
    low: float | None = Field(description="95 % interval of the median; null of fewer than 6")
    high: float | None
    p95: float | None = Field(description="95th percentile")


class PairAnswer(Wire):
    """One procedure read by two."""

    procedure_id: str
    readers: tuple[str, str] = Field(description="in the order in which they were asked for, else of signing")
    blinded: bool = Field(description="the one who signed second had not seen what the other said")
    judgements: tuple[Judgement, Judgement]
    verdicts: tuple[Verdict | None, Verdict | None] = Field(
        description="in the reader's eyes: what the reader says or, of one who agrees, the answer's"
    )
    frames: int = Field(description="that either reader corrected and both speak of")
    needle_agreed: int = Field(description="of those on which both speak of the needle: both see one, or both none")
    needle_read: int
    tip_distance_mm: float | None = Field(description="median over the frames on which both place the tip")
    recess_dice: float | None = Field(description="mean over the frames on which both speak of the recess")


class AgreementAnswer(Wire):
    """How far two readers say the same of the procedures that both have read."""

    procedures: int = Field(description="read by two")
    judgements: KappaAnswer
    verdicts: KappaAnswer = Field(description="inside, outside or neither, where both say one")
    tip_distance_mm: SpreadAnswer
    recess_dice: SpreadAnswer
    pairs: list[PairAnswer] = Field(description="the newest 500")
