"""Every event on a motion one can check by hand: 25 frames per second, read without error."""

from dataclasses import replace

import pytest

from imaging.errors import BadInput
from imaging.geometry import PixelSpacing, SpacingSource
from imaging.rules import ScoringRules
from imaging.tracking.events import Event, EventKind
from imaging.tracking.follow import track
from imaging.tracking.needle_events import Sighting
from imaging.tracking.observation import Observation
from imaging.tracking.rules import TrackingRules
from imaging.tracking.track_state import Sight, Track
from tests.imaging.tracking.needle_motion import NO_NEEDLE, NOT_PLACED, Anatomy, Course, Observer, observe

FAR = Anatomy(centre=(60.0, 60.0), bone_mm=90.0)


def followed(observations: list[Observation], rules: TrackingRules | None = None) -> list[Track]:
    tracks = [Track.start()]
    for observation in observations:
        tracks.append(track(tracks[-1], observation, rules))
    return tracks[1:]


def seen(course: Course, anatomy: Anatomy = FAR) -> list[Observation]:
    return observe(course, anatomy, Observer.perfect()).observations


def events(tracks: list[Track], kind: EventKind) -> list[Event]:
    return [event for state in tracks for event in state.events if event.kind is kind]


def frames(tracks: list[Track], kind: EventKind) -> list[int]:
    return [event.frame_index for event in events(tracks, kind)]


def inserted() -> Course:
    """0.4 mm per frame; 4 mm are in at frame 9, 20 mm at frame 49."""
    return Course().move(20.0, 10.0)


def without(observation: Observation) -> Observation:
    return replace(observation, needle=NO_NEEDLE, placement=NOT_PLACED)


def test_needle_enters_where_it_is_first_seen_and_is_told_three_frames_later() -> None:
    tracks = followed(seen(inserted()))
    assert frames(tracks, EventKind.NEEDLE_ENTERED) == [9]
    assert [i for i, state in enumerate(tracks) if state.events] == [11]


def test_a_single_ghost_is_no_needle() -> None:
    observations = [without(o) for o in seen(inserted().rest(1.0))]
    observations[30] = seen(inserted())[30]
    assert frames(followed(observations), EventKind.NEEDLE_ENTERED) == []


@pytest.mark.parametrize(("absent", "left"), [(24, []), (27, [40])])
def test_needle_left_after_a_second_without_it(absent: int, left: list[int]) -> None:
    observations = seen(inserted().rest(2.0))
    for i in range(40, 40 + absent):
        observations[i] = without(observations[i])
    assert frames(followed(observations), EventKind.NEEDLE_LEFT) == left


@pytest.mark.parametrize(("back_mm", "found"), [(8.0, False), (12.0, True)])
def test_a_pass_is_a_withdrawal_of_ten_millimetres_and_an_advance(back_mm: float, found: bool) -> None:
    course = inserted().rest(0.4).move(20.0 - back_mm, 10.0).rest(0.4)
    again = len(course)
    tracks = followed(seen(course.move(20.0, 10.0)))
    passes = events(tracks, EventKind.PASS)
    assert len(passes) == found
    if found:
        assert abs(passes[0].frame_index - again) <= 2
        assert passes[0].mm == pytest.approx(back_mm, abs=0.5)
        assert tracks[-1].statistics.passes == 1


def test_a_withdrawal_alone_is_no_pass() -> None:
    assert frames(followed(seen(inserted().move(0.0, 10.0))), EventKind.PASS) == []


@pytest.mark.parametrize(("by_deg", "found"), [(4.0, 0), (-4.0, 0), (8.0, 1), (-8.0, 1)])
def test_a_redirection_is_more_than_five_degrees(by_deg: float, found: int) -> None:
    course = inserted().rest(1.0).turn(by_deg).rest(1.0)
    beyond = [i for i, angle in enumerate(course.angle_deg) if abs(angle - 20.0) > 5.0]
    tracks = followed(seen(course))
    assert len(frames(tracks, EventKind.REDIRECTION)) == found
    if found:
        assert abs(frames(tracks, EventKind.REDIRECTION)[0] - beyond[0]) <= 2


def test_two_turns_are_two_redirections() -> None:
    tracks = followed(seen(inserted().rest(1.0).turn(8.0).rest(2.0).turn(-8.0).rest(1.0)))
    assert tracks[-1].statistics.redirections == 2


def test_an_advance_while_the_tip_is_hidden_is_told_in_millimetres_and_seconds() -> None:
    course = Course().move(10.0, 10.0)
    hidden_from = len(course)
    tracks = followed(seen(course.move(18.0, 10.0, hidden=True).rest(0.4)))
    (event,) = events(tracks, EventKind.ADVANCED_UNSEEN)
    assert event.frame_index == hidden_from
    assert event.mm == pytest.approx(8.0, abs=0.6)
    assert event.seconds == pytest.approx(0.8, abs=0.05)
    assert tracks[-1].statistics.advanced_unseen_mm == event.mm


@pytest.mark.parametrize(("advance_mm", "counted"), [(0.8, False), (3.0, True)])
def test_a_short_unseen_advance_is_counted_but_no_event(advance_mm: float, counted: bool) -> None:
    course = Course().move(10.0, 10.0).move(10.0 + advance_mm, 10.0, hidden=True).rest(0.4)
    tracks = followed(seen(course))
    assert frames(tracks, EventKind.ADVANCED_UNSEEN) == []
    assert (tracks[-1].statistics.advanced_unseen_mm > 0.0) == counted


def test_the_tip_enters_and_leaves_the_recess_where_it_crosses_the_wall() -> None:
    # At 20 degrees down 6 mm are the roof at y = 16 - 2 after 23.4 mm, on the ellipse's top 24 mm right of the entry.
    anatomy = Anatomy(centre=(24.0, 16.0))
    course = Course().move(28.0, 10.0).rest(0.4).move(10.0, 10.0)
    sequence = observe(course, anatomy, Observer.perfect())
    tracks = followed(sequence.observations)
    for kind in (EventKind.ENTERED_RECESS, EventKind.LEFT_RECESS):
        (true,) = [event for event in sequence.truth if event.kind is kind]
        (found,) = frames(tracks, kind)
        assert abs(found - true.first) <= 2
    assert tracks[len(tracks) // 2 + 10].in_recess
    assert not tracks[-1].in_recess


def test_bone_is_touched_once_however_long_the_needle_stays() -> None:
    # 18 mm at 20 degrees are 6.16 mm down: 0.34 mm above bone.
    anatomy = Anatomy(centre=(60.0, 60.0), bone_mm=12.5)
    course = Course().move(18.0, 10.0).rest(2.0)
    assert len(frames(followed(seen(course, anatomy)), EventKind.BONE_CONTACT)) == 1
    assert followed(seen(course, anatomy))[-1].statistics.bone_contacts == 1
    assert frames(followed(seen(course, replace(anatomy, bone_mm=14.0))), EventKind.BONE_CONTACT) == []


def injection(opens_mm: float, bubbles: float, depth_mm: float = 30.0) -> tuple[list[Track], int]:
    anatomy = Anatomy(centre=(30.2, 16.26), opens_mm=opens_mm, bubbles=bubbles)
    course = Course().move(depth_mm, 15.0).rest(1.2)
    start = len(course)
    return followed(seen(course.inject(2.0).rest(0.4), anatomy)), start


@pytest.mark.parametrize(("opens_mm", "bubbles"), [(0.0, 0.15), (2.0, 0.0), (2.0, 0.15)])
def test_injection_starts_with_bubbles_or_growth(opens_mm: float, bubbles: float) -> None:
    tracks, start = injection(opens_mm, bubbles)
    (found,) = frames(tracks, EventKind.INJECTION_STARTED)
    assert abs(found - start) <= 3


def test_nothing_is_injected_where_nothing_changes_or_the_tip_is_elsewhere() -> None:
    assert frames(injection(0.0, 0.0)[0], EventKind.INJECTION_STARTED) == []
    assert frames(injection(2.0, 0.15, depth_mm=10.0)[0], EventKind.INJECTION_STARTED) == []


@pytest.mark.parametrize(("factor", "changed"), [(1.005, []), (1.02, [30]), (0.5, [30])])
def test_another_scale_starts_anew_and_says_so(factor: float, changed: list[int]) -> None:
    observations = seen(inserted())
    for i in range(30, len(observations)):
        spacing = PixelSpacing(0.12 * factor, 0.1 * factor, SpacingSource.CALLER)
        observations[i] = replace(observations[i], spacing=spacing)
    tracks = followed(observations)
    assert frames(tracks, EventKind.SCALE_CHANGED) == changed
    assert frames(tracks, EventKind.NEEDLE_ENTERED) == [9]
    assert frames(tracks, EventKind.ADVANCED_UNSEEN) == []
    assert tracks[-1].sight is Sight.SEEN


def test_without_calibration_the_tip_is_passed_on_and_nothing_is_told_in_millimetres() -> None:
    observations = [replace(o, spacing=None) for o in seen(inserted())]
    tracks = followed(observations)
    assert tracks[-1].tip == observations[-1].needle.tip
    assert tracks[-1].tip_sigma_mm is None
    assert tracks[-1].velocity_mm_s is None
    assert {event.kind for state in tracks for event in state.events} == {EventKind.NEEDLE_ENTERED}


def test_five_unseen_frames_are_bridged_and_the_sixth_is_lost() -> None:
    observations = seen(inserted())
    for i in range(30, 37):
        observations[i] = without(observations[i])
    tracks = followed(observations)
    assert [state.bridged_frames for state in tracks[29:37]] == [0, 1, 2, 3, 4, 5, 0, 0]
    assert [state.sight for state in tracks[29:37]] == [Sight.SEEN, *[Sight.BRIDGED] * 5, Sight.LOST, Sight.LOST]
    assert tracks[36].tip is None
    assert tracks[37].sight is Sight.SEEN


def test_a_bridged_tip_goes_on_at_its_speed_and_grows_uncertain() -> None:
    observations = seen(inserted())
    for i in range(30, 35):
        observations[i] = without(observations[i])
    tracks = followed(observations)
    assert tracks[34].velocity_mm_s == pytest.approx(10.0, abs=0.5)
    real = seen(inserted())[34].needle.tip
    assert real is not None
    assert tracks[34].tip is not None
    assert tracks[34].tip.x == pytest.approx(real.x, abs=3.0)
    sigmas = [state.tip_sigma_mm or 0.0 for state in tracks[29:35]]
    assert sigmas == sorted(sigmas)


def test_a_gap_in_time_is_not_bridged() -> None:
    early, late = seen(inserted())[:30], seen(inserted())[30:]
    tracks = followed([*early, *(replace(o, time_ms=o.time_ms + 5e3, needle=NO_NEEDLE) for o in late)])
    assert tracks[30].sight is Sight.LOST


def test_missing_frames_need_no_placeholders() -> None:
    tracks = followed(seen(inserted())[::2])
    assert tracks[-1].velocity_mm_s == pytest.approx(10.0, abs=0.7)
    assert frames(tracks, EventKind.NEEDLE_ENTERED) == [10]


@pytest.mark.parametrize("step_ms", [0.0, -40.0])
def test_frames_come_in_the_order_of_time(step_ms: float) -> None:
    first = seen(inserted())[0]
    with pytest.raises(BadInput, match="expected a later time"):
        followed([first, replace(first, frame_index=1, time_ms=first.time_ms + step_ms)])


def test_a_time_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadInput, match="expected a finite time"):
        replace(seen(inserted())[0], time_ms=float("nan"))


def test_p_inside_is_averaged_and_forgotten_with_the_tip() -> None:
    observations = seen(inserted().rest(0.4))
    for i, observation in enumerate(observations):
        p = 0.99 if i >= 40 else 0.5
        observations[i] = replace(observation, placement=replace(observation.placement, p_inside=p))
    tracks = followed([*observations, *(without(replace(o, time_ms=o.time_ms + 3e3)) for o in observations[40:])])
    assert tracks[39].p_inside == pytest.approx(0.5)
    assert 0.5 < (tracks[40].p_inside or 0.0) < 0.9
    assert tracks[59].p_inside == pytest.approx(0.99, abs=0.01)
    assert tracks[-1].p_inside is None


def test_statistics_count_frames() -> None:
    observations = seen(inserted())
    observations[30] = without(observations[30])
    counted = followed(observations)[-1].statistics
    assert (counted.frames, counted.needle_frames, counted.tip_frames, counted.bridged_frames) == (50, 40, 40, 1)
    assert counted.first_seen is not None
    assert counted.first_seen.frame_index == 9
    assert counted.reached is None


def test_rules_carry_a_hash_and_refuse_negative_numbers() -> None:
    assert TrackingRules().sha256 != TrackingRules(gate=9.0).sha256
    assert TrackingRules().sha256 != ScoringRules().sha256
    with pytest.raises(BadInput, match="gate is -1"):
        TrackingRules(gate=-1.0)


def test_a_first_sighting_is_not_sure() -> None:
    state = followed(seen(inserted())[:10])[-1]
    now = Sighting(state.at or pytest.fail("no moment"), 40.0, True, True, state.memory.tip, 0.0, None)
    assert state.sight is Sight.SEEN
    assert not now.sure(TrackingRules())
