"""How well a track follows a motion that is known: error, lag and events against the truth."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from imaging.tracking.events import Event, EventKind
from imaging.tracking.observation import Observation
from imaging.tracking.track_state import Track

WITHIN_FRAMES = 3
"""An event counts as found when it is dated this close to the truth."""
LAGS = np.arange(-1.0, 3.01, 0.25)
"""Lags that are tried, in frames."""
_WORST_MM = 2.0

Position = tuple[float, float]
"""x and y in mm."""


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """What happened between two frames; the two differ where nothing could be seen in between.

    An event that is not ``required`` lies at the threshold of its kind: it may be found or not.
    """

    kind: EventKind
    first: int
    last: int
    required: bool = True

    def is_met_by(self, event: Event) -> bool:
        """Whether a found event is this one."""
        near = self.first - WITHIN_FRAMES <= event.frame_index <= self.last + WITHIN_FRAMES
        return event.kind is self.kind and near

    @classmethod
    def visible(cls, kind: EventKind, frame: int, shown: Sequence[bool], *, required: bool = True) -> "TrueEvent":
        """Event of a frame, widened to the frames around it in which something is shown."""
        following = next((i for i in range(frame, len(shown)) if shown[i]), frame)
        if kind is EventKind.NEEDLE_LEFT:
            return cls(kind, next((i + 1 for i in range(frame - 1, -1, -1) if shown[i]), frame), frame, required)
        return cls(kind, frame, following, required)


@dataclass
class Counts:
    """Events of one kind over many sequences."""

    truth: int = 0
    found: int = 0
    hits: int = 0

    @property
    def precision(self) -> float | None:
        """Share of found events that happened."""
        return self.hits / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of events that were found."""
        return self.hits / self.truth if self.truth else None


@dataclass
class Score:
    """Error, lag and events, collected over sequences."""

    raw_mm: list[float] = field(default_factory=list)
    smoothed_mm: list[float] = field(default_factory=list)
    late2: dict[str, list[list[float]]] = field(default_factory=lambda: {"raw": [], "smoothed": []})
    events: dict[EventKind, Counts] = field(default_factory=dict)

    def add(
        self,
        observations: Sequence[Observation],
        tracks: Sequence[Track],
        tips_mm: Sequence[Position | None],
        truth: Iterable[TrueEvent],
    ) -> None:
        """Add one sequence."""
        for observation, track, tip in zip(observations, tracks, tips_mm, strict=True):
            raw, smoothed = seen_mm(observation), followed_mm(track)
            if tip is not None and raw is not None and smoothed is not None:
                self.raw_mm.append(math.dist(raw, tip))
                self.smoothed_mm.append(math.dist(smoothed, tip))
        self._add_lag("raw", [seen_mm(o) for o in observations], tips_mm)
        self._add_lag("smoothed", [followed_mm(t) for t in tracks], tips_mm)
        self._add_events(list(truth), [event for track in tracks for event in track.events])

    def _add_lag(self, name: str, positions: Sequence[Position | None], tips_mm: Sequence[Position | None]) -> None:
        """Squared distance to the truth of so many frames ago, bounded so that outliers do not decide."""
        for i in range(3, len(tips_mm) - 2):
            at, around = positions[i], tips_mm[i - 3 : i + 3]
            known = [tip for tip in around if tip is not None]
            if at is None or len(known) < len(around) or math.dist(known[2], known[3]) == 0.0:
                continue
            path = np.array(known)
            where = 3.0 - LAGS
            then = np.column_stack([np.interp(where, np.arange(6), path[:, axis]) for axis in (0, 1)])
            away = np.minimum(np.hypot(*(then - np.array(at)).T), _WORST_MM)
            self.late2[name].append((away**2).tolist())

    def _add_events(self, truth: list[TrueEvent], found: list[Event]) -> None:
        left = list(found)
        for true in sorted(truth, key=lambda event: not event.required):
            near = [event for event in left if true.is_met_by(event)]
            counts = self.events.setdefault(true.kind, Counts())
            counts.truth += true.required
            if near:
                left.remove(min(near, key=lambda event: abs(event.frame_index - true.first)))
                counts.hits += true.required
                counts.found += true.required
        for kind, count in Counter(event.kind for event in left).items():
            self.events.setdefault(kind, Counts()).found += count

    def lag_frames(self, name: str) -> float:
        """Lag at which positions fit the truth best."""
        return float(LAGS[int(np.argmin(np.mean(self.late2[name], axis=0)))])

    def summary(self) -> dict[str, object]:
        """Figures by name."""
        raw, smoothed = np.array(self.raw_mm), np.array(self.smoothed_mm)
        kept = raw < _WORST_MM
        return {
            "frames": len(raw),
            "raw_mm": _errors(raw),
            "smoothed_mm": _errors(smoothed),
            "ratio": {name: _errors(smoothed)[name] / _errors(raw)[name] for name in _errors(raw)},
            "ratio_without_outliers": {
                name: _errors(smoothed[kept])[name] / _errors(raw[kept])[name] for name in _errors(raw)
            },
            "lag_frames": {name: self.lag_frames(name) for name in self.late2},
            "events": {
                kind.value: {
                    "truth": counts.truth,
                    "found": counts.found,
                    "precision": counts.precision,
                    "recall": counts.recall,
                }
                for kind in EventKind
                if (counts := self.events.get(kind)) is not None
            },
        }


def _errors(mm: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> dict[str, float]:
    return {
        "mean": float(mm.mean()),
        "median": float(np.median(mm)),
        "rms": float(np.sqrt(np.mean(mm**2))),
        "p95": float(np.quantile(mm, 0.95)),
    }


def seen_mm(observation: Observation) -> Position | None:
    """Tip as one frame shows it."""
    tip, spacing = observation.needle.tip, observation.spacing
    if tip is None or spacing is None or not observation.needle.tip_visible:
        return None
    return tip.x * spacing.column_mm, tip.y * spacing.row_mm


def followed_mm(track: Track) -> Position | None:
    """Tip as it is followed."""
    if track.tip is None or track.spacing is None:
        return None
    return track.tip.x * track.spacing.column_mm, track.tip.y * track.spacing.row_mm
