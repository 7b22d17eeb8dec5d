"""When injectate appears in the recess: it fills with bubbles, grows, thickens or changes its grey level."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from imaging.tracking.bend import bend
from imaging.tracking.events import Event, EventKind, Moment
from imaging.tracking.observation import Observation
from imaging.tracking.rules import TrackingRules

_SIGMA_OF_MAD = 1.4826
_LEAST_BEFORE = 4


@dataclass(frozen=True, slots=True)
class RecessLook:
    """The recess in one frame; None where it was not measured.

    ``held_since_ms`` is when the ground was chosen in which the echo was measured, which is when the tip came to rest:
    the echoes of two grounds do not compare, and a moving needle itself changes what is outlined.
    ``tip_distance_mm`` is that of a believed tip to the recess's wall, above zero inside; infinitely far below without
    a needle.
    """

    at: Moment
    bright_share: float | None
    area_mm2: float | None
    thickness_mm: float | None
    mean_level: float | None
    held_since_ms: float | None = None
    tip_distance_mm: float | None = None

    @classmethod
    def of(cls, at: Moment, observation: Observation, tip_distance_mm: float | None) -> "RecessLook":
        """What an observation says about the recess."""
        recess, echo, watched = observation.recess, observation.echo, observation.watched
        bright, level = (None, None) if echo is None else (echo.bright_share, echo.mean_level)
        since_ms = None if watched is None else watched.since_ms
        return cls(at, bright, recess.area_mm2, recess.thickness_mm, level, since_ms, tip_distance_mm)

    def is_away(self, rules: TrackingRules) -> bool:
        """Whether the tip is far from the recess, where no ground is held that would tell."""
        far = self.tip_distance_mm is not None and self.tip_distance_mm < -rules.injection_within_mm
        return far and self.held_since_ms is None


@dataclass(frozen=True, slots=True)
class Sign:
    """One way in which injectate shows: a change by so much, and by a share of what was there before."""

    name: str
    least: float
    least_share: float = 0.0
    of_echo: bool = False
    either_way: bool = False

    def known(self, looks: Iterable[RecessLook], ground_ms: float | None) -> Iterator[tuple[Moment, float]]:
        """Values that were measured in a ground."""
        for look in looks:
            value = getattr(look, self.name)
            if value is not None and look.held_since_ms == ground_ms:
                yield look.at, value

    def compared(self, looks: Sequence[RecessLook], rules: TrackingRules) -> tuple[list[float], list[float]]:
        """Values of the first moments and the latest ones, of what compares with the latest look.

        Looked for from both ends: between them lie seconds that say nothing yet.
        """
        ground_ms = looks[-1].held_since_ms
        lately = list(islice(self.known(reversed(looks), ground_ms), rules.injection_median_frames))
        if not lately:
            return [], []
        baseline_ms = rules.injection_echo_baseline_ms if self.of_echo else rules.injection_baseline_ms
        first, _ = next(self.known(looks, ground_ms))
        end_ms, late_ms = first.time_ms + baseline_ms, lately[-1][0].time_ms
        begun = takewhile(lambda known: known[0].time_ms <= end_ms, self.known(looks, ground_ms))
        return [value for at, value in begun if at.time_ms < late_ms], [value for _, value in lately]

    def shows(self, before: list[float], lately: list[float], rules: TrackingRules) -> bool:
        """Whether the latest values differ enough from those before."""
        base = statistics.median(before)
        noise = _SIGMA_OF_MAD * statistics.median(abs(value - base) for value in before)
        change = statistics.median(lately) - base
        size = abs(change) if self.either_way else change
        return size >= max(self.least, self.least_share * base, rules.injection_noise * noise)


@dataclass(frozen=True, slots=True)
class Injection:
    """How the recess looked lately, and if an injection was found since the tip came to rest."""

    looks: tuple[RecessLook, ...] = ()
    started: bool = False

    def step(self, look: RecessLook, rules: TrackingRules) -> tuple["Injection", tuple[Event, ...]]:
        """The recess in one more frame; a tip that went elsewhere makes room for another injection."""
        oldest = look.at.time_ms - rules.injection_history_ms
        kept = self.looks[1:] if self.looks and self.looks[0].at.time_ms < oldest else self.looks
        started = self.started and look.held_since_ms == self.looks[-1].held_since_ms and not look.is_away(rules)
        ended = self.started and not started
        now = Injection((look,) if ended else (*kept, look), started)
        onset = None if started else now.onset(rules)
        if onset is None or not now.was_near(onset, rules):
            return now, ()
        return replace(now, started=True), (Event.at(EventKind.INJECTION_STARTED, onset),)

    def onset(self, rules: TrackingRules) -> Moment | None:
        """Where the change that shows began; None where nothing changed enough."""
        for sign in _signs(rules):
            before, lately = sign.compared(self.looks, rules)
            if len(before) >= _LEAST_BEFORE and sign.shows(before, lately, rules):
                known = list(sign.known(self.looks, self.looks[-1].held_since_ms))
                return known[bend([at.time_ms for at, _ in known], [value for _, value in known])][0]
        return None

    def was_near(self, onset: Moment, rules: TrackingRules) -> bool:
        """Whether the tip was close enough to fill the recess up to that moment; outlines draw back from bubbles."""
        start_ms = onset.time_ms - rules.injection_near_ms
        distances = [
            look.tip_distance_mm
            for look in self.looks
            if look.tip_distance_mm is not None and start_ms <= look.at.time_ms <= onset.time_ms
        ]
        return bool(distances) and statistics.median(distances) >= -rules.injection_from_mm


def _signs(rules: TrackingRules) -> tuple[Sign, ...]:
    """What is looked for, the quickest to show first."""
    return (
        Sign("bright_share", rules.injection_bright_share, of_echo=True),
        Sign("area_mm2", rules.injection_area_mm2, rules.injection_area_share),
        Sign("thickness_mm", rules.injection_thickness_mm),
        Sign("mean_level", rules.injection_level, rules.injection_level_share, of_echo=True, either_way=True),
    )
