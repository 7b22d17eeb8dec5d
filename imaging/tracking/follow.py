"""The needle over time: one observation after another into a smoothed tip, running numbers and events.

`track` is a pure function: the track before and one observation give the track after. Nothing else is remembered,
no clock is read, so a live session and an archived cine give the same events.
"""

import math
from dataclasses import replace

from imaging.errors import BadInput
from imaging.geometry import PixelSpacing, PointPx, SegmentPx
from imaging.placement import signed_distance_mm
from imaging.tracking.averaged_odds import AveragedOdds
from imaging.tracking.events import Event, EventKind, Moment
from imaging.tracking.injection import RecessLook
from imaging.tracking.measured_tip import direction_deg, ends_mm, measured_tip
from imaging.tracking.needle_events import Sighting
from imaging.tracking.observation import Observation
from imaging.tracking.rules import TrackingRules
from imaging.tracking.tip_filter import Vector, along, follow, minus
from imaging.tracking.track_state import Memory, Sight, Track

_RULES = TrackingRules()


def track(previous: Track, observation: Observation, rules: TrackingRules | None = None) -> Track:
    """Follow the needle through one more frame.

    Frames may be missing between two observations; time decides, not the index.

    Raises
    ------
    BadInput
        If the observation is not later than the one before.
    """
    rules = rules or _RULES
    at = Moment(observation.frame_index, observation.time_ms)
    elapsed_ms = 0.0 if previous.at is None else at.time_ms - previous.at.time_ms
    if previous.at is not None and elapsed_ms <= 0.0:
        msg = (
            f"frame {at.frame_index} at {at.time_ms} ms follows one at {previous.at.time_ms} ms: expected a later time"
        )
        raise BadInput(msg)
    changed = previous.at is not None and not _same_scale(previous.spacing, observation.spacing, rules)
    memory = previous.memory.rescaled() if changed else previous.memory
    memory = _follow_tip(memory, observation, elapsed_ms, rules)
    memory, of_needle = _watch_needle(memory, observation, elapsed_ms, rules)
    gap_mm = _gap_mm(memory, observation)
    memory, of_recess = _watch_recess(memory, observation, gap_mm, rules)
    scale = (Event.at(EventKind.SCALE_CHANGED, at),) if changed else ()
    now = _result(previous, observation, memory, scale + of_needle + of_recess)
    return replace(now, signed_distance_mm=gap_mm)


def _gap_mm(memory: Memory, observation: Observation) -> float | None:
    """From the smoothed tip to the nearest wall of this frame's recess, above zero inside; None without either."""
    motion, spacing, recess = memory.tip.motion, observation.spacing, observation.recess
    if motion is None or spacing is None or not recess.polygons:
        return None
    return signed_distance_mm(spacing, recess, _pixel(motion.at, spacing))


def _same_scale(before: PixelSpacing | None, now: PixelSpacing | None, rules: TrackingRules) -> bool:
    if before is None or now is None:
        return before is now
    ratios = (now.row_mm / before.row_mm, now.column_mm / before.column_mm)
    return all(abs(ratio - 1.0) <= rules.scale_tolerance for ratio in ratios)


def _follow_tip(memory: Memory, observation: Observation, elapsed_ms: float, rules: TrackingRules) -> Memory:
    """Filter the tip; note its way along the shaft and what its frame says about the recess."""
    needle, spacing = observation.needle, observation.spacing
    axis = memory.tip.motion.axis if memory.tip.motion else None
    tip = follow(memory.tip, measured_tip(needle, spacing, rules, axis), elapsed_ms / 1e3, rules)
    if needle.shaft is not None and spacing is not None:
        memory = replace(memory, shaft_from=ends_mm(needle.shaft, spacing)[0])
    if tip.motion is None:
        return replace(memory, tip=tip, inside=AveragedOdds())
    way = minus(tip.motion.at, memory.last_tip) if memory.last_tip else (0.0, 0.0)
    return replace(
        memory,
        tip=tip,
        last_tip=tip.motion.at,
        progress_mm=memory.progress_mm + along(way, tip.motion.axis),
        inside=memory.inside.step(observation.placement.p_inside if tip.seen else None, observation.time_ms, rules),
    )


def _watch_needle(
    memory: Memory, observation: Observation, elapsed_ms: float, rules: TrackingRules
) -> tuple[Memory, tuple[Event, ...]]:
    needle = observation.needle
    doubted = needle.tip_visible and not memory.tip.seen
    now = Sighting(
        at=Moment(observation.frame_index, observation.time_ms),
        elapsed_ms=elapsed_ms,
        needle=needle.shaft is not None,
        tip_shown=needle.tip_visible,
        tip=memory.tip,
        progress_mm=memory.progress_mm,
        direction_deg=None if doubted else direction_deg(needle, observation.spacing, rules),
    )
    presence, came = memory.presence.step(now, rules)
    passes, passed = memory.passes.step(now, rules)
    direction, turned = memory.direction.step(now, rules)
    unseen, advanced = memory.unseen.step(now, rules)
    memory = replace(memory, presence=presence, passes=passes, direction=direction, unseen=unseen)
    return memory, came + passed + turned + advanced


def _watch_recess(
    memory: Memory, observation: Observation, gap_mm: float | None, rules: TrackingRules
) -> tuple[Memory, tuple[Event, ...]]:
    at = Moment(observation.frame_index, observation.time_ms)
    crossing, bone = memory.crossing, memory.bone
    crossed: tuple[Event, ...] = ()
    touched: tuple[Event, ...] = ()
    near_mm: float | None = None
    tip = _believed_px(memory, observation, rules)
    if tip is not None and observation.spacing is not None:
        near_mm = gap_mm
        averaged, p_inside = memory.inside.probability, observation.placement.p_inside
        if averaged is not None and p_inside is not None:
            crossing, crossed = crossing.step(at, averaged, p_inside, rules)
        bone, touched = bone.step(at, _bone_depth_mm(observation, rules), tip.y * observation.spacing.row_mm, rules)
    if not memory.presence.switch.on:
        near_mm = -math.inf
    injection, injected = memory.injection.step(RecessLook.of(at, observation, near_mm), rules)
    return replace(memory, crossing=crossing, bone=bone, injection=injection), crossed + touched + injected


def _believed_px(memory: Memory, observation: Observation, rules: TrackingRules) -> PointPx | None:
    """Smoothed tip in pixels, if it is seen for sure."""
    tip, spacing = memory.tip, observation.spacing
    if tip.motion is None or spacing is None or not tip.seen or tip.hits < rules.confirm_frames:
        return None
    return _pixel(tip.motion.at, spacing)


def _speed_mm_s(memory: Memory) -> float:
    motion = memory.tip.motion
    return 0.0 if motion is None else along(motion.velocity, motion.axis)


def _pixel(at: Vector, spacing: PixelSpacing) -> PointPx:
    return PointPx(at[0] / spacing.column_mm, at[1] / spacing.row_mm)


def _bone_depth_mm(observation: Observation, rules: TrackingRules) -> float | None:
    """Depth in the picture at which the shaft's line meets bone, seen from afar."""
    ahead, needle, spacing = observation.placement.path.meets_bone_mm, observation.needle, observation.spacing
    if (
        ahead is None
        or ahead < rules.bone_from_afar_mm
        or needle.tip is None
        or needle.shaft is None
        or spacing is None
    ):
        return None
    start, tip = ends_mm(needle.shaft, spacing)
    return tip[1] + ahead * (tip[1] - start[1]) / max(math.dist(start, tip), 1e-9)


def _result(previous: Track, observation: Observation, memory: Memory, events: tuple[Event, ...]) -> Track:
    track_so_far = Track(
        at=Moment(observation.frame_index, observation.time_ms),
        spacing=observation.spacing,
        in_recess=memory.crossing.switch.on,
        watched=observation.watched,
        statistics=previous.statistics.counting(observation, memory, events),
        events=events,
        memory=memory,
    )
    motion, spacing, needle = memory.tip.motion, observation.spacing, observation.needle
    if spacing is None:
        seen = Sight.SEEN if needle.tip_visible else Sight.LOST
        return replace(track_so_far, sight=seen, tip=needle.tip, shaft=needle.shaft)
    if motion is None:
        return track_so_far
    tip, start = _pixel(motion.at, spacing), memory.shaft_from
    return replace(
        track_so_far,
        sight=Sight.SEEN if memory.tip.seen else Sight.BRIDGED,
        bridged_frames=memory.tip.bridged,
        tip=tip,
        tip_sigma_mm=motion.sigma_mm,
        velocity_mm_s=_speed_mm_s(memory),
        shaft=SegmentPx(_pixel(start, spacing), tip) if start else None,
        p_inside=memory.inside.probability,
    )
