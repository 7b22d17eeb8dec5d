import pytest

from imaging.tracking.rules import TrackingRules
from imaging.tracking.tip_filter import Followed, Measured, Spread, across, along, follow

RULES = TrackingRules()
RIGHT = (1.0, 0.0)
STEP_S = 0.04


def at(x: float, y: float = 0.0) -> Measured:
    return Measured((x, y), RIGHT, 0.5, 0.4)


def run(*seen: Measured | None) -> Followed:
    state = Followed()
    for measured in seen:
        state = follow(state, measured, STEP_S, RULES)
    return state


def place(state: Followed) -> tuple[float, float]:
    assert state.motion is not None
    return state.motion.at


def test_along_and_across_an_axis() -> None:
    assert along((3.0, 4.0), RIGHT) == 3.0
    assert across((3.0, 4.0), RIGHT) == 4.0
    assert across((3.0, 4.0), (0.0, 1.0)) == -3.0


def test_a_spread_that_is_measured_shrinks_as_by_bayes() -> None:
    informed = Spread(4.0, 0.0, 1.0).informed(4.0)
    assert informed.position == pytest.approx(2.0)
    assert informed.velocity == 1.0


def test_a_spread_grows_with_time() -> None:
    later = Spread(1.0, 0.0, 4.0).later(0.5, 0.0)
    assert (later.position, later.mixed, later.velocity) == (2.0, 2.0, 4.0)


def test_steady_motion_is_followed_without_lag() -> None:
    state = run(*(at(0.4 * i) for i in range(60)))
    assert state.motion is not None
    assert state.motion.velocity[0] == pytest.approx(10.0, abs=0.05)
    assert place(state)[0] == pytest.approx(0.4 * 59, abs=0.02)


def test_a_single_jump_is_not_believed() -> None:
    state = run(*[at(5.0)] * 20, at(5.0, 10.0))
    assert (state.bridged, place(state)) == (1, pytest.approx((5.0, 0.0)))


@pytest.mark.parametrize(("frames", "y"), [(1, 0.0), (2, 0.0), (3, 10.0)])
def test_a_jump_that_stays_three_frames_is_believed(frames: int, y: float) -> None:
    assert place(run(*[at(5.0)] * 20, *[at(5.0, 10.0)] * frames))[1] == pytest.approx(y, abs=1e-6)


def test_three_jumps_to_different_places_are_not_believed() -> None:
    assert place(run(*[at(5.0)] * 20, at(5.0, 10.0), at(5.0, -10.0), at(20.0, 9.0)))[1] == pytest.approx(0.0)


@pytest.mark.parametrize(("pull_mm", "sigma_mm", "believed"), [(4.5, 0.5, True), (5.5, 0.5, False), (4.7, 0.75, False)])
def test_a_sharp_tip_that_slides_along_its_shaft_is_believed_at_once(
    pull_mm: float, sigma_mm: float, believed: bool
) -> None:
    # 120 mm/s are 4.8 mm in one frame of 40 ms.
    assert run(*[at(20.0)] * 20, Measured((20.0 - pull_mm, 0.0), RIGHT, sigma_mm, 0.4)).seen is believed


def test_five_frames_are_bridged() -> None:
    assert run(*[at(5.0)] * 9, *[None] * 5).motion is not None
    assert run(*[at(5.0)] * 9, *[None] * 6) == Followed()


def test_the_tip_is_found_again_where_it_is() -> None:
    state = run(*[at(5.0)] * 9, *[None] * 6, at(9.0))
    assert (state.hits, state.found_at) == (1, (9.0, 0.0))
