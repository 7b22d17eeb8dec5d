"""What is known of a needle after the frames so far: a value that is passed on from frame to frame."""

from dataclasses import dataclass, field
from enum import StrEnum

from imaging.geometry import PixelSpacing, PointPx, SegmentPx
from imaging.tracking.averaged_odds import AveragedOdds
from imaging.tracking.events import Event, EventKind, Moment
from imaging.tracking.injection import Injection
from imaging.tracking.needle_events import Direction, Passes, Presence, Unseen
from imaging.tracking.observation import Observation
from imaging.tracking.recess_events import BoneContact, Crossing
from imaging.tracking.tip_filter import Followed, Vector
from imaging.tracking.watched import Watched


class Sight(StrEnum):
    """How the tip of a track is known."""

    SEEN = "seen"
    BRIDGED = "bridged"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Statistics:
    """Running numbers of a sequence.

    Parameters
    ----------
    frames, needle_frames, measured_frames, tip_frames, bridged_frames
        All frames; those with a needle; those of them with a pixel size, and that show its tip; those whose tip is
        predicted.
    passes, redirections, bone_contacts
        Events so far. The first insertion is no pass event.
    advanced_unseen_mm, advanced_unseen_ms
        Advance between sightings with unseen frames between them, and how long those lasted.
    first_seen, reached
        When a needle was first there, and when its tip first lay in the recess.
    """

    frames: int = 0
    needle_frames: int = 0
    measured_frames: int = 0
    tip_frames: int = 0
    bridged_frames: int = 0
    passes: int = 0
    redirections: int = 0
    bone_contacts: int = 0
    advanced_unseen_mm: float = 0.0
    advanced_unseen_ms: float = 0.0
    first_seen: Moment | None = None
    reached: Moment | None = None

    def counting(self, observation: Observation, memory: "Memory", events: tuple[Event, ...]) -> "Statistics":
        """The numbers after one more frame."""
        kinds = [event.kind for event in events]
        moments = {event.kind: Moment(event.frame_index, event.time_ms) for event in events}
        needle = observation.needle.shaft is not None
        return Statistics(
            frames=self.frames + 1,
            needle_frames=self.needle_frames + needle,
            measured_frames=self.measured_frames + (needle and observation.spacing is not None),
            tip_frames=self.tip_frames + (needle and observation.needle.tip_visible),
            bridged_frames=self.bridged_frames + (memory.tip.bridged > 0),
            passes=self.passes + kinds.count(EventKind.PASS),
            redirections=self.redirections + kinds.count(EventKind.REDIRECTION),
            bone_contacts=self.bone_contacts + kinds.count(EventKind.BONE_CONTACT),
            advanced_unseen_mm=memory.unseen.advanced_mm,
            advanced_unseen_ms=memory.unseen.advanced_ms,
            first_seen=self.first_seen or moments.get(EventKind.NEEDLE_ENTERED),
            reached=self.reached or moments.get(EventKind.ENTERED_RECESS),
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """What the next step needs and nobody else."""

    tip: Followed = field(default_factory=Followed)
    last_tip: Vector | None = None
    shaft_from: Vector | None = None
    progress_mm: float = 0.0
    inside: AveragedOdds = field(default_factory=AveragedOdds)
    presence: Presence = field(default_factory=Presence)
    passes: Passes = field(default_factory=Passes)
    direction: Direction = field(default_factory=Direction)
    unseen: Unseen = field(default_factory=Unseen)
    crossing: Crossing = field(default_factory=Crossing)
    bone: BoneContact = field(default_factory=BoneContact)
    injection: Injection = field(default_factory=Injection)

    def rescaled(self) -> "Memory":
        """What still holds in another scale: whether there is a needle, where it is among the tissues, totals."""
        return Memory(
            presence=self.presence,
            crossing=self.crossing,
            bone=self.bone,
            injection=Injection(started=self.injection.started),
            unseen=Unseen(advanced_mm=self.unseen.advanced_mm, advanced_ms=self.unseen.advanced_ms),
        )


@dataclass(frozen=True, slots=True)
class Track:
    """The needle after the frames so far.

    Parameters
    ----------
    at, spacing
        Frame and scale of the last observation; None before the first, and without calibration.
    sight
        Whether the tip was seen in this frame, is predicted (``bridged_frames`` frames after it was last believed), or
        lost.
    tip
        Smoothed tip in frame pixels; None where it is lost. Without calibration the tip as seen, not smoothed.
    tip_sigma_mm
        Standard deviation of its position, per axis.
    velocity_mm_s
        Along the shaft, above zero forward.
    shaft
        From the far end as last seen to the smoothed tip.
    p_inside
        Probability of lying in the recess, log odds averaged over the last moments.
    signed_distance_mm
        From the smoothed tip to the nearest wall of this frame's recess, above zero inside; None without either.
    watched
        Where injectate is looked for, for the observation of the next frame.
    events
        Raised in this step; each is dated to where it happened.
    """

    at: Moment | None = None
    spacing: PixelSpacing | None = None
    sight: Sight = Sight.LOST
    bridged_frames: int = 0
    tip: PointPx | None = None
    tip_sigma_mm: float | None = None
    velocity_mm_s: float | None = None
    shaft: SegmentPx | None = None
    p_inside: float | None = None
    signed_distance_mm: float | None = None
    in_recess: bool = False
    watched: Watched | None = None
    statistics: Statistics = Statistics()
    events: tuple[Event, ...] = ()
    memory: Memory = Memory()

    @classmethod
    def start(cls) -> "Track":
        """Before the first frame."""
        return cls()
