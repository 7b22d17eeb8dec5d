"""How the needle was led, and the frames that a record should keep."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imaging.procedure.assessment import InjectateEvidence, KeyFrames, NeedleHandling, Stand
from imaging.procedure.stand import Step
from imaging.procedure.timeline import Numbers, Timeline
from imaging.tracking.events import Event
from imaging.tracking.track_state import Statistics


def needle_handling(numbers: Statistics, *, timed: bool) -> NeedleHandling:
    """Numbers of a needle; durations only where times are known, its way only where it was followed in millimetres."""
    target_ms = None
    if numbers.first_seen is not None and numbers.reached is not None:
        target_ms = max(numbers.reached.time_ms - numbers.first_seen.time_ms, 0.0)
    seen = NeedleHandling(
        needle_frames=numbers.needle_frames,
        tip_visible_share=numbers.tip_frames / numbers.needle_frames if numbers.needle_frames else None,
    )
    if numbers.needle_frames and not numbers.measured_frames:
        return replace(seen, advanced_unseen_mm=None, advanced_unseen_s=None, passes=None, redirections=None)
    return replace(
        seen,
        advanced_unseen_mm=numbers.advanced_unseen_mm,
        advanced_unseen_s=numbers.advanced_unseen_ms / 1e3 if timed else None,
        passes=numbers.passes + 1 if numbers.first_seen else 0,
        redirections=numbers.redirections,
        seconds_to_target=target_ms / 1e3 if timed and target_ms is not None else None,
    )


def key_frames(steps: Sequence[Step], stand: Stand | None, injectate: InjectateEvidence) -> KeyFrames:
    """The last clear frame before the needle, the tip in the recess, the injection, and the end."""
    needle = [i for i, step in enumerate(steps) if step.seen.needle.shaft is not None]
    first = needle[0] if needle else len(steps)
    before = [step for step in steps[:first] if step.seen.recess.polygons]
    inside = stand is not None and (stand.p_inside or 0.0) >= 0.5
    after = [step for step in steps[first:] if step.seen.recess.polygons]
    clear = [step for step in after if step.seen.needle.shaft is None] or after
    return KeyFrames(
        before_needle=before[-1].seen.frame_index if before else None,
        tip_in_recess=stand.at.frame_index if inside and stand else None,
        injection=injectate.started.frame_index if injectate.started else None,
        after=clear[-1].seen.frame_index if needle and clear else None,
    )


def timeline_of(steps: Sequence[Step], events: Sequence[Event]) -> Timeline:
    """All frames as arrays."""
    happened = {event.frame_index: event.kind for event in reversed(events)}
    return Timeline(
        frame_index=np.array([step.seen.frame_index for step in steps], dtype=np.int64),
        time_ms=_numbers([step.seen.time_ms for step in steps]),
        p_inside=_numbers([step.track.p_inside for step in steps]),
        signed_distance_mm=_numbers([step.track.signed_distance_mm for step in steps]),
        tip_visible=np.array([step.seen.needle.tip_visible for step in steps], dtype=np.bool_),
        needle_seen=np.array([step.seen.needle.shaft is not None for step in steps], dtype=np.bool_),
        thickness_mm=_numbers([step.seen.recess.thickness_mm for step in steps]),
        area_mm2=_numbers([step.seen.recess.area_mm2 for step in steps]),
        verdict=tuple(step.seen.placement.verdict for step in steps),
        event=tuple(happened.get(step.seen.frame_index) for step in steps),
    )


def _numbers(values: Sequence[float | None]) -> Numbers:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
