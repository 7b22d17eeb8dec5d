"""When injectate appears in the recess: it fills with bubbles, grows, thickens or changes its grey level."""

import math
import statistics
from dataclasses import dataclass, replace

from imaging.tracking.bend import bend
from imaging.tracking.events import Event, EventKind, Moment
from imaging.tracking.observation import Observation
from imaging.tracking.rules import TrackingRules

_SIGMA_OF_MAD = 1.4826
_LEAST_BEFORE = 4


@dataclass(frozen=True, slots=True)
class RecessLook:
    """The recess in one frame; None where it was not measured.

    Grey levels are told only of frames that show the shaft, for only then can the needle be left out of them.
    """

    at: Moment
    bright_share: float | None
    area_mm2: float | None
    thickness_mm: float | None
    mean_level: float | None

    @classmethod
    def of(cls, at: Moment, observation: Observation) -> "RecessLook":
        """What an observation says about the recess."""
        recess = observation.recess
        echo = observation.echo if observation.needle.shaft is not None else None
        bright, level = (None, None) if echo is None else (echo.bright_share, echo.mean_level)
        return cls(at, bright, recess.area_mm2, recess.thickness_mm, level)


@dataclass(frozen=True, slots=True)
class Sign:
    """One way in which injectate shows: a change by so much, and by a share of what was there before.

    A sign of the echo is compared with what the recess looked like since the tip rests close by, as a moving needle
    itself changes the picture.
    """

    name: str
    least: float
    least_share: float = 0.0
    of_echo: bool = False
    either_way: bool = False

    def shows(self, before: list[float], lately: list[float], noise_factor: float) -> bool:
        """Whether the latest values differ enough from those before."""
        base = statistics.median(before)
        noise = _SIGMA_OF_MAD * statistics.median(abs(value - base) for value in before)
        change = statistics.median(lately) - base
        size = abs(change) if self.either_way else change
        return size >= max(self.least, self.least_share * base, noise_factor * noise)


@dataclass(frozen=True, slots=True)
class Tip:
    """Signed distance of a believed tip to the recess's wall, above zero inside, and its speed along the shaft."""

    distance_mm: float
    speed_mm_s: float


@dataclass(frozen=True, slots=True)
class Injection:
    """How the recess looked lately, since when the tip is close enough to fill it and rests there, and if it did."""

    looks: tuple[RecessLook, ...] = ()
    near_since: Moment | None = None
    resting_since: Moment | None = None
    started: bool = False

    def step(self, look: RecessLook, tip: Tip | None, rules: TrackingRules) -> tuple["Injection", tuple[Event, ...]]:
        """The recess in one more frame, and the tip; None where it is not known."""
        oldest = look.at.time_ms - rules.injection_history_ms
        kept = self.looks[1:] if self.looks and self.looks[0].at.time_ms < oldest else self.looks
        now = replace(self, looks=(*kept, look)).approached(look.at, tip, rules)
        onset = None if now.started or now.near_since is None else now.onset(rules)
        if onset is None or now.near_since is None or onset.time_ms < now.near_since.time_ms:
            return now, ()
        return replace(now, started=True), (Event.at(EventKind.INJECTION_STARTED, onset),)

    def approached(self, at: Moment, tip: Tip | None, rules: TrackingRules) -> "Injection":
        """Note when the tip came close and came to rest; one that went away makes room for another injection."""
        if tip is None:
            return self
        if tip.distance_mm < -rules.injection_within_mm:
            return replace(self, near_since=None, resting_since=None, started=False)
        moves = abs(tip.speed_mm_s) > rules.moving_mm_s
        rests = self.resting_since or (at if abs(tip.speed_mm_s) <= rules.moving_mm_s / 2.0 else None)
        return replace(self, near_since=self.near_since or at, resting_since=None if moves else rests)

    def onset(self, rules: TrackingRules) -> Moment | None:
        """Where the change that shows began; None where nothing changed enough."""
        late = rules.injection_median_frames
        for sign in _signs(rules):
            if sign.of_echo and self.resting_since is None:
                continue
            since = self.resting_since.time_ms if sign.of_echo and self.resting_since else -math.inf
            known = [
                (look.at.time_ms, value, look.at)
                for look in self.looks
                if look.at.time_ms >= since and (value := getattr(look, sign.name)) is not None
            ]
            learned_ms = rules.injection_echo_baseline_ms if sign.of_echo else rules.injection_baseline_ms
            before = [value for ms, value, _ in known[:-late] if ms <= known[0][0] + learned_ms]
            if len(before) < _LEAST_BEFORE or known[-late][0] <= known[0][0] + learned_ms:
                continue
            if sign.shows(before, [value for _, value, _ in known[-late:]], rules.injection_noise):
                return known[bend([ms for ms, _, _ in known], [value for _, value, _ in known])][2]
        return None


def _signs(rules: TrackingRules) -> tuple[Sign, ...]:
    """What is looked for, the quickest to show first."""
    return (
        Sign("bright_share", rules.injection_bright_share, of_echo=True),
        Sign("area_mm2", rules.injection_area_mm2, rules.injection_area_share),
        Sign("thickness_mm", rules.injection_thickness_mm),
        Sign("mean_level", rules.injection_level, rules.injection_level_share, of_echo=True, either_way=True),
    )
