import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.analysis import analyse
from imaging.geometry import Edges, PixelSpacing, PointPx, SegmentPx, SpacingSource
from imaging.measurement import Needle
from imaging.tracking.bend import bend
from imaging.tracking.events import Moment, Switch
from imaging.tracking.measured_tip import direction_deg, measured_tip, shaft_axis
from imaging.tracking.observation import Observation
from imaging.tracking.rules import TrackingRules
from imaging.tracking.watched import fill
from tests.imaging.scenes import Scene, SceneSegmenter

MM = PixelSpacing(1.0, 1.0, SpacingSource.CALLER)
RULES = TrackingRules()


def needle(start: tuple[float, float], tip: tuple[float, float], angle_deg: float, length_mm: float = 20.0) -> Needle:
    shaft = SegmentPx(PointPx(*start), PointPx(*tip))
    return Needle(shaft, shaft.end, 0.5, True, angle_deg, length_mm, 0.9)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 25), st.floats(-5, 25)), min_size=3, max_size=9))
def test_filling_agrees_with_the_test_for_one_point(corners: list[tuple[float, float]]) -> None:
    # Corners off the pixel grid, so that no pixel's centre lies on an edge by construction.
    outline = np.round(np.array(corners), 2) + 0.00317
    filled = fill(Edges.of([outline]), (20, 20))
    cells = np.array([[x, y] for y in range(20) for x in range(20)], dtype=float)
    expected = Edges.of([outline]).contain(cells).reshape(20, 20).tolist()
    assert np.count_nonzero(filled != np.array(expected)) == 0


def test_an_observation_takes_what_it_needs_from_an_analysis() -> None:
    scene = Scene()
    analysis = analyse(scene.frame(), SceneSegmenter(scene))
    observation = Observation.of(analysis, 40.0)
    assert observation.needle is analysis.needle
    assert observation.spacing == analysis.spacing
    assert measured_tip(observation.needle, observation.spacing, RULES) is not None


@pytest.mark.parametrize(
    ("tip", "angle", "axis"),
    [
        ((20.0, 0.0), 0.0, (1.0, 0.0)),
        ((20.0, 20.0), 45.0, (0.7071, 0.7071)),
        ((-20.0, 20.0), 45.0, (-0.7071, 0.7071)),
        ((20.0, 1.0), 5.0, (0.9962, 0.0872)),
    ],
)
def test_the_fitted_axis_points_to_the_tip(tip: tuple[float, float], angle: float, axis: tuple[float, float]) -> None:
    assert shaft_axis(needle((0.0, 0.0), tip, angle), MM) == pytest.approx(axis, abs=1e-4)


def test_a_tip_off_its_shaft_is_put_back_onto_it() -> None:
    measured = measured_tip(needle((0.0, 0.0), (20.0, 2.0), 0.0), MM, RULES)
    assert measured is not None
    assert measured.at == pytest.approx((20.0, 0.0))


@pytest.mark.parametrize(("tip", "length_mm"), [((20.0, 4.0), 20.0), ((20.0, 2.0), 5.0)])
def test_a_tip_far_off_its_shaft_or_on_a_short_one_stays_where_it_is(
    tip: tuple[float, float], length_mm: float
) -> None:
    measured = measured_tip(needle((0.0, 0.0), tip, 0.0, length_mm), MM, RULES)
    assert measured is not None
    assert measured.at == tip


def test_direction_is_asked_of_long_shafts_in_calibrated_frames() -> None:
    shaft = needle((0.0, 0.0), (20.0, 20.0), 45.0)
    assert direction_deg(shaft, MM, RULES) == pytest.approx(45.0)
    assert direction_deg(shaft, None, RULES) is None
    assert direction_deg(needle((0.0, 0.0), (3.0, 3.0), 45.0, 4.2), MM, RULES) is None


@pytest.mark.parametrize("start", [2, 5, 8])
def test_bend_finds_where_values_begin_to_rise(start: int) -> None:
    values = [max(i - start, 0) * 2.0 for i in range(14)]
    assert bend([40.0 * i for i in range(14)], values) == start


def test_bend_of_a_few_values_is_the_first() -> None:
    assert bend([0.0, 1.0], [0.0, 5.0]) == 0


def flips(answers: str, forgiven: int) -> list[int]:
    """Where a switch that needs three answers flips, dated to where they began; "1" speaks for on."""
    switch, found = Switch(), []
    for i, answer in enumerate(answers):
        switch = switch.step(Moment(i, 0.0), wants=answer == "1", weight=1.0, needed=3.0, forgiven=forgiven)
        if switch.flipped:
            found.append(switch.flipped.frame_index)
    return found


@pytest.mark.parametrize(
    ("answers", "forgiven", "expected"),
    [
        ("0111", 0, [1]),
        ("011011011", 0, []),
        ("0110100", 1, [1]),
        ("01001001", 1, []),
        ("0111000", 0, [1, 4]),
    ],
)
def test_a_switch_flips_on_enough_evidence(answers: str, forgiven: int, expected: list[int]) -> None:
    assert flips(answers, forgiven) == expected
