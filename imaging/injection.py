"""When injectate appears in the recess: it fills with bubbles, grows, thickens or changes its grey level."""

import statistics
from dataclasses import dataclass, replace

from imaging.bend import bend
from imaging.events import Event, EventKind, Moment
from imaging.observation import Observation
from imaging.tracking_rules import TrackingRules

_SIGMA_OF_MAD = 1.4826
_LEAST_BEFORE = 5


@dataclass(frozen=True, slots=True)
class RecessLook:
    """The recess in one frame; None where it was not measured."""

    at: Moment
    bright_share: float | None
    area_mm2: float | None
    thickness_mm: float | None
    mean_level: float | None

    @classmethod
    def of(cls, at: Moment, observation: Observation) -> "RecessLook":
        """What an observation says about the recess."""
        recess, echo = observation.recess, observation.echo
        bright, level = (None, None) if echo is None else (echo.bright_share, echo.mean_level)
        return cls(at, bright, recess.area_mm2, recess.thickness_mm, level)


@dataclass(frozen=True, slots=True)
class Sign:
    """One way in which injectate shows: a change by so much, and by a share of what was there before."""

    name: str
    least: float
    least_share: float = 0.0
    either_way: bool = False

    def shows(self, before: list[float], lately: list[float], noise_factor: float) -> bool:
        """Whether the latest values differ enough from those before."""
        base = statistics.median(before)
        noise = _SIGMA_OF_MAD * statistics.median(abs(value - base) for value in before)
        change = statistics.median(lately) - base
        size = abs(change) if self.either_way else change
        return size >= max(self.least, self.least_share * base, noise_factor * noise)


@dataclass(frozen=True, slots=True)
class Injection:
    """How the recess looked lately, since when the tip is close enough to fill it, and whether it was filled."""

    looks: tuple[RecessLook, ...] = ()
    near_since: Moment | None = None
    started: bool = False

    def step(
        self, look: RecessLook, distance_mm: float | None, rules: TrackingRules
    ) -> tuple["Injection", tuple[Event, ...]]:
        """The recess in one more frame, and the tip's signed distance to its wall; None where the tip is not known."""
        oldest = look.at.time_ms - rules.injection_history_ms
        kept = self.looks[1:] if self.looks and self.looks[0].at.time_ms < oldest else self.looks
        now = replace(self, looks=(*kept, look)).approached(look.at, distance_mm, rules)
        onset = None if now.started or now.near_since is None else now.onset(rules)
        if onset is None or now.near_since is None or onset.time_ms < now.near_since.time_ms:
            return now, ()
        return replace(now, started=True), (Event.at(EventKind.INJECTION_STARTED, onset),)

    def approached(self, at: Moment, distance_mm: float | None, rules: TrackingRules) -> "Injection":
        """Note when the tip came close; a tip that went away makes room for another injection."""
        if distance_mm is None:
            return self
        if distance_mm < -rules.injection_within_mm:
            return replace(self, near_since=None, started=False)
        return replace(self, near_since=self.near_since or at)

    def onset(self, rules: TrackingRules) -> Moment | None:
        """Where the change that shows began; None where nothing changed enough."""
        for sign in _signs(rules):
            known = [(look.at, value) for look in self.looks if (value := getattr(look, sign.name)) is not None]
            values = [value for _, value in known]
            if len(known) <= rules.injection_median_frames + _LEAST_BEFORE:
                continue
            settled = known[0][0].time_ms + rules.injection_baseline_ms
            before = [value for moment, value in known[: -rules.injection_median_frames] if moment.time_ms <= settled]
            if known[-1][0].time_ms <= settled or len(before) < _LEAST_BEFORE:
                continue
            if sign.shows(before, values[-rules.injection_median_frames :], rules.injection_noise):
                return known[bend([moment.time_ms for moment, _ in known], values)][0]
        return None


def _signs(rules: TrackingRules) -> tuple[Sign, ...]:
    """What is looked for, the quickest to show first."""
    return (
        Sign("bright_share", rules.injection_bright_share),
        Sign("area_mm2", rules.injection_area_mm2, rules.injection_area_share),
        Sign("thickness_mm", rules.injection_thickness_mm),
        Sign("mean_level", 0.0, rules.injection_level, either_way=True),
    )
