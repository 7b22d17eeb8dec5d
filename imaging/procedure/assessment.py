"""What is said about a whole procedure: verdict, numbers, key frames. Frames are named by their index in the source."""

from dataclasses import dataclass
from enum import StrEnum

from imaging.errors import BadInput
from imaging.procedure.timeline import Timeline
from imaging.reasons import Reason
from imaging.segmentation import Tissue
from imaging.tracking.events import Event, Moment


class ProcedureVerdict(StrEnum):
    """What is said about a whole procedure.

    Confirmed: inside at the injection, and injectate seen in the recess. Probable: inside, no injectate seen. Partial:
    injectate on both sides of the wall, which shows as a recess that fills while the tip stands outside it.
    Extra-articular: outside, in a tissue that is named. Indeterminate and not assessed say why in the reasons.
    """

    CONFIRMED = "confirmed"
    PROBABLE = "probable"
    PARTIAL = "partial"
    EXTRA_ARTICULAR = "extra_articular"
    INDETERMINATE = "indeterminate"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the tip stood when something was injected or, where nothing is seen to be, at its deepest.

    Parameters
    ----------
    at
        Frame that shows it best.
    first, last
        Frames between which the tip stood there, both included.
    frames, decided_frames
        How many frames show the needle there, and how many of them show the tip and a recess thick enough.
    p_inside
        Probability that the tip lies in the recess, from all frames of the stand; None where none could be judged.
    signed_distance_mm, centre_distance_mm
        Median distances from the tip to the nearest wall (above zero inside) and to the recess's centre of area.
    angle_deg
        Median angle between shaft and probe face.
    """

    at: Moment
    first: int
    last: int
    frames: int
    decided_frames: int
    p_inside: float | None
    signed_distance_mm: float | None
    centre_distance_mm: float | None
    angle_deg: float | None


@dataclass(frozen=True, slots=True)
class InjectateEvidence:
    """When something was injected, and what shows it in the recess.

    Parameters
    ----------
    started
        When it began; None where no injection is seen.
    fluid, bubbles, thickness, area
        Whether the recess's grey level changed, bright specks came, its greatest thickness or its area grew, each by
        more than its rule asks.
    """

    started: Moment | None = None
    fluid: bool = False
    bubbles: bool = False
    thickness: bool = False
    area: bool = False

    @property
    def in_recess(self) -> bool:
        """Whether anything shows injectate in the recess."""
        return self.started is not None and (self.fluid or self.bubbles or self.thickness or self.area)


@dataclass(frozen=True, slots=True)
class NeedleHandling:
    """How the needle was led.

    Parameters
    ----------
    needle_frames
        Frames that show a needle.
    tip_visible_share
        Share of them that show its tip; None without a needle.
    advanced_unseen_mm, advanced_unseen_s
        Advance between sightings with unseen frames between them, and how long those lasted; the commonest error in
        520 recorded blocks (Sites B.D. et al. Reg Anesth Pain Med 2007;32:107).
        None where no frame with a needle has a pixel size, so that nothing was followed in millimetres.
    passes
        Insertions: 1, and one more for each advance after a withdrawal of 10 mm or more; 0 without a needle, None
        where it was not followed.
    redirections
        Turns of more than 5 degrees; None where it was not followed.
    seconds_to_target
        From the needle's first sight until its tip first lay in the recess; None if it never did or no time is known.
    """

    needle_frames: int = 0
    tip_visible_share: float | None = None
    advanced_unseen_mm: float | None = 0.0
    advanced_unseen_s: float | None = 0.0
    passes: int | None = 0
    redirections: int | None = 0
    seconds_to_target: float | None = None


@dataclass(frozen=True, slots=True)
class RecessChange:
    """Size and look of the recess before and after the injection: medians over frames; None where not measured.

    ``level`` is the mean grey level inside (0 to 255), ``bright_share`` the share of bright specks, both with the
    needle left out.
    """

    thickness_before_mm: float | None = None
    thickness_after_mm: float | None = None
    area_before_mm2: float | None = None
    area_after_mm2: float | None = None
    level_before: float | None = None
    level_after: float | None = None
    bright_share_before: float | None = None
    bright_share_after: float | None = None


@dataclass(frozen=True, slots=True)
class KeyFrames:
    """Frames for the record: source indices, None where there is no such frame."""

    before_needle: int | None = None
    tip_in_recess: int | None = None
    injection: int | None = None
    after: int | None = None


@dataclass(frozen=True, eq=False)
class ProcedureAssessment:
    """Everything said about one procedure.

    Parameters
    ----------
    verdict, tissue, reasons
        What is said; the tissue at the tip where it stood outside; why the verdict is withheld or weakened, the
        commonest first.
    stand
        Where the tip stood; None where no frame with a needle could be judged.
    injectate, handling, recess, events, key_frames, timeline
        What it rests on.
    rules_sha256
        Which rules of tracking and of the procedure said it.

    Raises
    ------
    BadInput
        If an extra-articular verdict names no tissue, or a judged one has no stand.
    """

    verdict: ProcedureVerdict
    tissue: Tissue | None
    reasons: tuple[Reason, ...]
    stand: Stand | None
    injectate: InjectateEvidence
    handling: NeedleHandling
    recess: RecessChange
    events: tuple[Event, ...]
    key_frames: KeyFrames
    timeline: Timeline
    rules_sha256: str

    def __post_init__(self) -> None:
        outside = self.verdict is ProcedureVerdict.EXTRA_ARTICULAR
        if outside is not (self.tissue is not None):
            msg = f"verdict {self.verdict.value} with tissue {self.tissue}: expected one for extra_articular alone"
            raise BadInput(msg)
        if self.stand is None and self.verdict is not ProcedureVerdict.NOT_ASSESSED:
            msg = f"verdict {self.verdict.value} without a stand of the tip: expected where it rests on"
            raise BadInput(msg)
