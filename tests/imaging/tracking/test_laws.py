"""What must not change the story: where in the picture the knee lies, which way it faces, how fine the pixels are."""

import math
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from imaging.geometry import PixelSpacing, PointPx, SegmentPx, SpacingSource
from imaging.tracking.follow import track
from imaging.tracking.observation import Observation
from imaging.tracking.track_state import Track
from tests.imaging.tracking.needle_motion import SPACING
from tests.imaging.tracking.procedures import procedure
from tests.imaging.tracking.test_follow import followed

SEEDS = st.integers(0, 200)
FEW = settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate])
"""A sequence takes a second; shrinking a failure would take minutes and tell little."""

Mapping = Callable[[float, float], tuple[float, float]]


def mapped(observation: Observation, mapping: Mapping, spacing: PixelSpacing = SPACING) -> Observation:
    """The same frame with every position in it elsewhere."""
    needle, recess = observation.needle, observation.recess

    def moved(point: PointPx) -> PointPx:
        return PointPx(*mapping(point.x, point.y))

    if needle.tip is not None and needle.shaft is not None:
        shaft = SegmentPx(moved(needle.shaft.start), moved(needle.shaft.end))
        needle = replace(needle, tip=moved(needle.tip), shaft=shaft)
    polygons = tuple(outline.copy() for outline in recess.polygons)
    for outline in polygons:
        outline[:, 0], outline[:, 1] = mapping(outline[:, 0], outline[:, 1])
    return replace(observation, needle=needle, recess=replace(recess, polygons=polygons), spacing=spacing)


def same_story(tracks: list[Track], others: list[Track]) -> None:
    """The same events at the same times and the same numbers in millimetres."""
    for one, other in zip(tracks, others, strict=True):
        assert [(e.kind, e.frame_index) for e in one.events] == [(e.kind, e.frame_index) for e in other.events]
        assert one.sight is other.sight
        assert one.tip_sigma_mm == pytest.approx(other.tip_sigma_mm)
        assert one.velocity_mm_s == pytest.approx(other.velocity_mm_s, abs=1e-4)
    first, last = (asdict(of[-1].statistics) for of in (tracks, others))
    for moment in ("first_seen", "reached"):
        one, other = first.pop(moment), last.pop(moment)
        assert (one and one["frame_index"]) == (other and other["frame_index"])
    assert first == pytest.approx(last)


@FEW
@given(seed=SEEDS, right=st.integers(-40, 400), down=st.integers(-40, 400))
def test_where_the_picture_begins_does_not_matter(seed: int, right: int, down: int) -> None:
    observations = procedure(seed).observations
    shifted = followed([mapped(o, lambda x, y: (x + right, y + down)) for o in observations])
    tracks = followed(observations)
    same_story(tracks, shifted)
    for one, other in zip(tracks, shifted, strict=True):
        if one.tip is not None and other.tip is not None:
            assert (one.tip.x + right, one.tip.y + down) == pytest.approx((other.tip.x, other.tip.y), abs=1e-6)


@FEW
@given(seed=SEEDS)
def test_left_and_right_tell_the_same(seed: int) -> None:
    observations = procedure(seed).observations
    same_story(followed(observations), followed([mapped(o, lambda x, y: (639.0 - x, y)) for o in observations]))


@FEW
@given(seed=SEEDS, rows=st.floats(0.3, 3.0), columns=st.floats(0.3, 3.0))
def test_finer_pixels_tell_the_same_millimetres(seed: int, rows: float, columns: float) -> None:
    spacing = PixelSpacing(SPACING.row_mm / rows, SPACING.column_mm / columns, SpacingSource.CALLER)
    observations = procedure(seed).observations
    fine = [mapped(o, lambda x, y: (x * columns, y * rows), spacing) for o in observations]
    same_story(followed(observations), followed(fine))


@FEW
@given(seed=SEEDS, start_ms=st.integers(-(10**6), 10**9))
def test_when_the_clock_began_does_not_matter(seed: int, start_ms: int) -> None:
    observations = procedure(seed).observations
    same_story(followed(observations), followed([replace(o, time_ms=o.time_ms + start_ms) for o in observations]))


@FEW
@given(seed=SEEDS, cut=st.integers(1, 200))
def test_the_same_frames_give_the_same_track_wherever_one_stops_in_between(seed: int, cut: int) -> None:
    observations = procedure(seed).observations
    whole = followed(observations)
    assert whole == followed(observations)
    state = followed(observations[:cut])[-1]
    for observation, expected in zip(observations[cut:], whole[cut:], strict=True):
        state = track(state, observation)
        assert state == expected


@FEW
@given(seed=SEEDS)
def test_every_event_is_told_once_dated_no_later_than_it_is_told_and_bridges_are_short(seed: int) -> None:
    tracks = followed(procedure(seed).observations)
    told = [(state.at, event) for state in tracks for event in state.events]
    assert all(at is not None and event.frame_index <= at.frame_index for at, event in told)
    assert len({(event.kind, event.frame_index) for _, event in told}) == len(told)
    assert all(state.bridged_frames <= 5 for state in tracks)
    assert all(math.isfinite(state.tip_sigma_mm) for state in tracks if state.tip_sigma_mm is not None)
