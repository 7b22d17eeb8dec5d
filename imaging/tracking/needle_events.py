"""What a needle does: enters, leaves, is withdrawn and advanced again, turned, pushed on unseen.

Each detector is a value with one method that takes a `Sighting` and gives the detector after it, and what it found.
"""

import statistics
from dataclasses import dataclass, field, replace

from imaging.tracking.bend import bend
from imaging.tracking.events import Event, EventKind, Moment, Switch
from imaging.tracking.rules import TrackingRules
from imaging.tracking.tip_filter import Followed, Vector, across, along, minus

Found = tuple[Event, ...]
_FORGIVEN_MISSES = 3
_FORGIVEN_GHOSTS = 1
_WAY = 40


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one frame adds about the needle.

    Parameters
    ----------
    elapsed_ms
        Since the frame before.
    needle
        Whether a shaft is there.
    tip_shown
        Whether the frame shows the tip, believed or not.
    tip
        The tip as followed up to this frame.
    progress_mm
        Net way of the tip along the shaft since the sequence began; meaningful as differences.
    direction_deg
        Of the shaft, modulo 180; None where too little of it is seen.
    """

    at: Moment
    elapsed_ms: float
    needle: bool
    tip_shown: bool
    tip: Followed
    progress_mm: float
    direction_deg: float | None

    def sure(self, rules: TrackingRules) -> bool:
        """Whether the tip is seen, believed, and was long enough to be no chance hit."""
        return self.tip.seen and self.tip.hits >= rules.confirm_frames


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether there is a needle in the picture."""

    switch: Switch = field(default_factory=Switch)

    def step(self, now: Sighting, rules: TrackingRules) -> tuple["Presence", Found]:
        """Entered after a few frames that show it, left after a second without."""
        if self.switch.on:
            believed = 0 if now.tip.seen and now.tip.hits > 1 else _FORGIVEN_GHOSTS
            switch = self.switch.step(
                now.at, wants=now.needle, weight=now.elapsed_ms, needed=rules.needle_left_ms, forgiven=believed
            )
        else:
            switch = self.switch.step(
                now.at, wants=now.needle, weight=1.0, needed=rules.confirm_frames, forgiven=_FORGIVEN_MISSES
            )
        kind = EventKind.NEEDLE_ENTERED if switch.on else EventKind.NEEDLE_LEFT
        return Presence(switch), (Event.at(kind, switch.flipped),) if switch.flipped else ()


@dataclass(frozen=True, slots=True)
class Passes:
    """How far in the needle was, how far out it came after, and its latest way since then."""

    deepest_mm: float | None = None
    outmost_mm: float = 0.0
    way: tuple[tuple[Moment, float], ...] = ()

    def step(self, now: Sighting, rules: TrackingRules) -> tuple["Passes", Found]:
        """A pass begins where a needle withdrawn far enough is advanced again."""
        if not now.sure(rules):
            return self, ()
        here = now.progress_mm
        deepest = here if self.deepest_mm is None else self.deepest_mm
        if not self.way:
            withdrawn = deepest - here >= rules.withdrawn_from_mm
            return Passes(max(deepest, here), here, ((now.at, here),) if withdrawn else ()), ()
        if here < self.outmost_mm:
            return Passes(deepest, here, ((now.at, here),)), ()
        way = (*self.way, (now.at, here))[-_WAY:]
        if here - self.outmost_mm < rules.advanced_again_mm:
            return Passes(deepest, self.outmost_mm, way), ()
        start = way[bend([at.time_ms for at, _ in way], [mm for _, mm in way])][0]
        return Passes(here), (Event.at(EventKind.PASS, start, mm=deepest - self.outmost_mm),)


@dataclass(frozen=True, slots=True)
class Direction:
    """The shaft's settled direction and its last few directions."""

    reference_deg: float | None = None
    recent: tuple[tuple[Moment, float], ...] = ()

    def step(self, now: Sighting, rules: TrackingRules) -> tuple["Direction", Found]:
        """Redirected where medians of the direction stay off the settled one, all to the same side."""
        if now.direction_deg is None:
            return self, ()
        window = rules.direction_frames
        recent = (*self.recent, (now.at, now.direction_deg))[-3 * window :]
        medians = _medians(recent, window)
        if len(medians) < window:
            return replace(self, recent=recent), ()
        if self.reference_deg is None:
            rests = len(medians) >= window + 2 and max(medians) - min(medians) <= rules.direction_settled_deg
            return Direction(statistics.median(medians) if rests else None, recent), ()
        off = [_turn(self.reference_deg, median) for median in medians[-window:]]
        if min(off) > rules.redirected_from_deg or max(off) < -rules.redirected_from_deg:
            # The middle of the window whose median was the first to be off.
            moment = recent[1 - 2 * window + window // 2][0]
            return Direction(None, recent), (Event.at(EventKind.REDIRECTION, moment),)
        near = abs(off[-1]) <= rules.direction_settled_deg / 2.0
        return Direction(self.reference_deg + (0.05 * off[-1] if near else 0.0), recent), ()


def _medians(recent: tuple[tuple[Moment, float], ...], window: int) -> list[float]:
    """Running medians of directions, unwrapped around the first."""
    if len(recent) < window:
        return []
    first = recent[0][1]
    unwrapped = [first + _turn(first, degrees) for _, degrees in recent]
    return [statistics.median(unwrapped[i : i + window]) for i in range(len(unwrapped) - window + 1)]


def _turn(reference_deg: float, degrees: float) -> float:
    """Turn from one direction of a line to another, -90 to 90."""
    return (degrees - reference_deg + 90.0) % 180.0 - 90.0


@dataclass(frozen=True, slots=True)
class Unseen:
    """Where the tip was last seen for sure, since when it is not shown, and where it came back.

    ``advanced_mm`` and ``advanced_ms`` are the totals so far.
    """

    last: Vector | None = None
    last_hits: int = 0
    since: Moment | None = None
    back: Moment | None = None
    advanced_mm: float = 0.0
    advanced_ms: float = 0.0

    def step(self, now: Sighting, rules: TrackingRules) -> tuple["Unseen", Found]:
        """Measure the way between two sightings with unseen frames between them."""
        if not now.tip_shown:
            return replace(self, since=self.since or now.at, back=None), ()
        back = now.at if self.back is None or now.tip.hits == 1 else self.back
        motion = now.tip.motion
        if motion is None or not now.sure(rules):
            return replace(self, back=back), ()
        restarted = now.tip.hits <= self.last_hits
        resumed = now.tip.found_at if restarted and now.tip.found_at else motion.at
        seen = replace(self, last=motion.at, last_hits=now.tip.hits, since=None, back=None)
        if self.last is None or self.since is None:
            return seen, ()
        way = minus(resumed, self.last)
        advance, aside = along(way, motion.axis), across(way, motion.axis)
        if advance < max(rules.unseen_noise_mm, abs(aside)):
            return seen, ()
        return seen.adding(advance, self.since, back, rules)

    def adding(self, mm: float, start: Moment, end: Moment, rules: TrackingRules) -> tuple["Unseen", Found]:
        """Count an unseen advance, and report it if it is a long one."""
        ms = end.time_ms - start.time_ms
        more = replace(self, advanced_mm=self.advanced_mm + mm, advanced_ms=self.advanced_ms + ms)
        if mm < rules.unseen_advance_mm and ms < rules.unseen_advance_ms:
            return more, ()
        return more, (Event.at(EventKind.ADVANCED_UNSEEN, start, mm, ms / 1e3),)
