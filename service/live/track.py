"""The one place where a live session meets tracking over time."""

from typing import Any

from imaging.analysis import Analysis
from imaging.frame import Frame
from imaging.tracking.events import Event, Moment
from imaging.tracking.follow import track
from imaging.tracking.observation import Observation
from imaging.tracking.track_state import Statistics, Track

Json = dict[str, Any]
_LEAST_STEP_MS = 1e-3


def next_track(previous: Track, analysis: Analysis, frame: Frame, time_ms: float) -> Track:
    """Track with one more frame.

    Parameters
    ----------
    time_ms
        Capture time. A sender whose clock was set back does not end the track: time only moves on.
    """
    if previous.at is not None:
        time_ms = max(time_ms, previous.at.time_ms + _LEAST_STEP_MS)
    return track(previous, Observation.looking(frame, analysis, time_ms, previous.watched))


def track_answer(followed: Track) -> Json:
    """Track as it is sent, in the shape of `service.live.wire.TrackAnswer`."""
    tip, shaft = followed.tip, followed.shaft
    return {
        "sight": followed.sight.value,
        "bridged_frames": followed.bridged_frames,
        "tip_px": [round(tip.x, 2), round(tip.y, 2)] if tip else None,
        "shaft_px": shaft.array().round(2).tolist() if shaft else None,
        "tip_sigma_mm": _rounded(followed.tip_sigma_mm),
        "velocity_mm_s": _rounded(followed.velocity_mm_s),
        "p_inside": _rounded(followed.p_inside),
        "in_recess": followed.in_recess,
        "events": [_event(event) for event in followed.events],
        "statistics": _statistics(followed.statistics),
    }


def _event(event: Event) -> Json:
    return {
        "kind": event.kind.value,
        "sequence": event.frame_index,
        "mm": _rounded(event.mm),
        "seconds": _rounded(event.seconds),
    }


def _statistics(numbers: Statistics) -> Json:
    return {
        "frames": numbers.frames,
        "needle_frames": numbers.needle_frames,
        "tip_frames": numbers.tip_frames,
        "bridged_frames": numbers.bridged_frames,
        "passes": numbers.passes,
        "redirections": numbers.redirections,
        "bone_contacts": numbers.bone_contacts,
        "advanced_unseen_mm": _rounded(numbers.advanced_unseen_mm),
        "advanced_unseen_s": _rounded(numbers.advanced_unseen_ms / 1e3),
        "seconds_to_recess": _seconds_between(numbers.first_seen, numbers.reached),
    }


def _seconds_between(first: Moment | None, then: Moment | None) -> float | None:
    return None if first is None or then is None else _rounded((then.time_ms - first.time_ms) / 1e3)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
