"""Whole procedures on motions one can check by hand: 25 frames per second, read without error.

The recess is an ellipse 28 mm long and 4 mm thick with its centre at (30, 16) mm; the needle enters at (2, 6) mm at 20
degrees, so that 30 mm along it lie at (30.2, 16.3) mm.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from imaging.errors import BadInput
from imaging.procedure import AssessmentRules, ProcedureAssessment, ProcedureRules, ProcedureVerdict, assess_procedure
from imaging.procedure.stand import centre_of, pooled, shifted
from imaging.reasons import Reason
from imaging.segmentation import Tissue
from imaging.tracking.events import EventKind
from imaging.tracking.observation import Observation
from tests.imaging.tracking.needle_motion import NO_NEEDLE, NOT_PLACED, Anatomy, Course, Observer, observe

HERE = Anatomy()


def course(depth_mm: float, *, inject: bool = True) -> Course:
    """Half a second of nothing, in, a second's rest, two seconds' injection or rest, and out."""
    moves = Course()
    moves.depth_mm, moves.angle_deg, moves.hidden, moves.injected = [0.0], [20.0], [False], [0.0]
    moves.rest(0.5).move(depth_mm, 15.0).rest(1.0)
    moves = moves.inject(2.0) if inject else moves.rest(2.0)
    return moves.rest(0.4).move(0.0, 40.0).rest(0.5)


def seen(moves: Course, anatomy: Anatomy = HERE) -> list[Observation]:
    return observe(moves, anatomy, Observer.perfect()).observations


def assessed(depth_mm: float, anatomy: Anatomy = HERE, *, inject: bool = True) -> ProcedureAssessment:
    return assess_procedure(seen(course(depth_mm, inject=inject), anatomy))


@pytest.mark.parametrize(
    ("depth_mm", "anatomy", "inject", "verdict"),
    [
        (30.0, HERE, True, ProcedureVerdict.CONFIRMED),
        (30.0, HERE, False, ProcedureVerdict.PROBABLE),
        (30.0, replace(HERE, opens_mm=0.0, bubbles=0.0), True, ProcedureVerdict.PROBABLE),
        (18.0, HERE, False, ProcedureVerdict.EXTRA_ARTICULAR),
        (30.0, replace(HERE, half_thickness=0.8, opens_mm=0.0), False, ProcedureVerdict.INDETERMINATE),
    ],
)
def test_verdicts(depth_mm: float, anatomy: Anatomy, inject: bool, verdict: ProcedureVerdict) -> None:
    assert assessed(depth_mm, anatomy, inject=inject).verdict is verdict


def test_a_recess_that_fills_while_the_tip_stands_outside_is_partial() -> None:
    # 24.2 mm along the needle the tip is 0.87 mm above the ellipse.
    said = assessed(24.2, replace(HERE, centre=(30.0, 17.0)))
    assert said.stand is not None
    assert said.stand.p_inside == pytest.approx(0.05, abs=0.02)
    assert said.verdict is ProcedureVerdict.PARTIAL


def test_a_miss_names_its_tissue_and_nothing_else_does() -> None:
    assert assessed(18.0, inject=False).tissue is Tissue.QUADRICEPS
    assert assessed(30.0).tissue is None


def test_without_a_needle_nothing_is_assessed() -> None:
    bare = [replace(o, needle=NO_NEEDLE, placement=NOT_PLACED) for o in seen(course(30.0))]
    said = assess_procedure(bare)
    assert (said.verdict, said.reasons, said.stand) == (ProcedureVerdict.NOT_ASSESSED, (Reason.NO_NEEDLE,), None)
    assert (said.handling.needle_frames, said.handling.tip_visible_share, said.handling.passes) == (0, None, 0)


def test_without_a_pixel_size_the_way_of_a_needle_is_not_told() -> None:
    moves = Course().move(20.0, 10.0).rest(1.0).move(8.0, 10.0).rest(0.6).move(30.0, 10.0)
    handling = assess_procedure([replace(o, spacing=None) for o in seen(moves)]).handling
    assert handling.needle_frames > 0
    way = (handling.advanced_unseen_mm, handling.advanced_unseen_s, handling.passes, handling.redirections)
    assert way == (None, None, None, None)


def test_no_frames_are_no_procedure() -> None:
    said = assess_procedure([])
    assert said.verdict is ProcedureVerdict.NOT_ASSESSED
    assert len(said.timeline) == 0


def test_frames_that_cannot_be_judged_where_the_tip_rests_withhold_the_verdict() -> None:
    observations = seen(course(30.0))
    for i, observation in enumerate(observations):
        if i % 5 and observation.needle.tip is not None:
            observations[i] = replace(observation, placement=NOT_PLACED)
    said = assess_procedure(observations)
    assert said.verdict is ProcedureVerdict.INDETERMINATE


def test_a_single_picture_is_judged_as_it_is() -> None:
    inside = seen(course(30.0))[70]
    said = assess_procedure([inside])
    assert (said.verdict, said.key_frames.tip_in_recess) == (ProcedureVerdict.PROBABLE, inside.frame_index)


def test_numbers_of_the_stand() -> None:
    stand = assessed(30.0, inject=False).stand
    assert stand is not None
    tip = (2.0 + 30.0 * math.cos(math.radians(20.0)), 6.0 + 30.0 * math.sin(math.radians(20.0)))
    assert stand.centre_distance_mm == pytest.approx(math.dist(tip, HERE.centre), abs=0.02)
    assert stand.angle_deg == pytest.approx(20.0, abs=0.01)
    assert stand.signed_distance_mm == pytest.approx(2.0 - (tip[1] - 16.0), abs=0.1)
    assert stand.decided_frames == stand.frames


def test_injection_and_what_shows_it() -> None:
    moves = course(30.0)
    start = next(frame for kind, frame in moves.truth if kind is EventKind.INJECTION_STARTED)
    said = assess_procedure(seen(moves))
    assert said.injectate.started is not None
    assert abs(said.injectate.started.frame_index - start) <= 3
    assert (said.injectate.bubbles, said.injectate.thickness, said.injectate.fluid) == (True, True, False)
    assert said.recess.thickness_before_mm == pytest.approx(4.0, abs=0.01)
    assert said.recess.thickness_after_mm == pytest.approx(5.5, abs=0.01)


def test_handling_counts_insertions_and_tells_durations() -> None:
    moves = Course().move(20.0, 10.0).rest(1.0).move(8.0, 10.0).rest(0.6).move(30.0, 10.0).rest(2.0)
    handling = assess_procedure(seen(moves)).handling
    assert (handling.passes, handling.redirections) == (2, 0)
    # 4 mm are in after 0.4 s; the wall is crossed near the end of the second insertion.
    assert handling.seconds_to_target == pytest.approx(2.0 + 1.0 + 1.2 + 0.6 + 1.7 - 0.4, abs=0.4)
    assert handling.tip_visible_share == 1.0


def test_an_advance_unseen_is_told_in_millimetres() -> None:
    moves = Course().move(12.0, 10.0).rest(0.4).move(20.0, 10.0, hidden=True).move(30.0, 10.0).rest(2.0)
    handling = assess_procedure(seen(moves)).handling
    assert handling.advanced_unseen_mm == pytest.approx(8.0, abs=0.8)
    assert handling.advanced_unseen_s == pytest.approx(0.8, abs=0.1)
    assert handling.tip_visible_share is not None
    assert handling.tip_visible_share < 0.9


def test_durations_are_not_told_of_frames_without_times() -> None:
    handling = assess_procedure(seen(course(30.0)), timed=False).handling
    assert (handling.advanced_unseen_s, handling.seconds_to_target) == (None, None)


def test_key_frames_come_in_the_order_of_the_procedure() -> None:
    keys = assessed(30.0).key_frames
    frames = [keys.before_needle, keys.tip_in_recess, keys.injection, keys.after]
    assert None not in frames
    assert keys.before_needle == min(frames, key=lambda frame: frame or 0)
    assert keys.after == max(frames, key=lambda frame: frame or 0)


def test_the_timeline_has_an_entry_for_every_frame() -> None:
    observations = seen(course(30.0))
    said = assess_procedure(observations)
    line = said.timeline
    assert len(line) == len(observations)
    assert line.frame_index.tolist() == [o.frame_index for o in observations]
    assert {line.event[event.frame_index] for event in said.events} == {event.kind for event in said.events}
    assert np.isnan(line.signed_distance_mm[0])
    assert np.nanmax(line.signed_distance_mm) > 1.0
    with pytest.raises(ValueError, match="read-only"):
        line.p_inside[0] = 0.0


def test_columns_of_a_timeline_have_one_length() -> None:
    line = assessed(30.0).timeline
    with pytest.raises(BadInput, match="expected one length"):
        replace(line, verdict=line.verdict[:-1])


def test_the_same_observations_give_the_same_assessment() -> None:
    observations = seen(course(30.0))
    one, other = assess_procedure(observations), assess_procedure(observations)
    assert (one.verdict, one.stand, one.injectate, one.handling, one.events, one.rules_sha256) == (
        other.verdict, other.stand, other.injectate, other.handling, other.events, other.rules_sha256
    )  # fmt: skip


def test_rules_are_hashed_and_refuse_negative_numbers() -> None:
    changed = AssessmentRules(procedure=ProcedureRules(inside_from=0.8))
    assert changed.sha256 != AssessmentRules().sha256
    with pytest.raises(BadInput, match="stand_radius_mm is -1"):
        ProcedureRules(stand_radius_mm=-1.0)


def test_probabilities_are_pooled_as_odds() -> None:
    assert pooled([0.9, 0.9]) == pytest.approx(0.9)
    assert pooled([0.9, 0.1]) == pytest.approx(0.5)
    assert shifted(0.5, math.log(3.0)) == pytest.approx(0.75)


def test_the_centre_of_an_outline_is_that_of_its_area() -> None:
    # A square of 4 with one of its sides split into many points.
    side = [[4.0, y / 10] for y in range(41)]
    square = np.array([[0.0, 0.0], *side, [0.0, 4.0]])
    recess = replace(seen(course(30.0))[0].recess, polygons=(square,))
    assert (centre_of(recess).x, centre_of(recess).y) == pytest.approx((2.0, 2.0))
