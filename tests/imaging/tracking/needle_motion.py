"""Needle sequences with known motion: what really happened, and what a fallible observer saw of it."""

import math
from dataclasses import dataclass, field

import numpy as np

from benchmarks.tracking_scoring import TrueEvent
from imaging.geometry import PixelSpacing, PointPx, SegmentPx, SpacingSource
from imaging.measurement import Needle, Recess
from imaging.placement import PathAhead, Placement, Verdict, signed_distance_mm
from imaging.reasons import Reason
from imaging.segmentation import Tissue
from imaging.tracking.events import EventKind
from imaging.tracking.observation import Observation
from imaging.tracking.watched import RecessEcho

NO_NEEDLE = Needle.absent(Reason.NO_NEEDLE)
NOT_PLACED = Placement.not_assessed(Reason.NO_NEEDLE)
SPACING = PixelSpacing(0.12, 0.1, SpacingSource.CALLER)
SHORTEST_MM = 4.0


@dataclass(frozen=True)
class Observer:
    """How badly frames are read. `perfect` reads them as they are."""

    tip_mm: float = 0.5
    outliers: float = 0.05
    outlier_mm: float = 10.0
    dropouts_per_s: float = 0.4
    longest_dropout: int = 8
    angle_deg: float = 0.7
    tremor_mm: float = 0.15
    drift_mm: float = 1.0
    wall_mm: float = 0.08
    ghosts: float = 0.01

    @classmethod
    def perfect(cls) -> "Observer":
        return cls(0.0, 0.0, 0.0, 0.0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass
class Course:
    """Depth of the tip along its shaft and angle of the shaft, frame by frame, as a script of moves."""

    rate_hz: float = 25.0
    depth_mm: list[float] = field(default_factory=list)
    angle_deg: list[float] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    injected: list[float] = field(default_factory=list)
    truth: list[tuple[EventKind, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.depth_mm)

    def mark(self, kind: EventKind) -> "Course":
        self.truth.append((kind, len(self)))
        return self

    def rest(self, seconds: float, *, hidden: bool = False) -> "Course":
        return self._add(np.full(self._frames(seconds), self._depth), self._angle, hidden=hidden)

    def move(self, to_mm: float, speed_mm_s: float, *, hidden: bool = False) -> "Course":
        frames = max(self._frames(abs(to_mm - self._depth) / speed_mm_s), 1)
        return self._add(np.linspace(self._depth, to_mm, frames + 1)[1:], self._angle, hidden=hidden)

    def turn(self, by_deg: float, speed_deg_s: float = 20.0) -> "Course":
        frames = max(self._frames(abs(by_deg) / speed_deg_s), 1)
        angles = np.linspace(self._angle, self._angle + by_deg, frames + 1)[1:]
        beyond = np.flatnonzero(np.abs(angles - self._angle) > 5.0)
        if beyond.size:
            self.truth.append((EventKind.REDIRECTION, len(self) + int(beyond[0])))
        for angle in angles:
            self._add(np.array([self._depth]), float(angle))
        return self

    def inject(self, seconds: float) -> "Course":
        self.mark(EventKind.INJECTION_STARTED)
        frames = self._frames(seconds)
        self._add(np.full(frames, self._depth), self._angle)
        self.injected[-frames:] = np.linspace(0.0, 1.0, frames + 1)[1:].tolist()
        return self

    @property
    def _depth(self) -> float:
        return self.depth_mm[-1] if self.depth_mm else 0.0

    @property
    def _angle(self) -> float:
        return self.angle_deg[-1] if self.angle_deg else 20.0

    def _frames(self, seconds: float) -> int:
        return max(round(seconds * self.rate_hz), 1)

    def _add(self, depths: np.ndarray, angle: float, *, hidden: bool = False) -> "Course":
        self.depth_mm += depths.tolist()
        self.angle_deg += [angle] * len(depths)
        self.hidden += [hidden] * len(depths)
        self.injected += [self.injected[-1] if self.injected else 0.0] * len(depths)
        return self


@dataclass(frozen=True)
class Anatomy:
    """A flat elliptic recess on the way of the needle and bone beneath it; mm in the picture."""

    entry: tuple[float, float] = (2.0, 6.0)
    centre: tuple[float, float] = (30.0, 16.0)
    half_length: float = 14.0
    half_thickness: float = 2.0
    bone_mm: float = 26.0
    opens_mm: float = 1.5
    bubbles: float = 0.15


@dataclass(frozen=True)
class Sequence:
    """What was seen, and what was so: tips in mm, None where there was no needle in the picture."""

    observations: list[Observation]
    tips_mm: list[tuple[float, float] | None]
    truth: list[TrueEvent]


def observe(
    course: Course, anatomy: Anatomy, observer: Observer, seed: int = 0, spacing: PixelSpacing = SPACING
) -> Sequence:
    """Let an observer watch a course."""
    rng = np.random.default_rng(seed)
    count, seconds = len(course), np.arange(len(course)) / course.rate_hz
    phase = rng.uniform(0.0, 2.0 * math.pi, 2)
    drift = observer.drift_mm * np.sin(2.0 * math.pi * seconds / 9.0 + phase[0])
    tremor = observer.tremor_mm * np.sin(2.0 * math.pi * 9.0 * seconds + phase[1])
    dropped = _dropouts(rng, count, observer, course.rate_hz)
    seen, tips, distances, heights = [], [], [], []
    for i in range(count):
        tip, angle = _true_tip(course, anatomy, i, drift[i], tremor[i])
        recess = _recess(anatomy, course.injected[i], drift[i], rng.normal(0.0, observer.wall_mm), spacing)
        there = course.depth_mm[i] >= SHORTEST_MM
        needle = NO_NEEDLE
        if there and not dropped[i]:
            needle = _needle(rng, observer, tip, angle, course.depth_mm[i], spacing)
            if course.hidden[i]:
                needle = _hide(needle)
        elif not there and rng.uniform() < observer.ghosts:
            needle = _needle(rng, observer, (rng.uniform(5, 50), rng.uniform(5, 30)), angle, 6.0, spacing)
        echo = _echo(rng, anatomy, course.injected[i])
        placement = _placement(recess, needle, spacing, anatomy.bone_mm)
        time_ms = 1e3 * (seconds[i] + (rng.uniform(-0.05, 0.05) / course.rate_hz if observer.tip_mm else 0.0))
        seen.append(Observation(i, time_ms, spacing, needle, recess, placement, echo))
        tips.append(tip if there else None)
        heights.append(anatomy.bone_mm - tip[1])
        still = _recess(anatomy, course.injected[i], drift[i], 0.0, spacing)
        distances.append(signed_distance_mm(spacing, still, _px(tip, spacing)))
    shown = [o.needle.tip_visible for o in seen]
    happened = course.truth + _crossings(distances) + _presence(tips) + _contacts(heights)
    truth = [TrueEvent.visible(kind, frame, shown) for kind, frame in happened] + _unseen(course, shown)
    return Sequence(seen, tips, sorted(truth, key=lambda event: event.first))


def _unseen(course: Course, shown: list[bool]) -> list[TrueEvent]:
    """Advances between two sightings; those near the threshold of 5 mm may be found or not."""
    found, last = [], None
    for i in (i for i, is_shown in enumerate(shown) if is_shown and course.depth_mm[i] >= SHORTEST_MM):
        if last is not None and i > last + 1:
            advance, ms = course.depth_mm[i] - course.depth_mm[last], 1e3 * (i - last) / course.rate_hz
            if advance >= 4.0 or (advance >= 1.0 and ms >= 900.0):
                sure = advance >= 6.0 or (advance >= 2.5 and ms >= 1100.0)
                found.append(TrueEvent(EventKind.ADVANCED_UNSEEN, last + 1, last + 1, sure))
        last = i
    return found


def _true_tip(
    course: Course, anatomy: Anatomy, i: int, drift: float, tremor: float
) -> tuple[tuple[float, float], float]:
    angle = math.radians(course.angle_deg[i])
    x, y = anatomy.entry
    depth = course.depth_mm[i] + tremor
    return (x + drift + depth * math.cos(angle), y + depth * math.sin(angle)), course.angle_deg[i]


def _needle(
    rng: np.random.Generator,
    observer: Observer,
    tip: tuple[float, float],
    angle: float,
    length: float,
    spacing: PixelSpacing,
) -> Needle:
    """Fitted axis with the angle's error, the tip with its own; outliers lie in any direction."""
    wrong = rng.normal(0.0, observer.angle_deg * max(1.0, 15.0 / length)) if observer.angle_deg else 0.0
    measured = math.radians(angle + wrong)
    true = math.radians(angle)
    start = (tip[0] - length * math.cos(true), tip[1] - length * math.sin(true))
    off = rng.normal(0.0, observer.tip_mm, 2) if observer.tip_mm else np.zeros(2)
    if rng.uniform() < observer.outliers:
        way = rng.uniform(0.0, 2.0 * math.pi)
        off = off + observer.outlier_mm * np.array([math.cos(way), math.sin(way)])
    seen = (tip[0] + float(off[0]), tip[1] + float(off[1]))
    return Needle(
        shaft=SegmentPx(_px(start, spacing), _px(seen, spacing)),
        tip=_px(seen, spacing),
        tip_sigma_mm=max(observer.tip_mm, 0.3),
        tip_visible=True,
        angle_deg=math.degrees(math.atan2(abs(math.sin(measured)), abs(math.cos(measured)))),
        visible_length_mm=length,
        confidence=0.9,
    )


def _hide(needle: Needle) -> Needle:
    return Needle(needle.shaft, needle.tip, 2.5, False, needle.angle_deg, needle.visible_length_mm, 0.6)


def _recess(anatomy: Anatomy, injected: float, drift: float, wall: float, spacing: PixelSpacing) -> Recess:
    half = max(anatomy.half_thickness + anatomy.opens_mm * injected / 2.0 + wall / 2.0, 0.1)
    around = np.linspace(0.0, 2.0 * math.pi, 48, endpoint=False)
    x = anatomy.centre[0] + drift + anatomy.half_length * np.cos(around)
    y = anatomy.centre[1] + half * np.sin(around)
    outline = np.column_stack([x / spacing.column_mm, y / spacing.row_mm])
    area = math.pi * half * anatomy.half_length
    return Recess((outline,), area, 2.0 * half, 2.0 * anatomy.half_length, anatomy.centre[1] - half, 0.9)


def _echo(rng: np.random.Generator, anatomy: Anatomy, injected: float) -> RecessEcho:
    """Bubbles come with the first quarter of what is injected."""
    bright = 0.01 + anatomy.bubbles * min(4.0 * injected, 1.0) + rng.normal(0.0, 0.004)
    return RecessEcho(30.0 + rng.normal(0.0, 1.5), max(bright, 0.0))


def _placement(recess: Recess, needle: Needle, spacing: PixelSpacing, bone_mm: float) -> Placement:
    if needle.tip is None or needle.shaft is None or needle.angle_deg is None:
        return NOT_PLACED
    distance = signed_distance_mm(spacing, recess, needle.tip)
    p = 0.5 * (1.0 + math.erf(distance / 0.6 / math.sqrt(2.0)))
    to_bone = (bone_mm - needle.tip.y * spacing.row_mm) / max(math.sin(math.radians(needle.angle_deg)), 1e-3)
    path = PathAhead(meets_bone_mm=round(to_bone, 1) if 0.0 < to_bone < 30.0 else None)
    tissue = Tissue.BONE if -1.0 < to_bone <= 0.3 else Tissue.QUADRICEPS
    return Placement(Verdict.INDETERMINATE, p, distance, tissue, path, ())


def _px(at: tuple[float, float], spacing: PixelSpacing) -> PointPx:
    return PointPx(at[0] / spacing.column_mm, at[1] / spacing.row_mm)


def _dropouts(rng: np.random.Generator, count: int, observer: Observer, rate_hz: float) -> np.ndarray:
    dropped = np.zeros(count, bool)
    for start in np.flatnonzero(rng.uniform(size=count) < observer.dropouts_per_s / rate_hz):
        if not dropped[max(start - 1, 0)]:
            dropped[start : start + int(rng.integers(1, observer.longest_dropout + 1))] = True
    return dropped


def _presence(tips: list[tuple[float, float] | None]) -> list[tuple[EventKind, int]]:
    there = [tip is not None for tip in tips]
    changes = [(i, now) for i, (before, now) in enumerate(zip([False, *there], there, strict=False)) if before != now]
    return [(EventKind.NEEDLE_ENTERED if now else EventKind.NEEDLE_LEFT, i) for i, now in changes]


def _crossings(distances: list[float]) -> list[tuple[EventKind, int]]:
    """Where the tip crosses the wall for good: well beyond it, and for four frames."""
    found, inside = [], False
    for i in range(len(distances) - 3):
        ahead = distances[i : i + 4]
        goes = min(ahead) > 0.0 and max(ahead) > 0.3 if not inside else max(ahead) < 0.0 and min(ahead) < -0.3
        if goes:
            inside = not inside
            found.append((EventKind.ENTERED_RECESS if inside else EventKind.LEFT_RECESS, i))
    return found


def _contacts(heights: list[float]) -> list[tuple[EventKind, int]]:
    """Where the tip comes within 0.5 mm of bone, having been 1.5 mm away from it."""
    found, touching = [], False
    for i, height in enumerate(heights):
        if height <= 0.5 and not touching:
            found.append((EventKind.BONE_CONTACT, i))
        touching = height <= 0.5 or (touching and height <= 1.5)
    return found
