from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.analysis import Analysis, analyse
from imaging.placement import Placement, Verdict
from imaging.reasons import Reason
from imaging.rules import ScoringRules
from imaging.segmentation import ProbabilityCalibration, Tissue, ViewScores
from tests.imaging.scenes import SURE, Scene, SceneSegmenter


def judge(scene: Scene) -> Analysis:
    return analyse(scene.frame(), SceneSegmenter(scene))


def placement_of(scene: Scene) -> Placement:
    return judge(scene).placement


UNSEEN_TIP = replace(SURE, tip_visible=0.2)
#  The recess spans rows 50 to 70 at x = 64; its needle comes from the upper left.
VERDICTS = [
    (Scene(), Verdict.INSIDE, []),
    (Scene(tip_xy=(64, 30), entry_xy=(10, 10)), Verdict.OUTSIDE, []),
    (Scene(tip_xy=(64, 85), entry_xy=(8, 60)), Verdict.OUTSIDE, [Reason.BONE_AHEAD]),
    (Scene(tip_xy=(80, 90), entry_xy=(20, 30)), Verdict.OUTSIDE, ["STEEP_NEEDLE", "BONE_AHEAD", "THROUGH_RECESS"]),
    (Scene(tip_xy=(64, 50), entry_xy=(8, 30)), Verdict.INDETERMINATE, [Reason.LOW_CONFIDENCE]),
    (Scene(half_thickness=4.5, tip_xy=(64, 60)), Verdict.INDETERMINATE, ["RECESS_TOO_THIN"]),
    (Scene(view=UNSEEN_TIP), Verdict.INDETERMINATE, [Reason.TIP_NOT_VISIBLE]),
    (Scene(view=UNSEEN_TIP, tip_xy=(64, 30), entry_xy=(10, 10)), Verdict.INDETERMINATE, [Reason.TIP_NOT_VISIBLE]),
    (Scene(entry_xy=(34, 8)), Verdict.INSIDE, [Reason.STEEP_NEEDLE]),
    (Scene(calibrated=False), Verdict.NOT_ASSESSED, [Reason.NOT_CALIBRATED]),
    (Scene(half_thickness=0), Verdict.NOT_ASSESSED, [Reason.NO_RECESS]),
    (Scene(entry_xy=None), Verdict.NOT_ASSESSED, [Reason.NO_NEEDLE]),
    (Scene(view=replace(SURE, suprapatellar=0.1)), Verdict.NOT_ASSESSED, [Reason.WRONG_VIEW]),
    (Scene(view=replace(SURE, speckle=0.24)), Verdict.NOT_ASSESSED, [Reason.POOR_IMAGE]),
    (Scene(view=replace(SURE, speckle=0.25)), Verdict.INSIDE, []),
    (Scene(view=ViewScores(0.1, 0.1, 0.1, 0.1)), Verdict.NOT_ASSESSED, ["POOR_IMAGE", "WRONG_VIEW", "NO_NEEDLE"]),
]


@pytest.mark.parametrize(("scene", "verdict", "reasons"), VERDICTS)
def test_verdict_and_reasons(scene: Scene, verdict: Verdict, reasons: list[str]) -> None:
    placement = placement_of(scene)
    assert (placement.verdict, list(placement.reasons)) == (verdict, reasons)


def test_score_is_withheld_exactly_where_nothing_is_assessed() -> None:
    for scene, verdict, _ in VERDICTS:
        assert (placement_of(scene).score is None) == (verdict is Verdict.NOT_ASSESSED)


class TestSignedDistance:
    @pytest.mark.parametrize(("row", "distance_mm"), [(60, 2.0), (55, 1.0), (45, -1.0), (40, -2.0), (80, -2.0)])
    def test_to_the_nearest_wall_by_hand(self, row: int, distance_mm: float) -> None:
        placement = placement_of(Scene(tip_xy=(64, row), entry_xy=(8, 20)))
        assert placement.signed_distance_mm == pytest.approx(distance_mm, abs=0.12)

    @settings(max_examples=20, deadline=None)
    @given(st.floats(0.12, 0.4))
    def test_scales_with_the_spacing(self, mm: float) -> None:
        distance = placement_of(Scene(tip_xy=(64, 57), row_mm=mm, column_mm=mm)).signed_distance_mm
        assert distance == pytest.approx(7.0 * mm, rel=0.05)

    @settings(max_examples=20, deadline=None)
    @given(st.floats(44, 78))
    def test_mirroring_changes_nothing(self, row: float) -> None:
        scene = Scene(tip_xy=(60, row), entry_xy=(8, 20))
        here, there = placement_of(scene), placement_of(scene.mirrored())
        assert there.signed_distance_mm == pytest.approx(here.signed_distance_mm, abs=0.02)
        assert there.p_inside == pytest.approx(here.p_inside, abs=0.01)

    def test_is_positive_exactly_when_the_tip_is_likelier_in_than_out(self) -> None:
        for row in (40, 46, 54, 60, 66, 74):
            placement = placement_of(Scene(tip_xy=(64, row), entry_xy=(8, 20)))
            assert ((placement.signed_distance_mm or 0) > 0) == ((placement.p_inside or 0) > 0.5)


@pytest.mark.parametrize(("row", "tissue"), [(60, Tissue.RECESS), (36, Tissue.QUADRICEPS), (85, Tissue.PREFEMORAL_FAT)])
def test_tissue_at_the_tip(row: int, tissue: Tissue) -> None:
    assert placement_of(Scene(tip_xy=(64, row), entry_xy=(8, 20))).tissue_at_tip is tissue


class TestPathAhead:
    def test_recess_then_bone(self) -> None:
        #  straight down from row 20: recess from row 50, bone from row 100, pixels of 0.2 mm
        path = placement_of(Scene(tip_xy=(64, 20), entry_xy=(64, 0))).path
        assert path.meets_recess_mm == pytest.approx(6.0, abs=0.2)
        assert path.meets_bone_mm == pytest.approx(16.0, abs=0.2)

    def test_already_inside_meets_only_bone(self) -> None:
        path = placement_of(Scene(tip_xy=(64, 60), entry_xy=(64, 10))).path
        assert path.meets_recess_mm is None
        assert path.meets_bone_mm == pytest.approx(8.0, abs=0.2)

    def test_leaving_the_picture_meets_nothing(self) -> None:
        path = placement_of(Scene(tip_xy=(100, 20), entry_xy=(60, 20), bone_row=None)).path
        assert (path.meets_recess_mm, path.meets_bone_mm) == (None, None)


class TestCalibration:
    def test_identity_by_default(self) -> None:
        assert ProbabilityCalibration()(0.3) == pytest.approx(0.3)

    @given(st.floats(0, 1), st.floats(0, 1))
    def test_keeps_the_order(self, a: float, b: float) -> None:
        correct = ProbabilityCalibration(slope=0.7, intercept=-0.4)
        assert (correct(a) <= correct(b)) == (a <= b) or correct(a) == pytest.approx(correct(b))

    def test_ends_stay_probabilities(self) -> None:
        correct = ProbabilityCalibration(slope=3.0)
        assert 0.0 < correct(0.0) < 1e-6
        assert 1.0 - 1e-6 < correct(1.0) <= 1.0


def test_every_reason_has_a_sentence() -> None:
    for reason in Reason:
        assert reason.sentence.endswith(".")


def test_rules_hash_follows_every_value() -> None:
    rules = ScoringRules()
    assert rules.sha256 == ScoringRules().sha256
    assert rules.sha256 != replace(rules, inside_from=0.91).sha256


def test_answer_names_what_it_rests_on() -> None:
    answer = judge(Scene())
    assert answer.rules_sha256 == ScoringRules().sha256
    assert answer.model.name == "drawn"
    assert answer.pixels_sha256 == Scene().frame().pixels_sha256
    assert list(answer.timing_ms) == ["measurement", "placement", "identity"]
