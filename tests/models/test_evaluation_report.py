"""Strata, comparisons, worst frames and the card."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging.frame import Frame
from imaging.geometry import BoxPx
from imaging.placement import Verdict
from models.evaluation import card, strangers
from models.evaluation.compare import better, differences
from models.evaluation.evaluation import Evaluation, evaluate_set
from models.evaluation.markdown import figure_rows, report_markdown
from models.evaluation.rejection import Rejection, markdown, rejection
from models.evaluation.reliability import reliability
from models.evaluation.running import contenders
from models.evaluation.scoring import CaseScore, NeedleScore, RecessScore
from models.evaluation.strata import tables
from models.evaluation.test_sets import held_out_set
from models.evaluation.traits import Traits
from models.evaluation.worst import failure, worst
from tests.imaging.scenes import SURE, Scene, SceneSegmenter
from tests.models.scores import placed, recess, scored

MODEL = Path(__file__).resolve().parents[2] / "models" / "suprapatellar"


def needle(visible_mm: float, *, found: bool = True, tip: float = 0.2, angle: float = 0.5) -> NeedleScore:
    return NeedleScore(visible_mm, found, tip if found else None, angle if found else None)


class TestStrata:
    def by_respect(self, scores: list[CaseScore]) -> dict[str, dict[str, int]]:
        return {table.respect: {each.label: each.cases for each in table.strata} for table in tables(scores)}

    def test_bands_hold_their_lower_end_and_empty_ones_are_left_out(self) -> None:
        scores = [scored(recess=recess(thickness, 0.5)) for thickness in (0.9, 1.0, 1.9, 2.0, 9.0)]
        assert self.by_respect(scores)["recess thickness"] == {
            "0.5 to 1 mm": 1, "1 to 2 mm": 2, "2 to 4 mm": 1, "8 mm and more": 1
        }  # fmt: skip

    def test_tertiles_hold_a_third_each(self) -> None:
        scores = [scored(traits=Traits(dynamic_range_db=40.0 + at)) for at in range(30)]
        counts = self.by_respect(scores)["vendor style: dynamic range of the display"]
        assert list(counts.values()) == [10, 10, 10]

    def test_kinds_are_named_and_one_alone_makes_no_table(self) -> None:
        scores = [scored(traits=Traits(view="longitudinal", full_screen=at > 0)) for at in range(3)]
        found = self.by_respect(scores)
        assert found["vendor style: furniture"] == {"B-mode picture alone": 1, "full screen": 2}
        assert "view" not in found

    def test_a_figure_is_of_its_stratum_alone(self) -> None:
        scores = [scored(recess=recess(1.5, 0.2)), scored(recess=recess(5.0, 0.8)), scored(recess=recess(5.0, 0.6))]
        table = next(each for each in tables(scores) if each.respect == "recess thickness")
        assert [each.figures[0].value for each in table.strata] == [0.2, pytest.approx(0.7)]


class TestCompare:
    def test_differences_are_of_the_same_cases(self) -> None:
        one = [scored(f"{at}", recess(3.0, 0.5 + 0.001 * at)) for at in range(40)]
        other = [replace(each, recess=recess(3.0, 0.6 + 0.001 * at)) for at, each in enumerate(one)]
        found = {each.name: each for each in differences(one, other)}["recess Dice"]
        # Every case is better by 0.1, so every resample is, however much Dice itself varies.
        assert (found.value, found.low, found.high) == tuple(pytest.approx(0.1) for _ in range(3))
        assert found.n == 40
        assert better(found, higher_is_better=True) is True
        assert better(found, higher_is_better=False) is False

    def test_an_interval_that_holds_zero_decides_nothing(self) -> None:
        one = [scored(f"{at}", recess(3.0, 0.5)) for at in range(10)]
        other = [replace(each, recess=recess(3.0, 0.5 + 0.1 * (-1) ** at)) for at, each in enumerate(one)]
        assert better(differences(one, other)[0], higher_is_better=True) is None

    def test_what_only_one_model_can_be_asked_has_no_difference(self) -> None:
        one = [scored("a", needle=needle(9.0, found=False))]
        other = [scored("a", needle=needle(9.0))]
        by_name = {each.name: each for each in differences(one, other)}
        assert by_name["tip error, median"].n == 0
        assert by_name["missed needles, 8 mm visible and more"].value == -1.0

    def test_other_cases_are_refused(self) -> None:
        with pytest.raises(ValueError, match="not of the same cases"):
            differences([scored("a")], [scored("b")])


def test_reliability_bins_by_hand() -> None:
    said = [(0.05, False), (0.05, True), (0.95, True), (1.0, True)]
    scores = [scored(placement=placed(inside=inside, verdict=Verdict.INSIDE, p_inside=p)) for p, inside in said]
    low, high = reliability(scores)
    assert (low.low, low.n, low.said, low.found) == (0.0, 2, 0.05, 0.5)
    assert (high.high, high.n, high.said, high.found) == (1.0, 2, pytest.approx(0.975), 1.0)


class TestWorst:
    def test_a_verdict_on_the_wrong_side_is_worst(self) -> None:
        wrong = scored("wrong", placement=placed(inside=False, verdict=Verdict.INSIDE, p_inside=0.97))
        rest = scored("rest", RecessScore(0.0, None, 500.0), needle(20.0, tip=30.0, angle=80.0))
        fine = scored("fine", recess(3.0, 0.95), needle(20.0))
        assert [each.score.name for each in worst([fine, rest, wrong])] == ["wrong", "rest"]
        assert failure(wrong).faults == ("said inside, tip outside (p 0.97)",)

    @pytest.mark.parametrize(
        ("score", "faults"),
        [
            (scored(recess=recess(3.0, 0.25)), ("recess of 3.0 mm: Dice 0.25",)),
            (scored(recess=recess(1.5, 0.0)), ()),
            (scored(needle=NeedleScore(None, True, None, None)), ("false needle",)),
            (scored(needle=needle(8.0, found=False)), ("needle of 8 mm missed",)),
            (scored(needle=needle(7.0, found=False)), ()),
            (scored(needle=needle(9.0, tip=5.0, angle=12.0)), ("angle 12° off", "tip 5.0 mm off")),
        ],
    )
    def test_faults_in_words(self, score: CaseScore, faults: tuple[str, ...]) -> None:
        assert failure(score).faults == faults

    def test_no_more_than_asked_for(self) -> None:
        assert len(worst([scored(f"{at}", recess(3.0, 0.1)) for at in range(9)], 4)) == 4


class TestRejection:
    @pytest.mark.parametrize(
        ("scene", "expected"),
        [
            (Scene(), Rejection("x", 2, 0, 0, 0, 2, 2, 2)),
            (Scene(view=replace(SURE, suprapatellar=0.1)), Rejection("x", 2, 2, 0, 2, 2, 0, 0)),
            (Scene(view=replace(SURE, quality=0.1), entry_xy=None), Rejection("x", 2, 2, 2, 0, 0, 0, 0)),
        ],
    )
    def test_counts(self, scene: Scene, expected: Rejection) -> None:
        found = rejection("x", [scene.frame(), scene.frame()], SceneSegmenter(scene))
        assert found == expected
        assert markdown([found])[-1].startswith("| x | 2 | ")

    def test_drawn_kinds_are_the_same_each_time(self) -> None:
        def first() -> dict[str, str]:
            return {name: next(iter(frames)).pixels_sha256 for name, frames in strangers.drawn()}

        assert first() == first()
        assert len(set(first().values())) == 6

    def test_photographs_are_cut_into_windows(self, tmp_path: Path) -> None:
        cv2.imwrite(str(tmp_path / "a.png"), np.random.default_rng(0).integers(0, 255, (90, 120), dtype=np.uint8))
        frames = list(strangers.photographs(tmp_path))
        assert len(frames) == 1 + strangers.CROPS
        assert all(isinstance(each, Frame) and each.spacing is not None for each in frames)

    def test_held_out_pictures_are_kept_apart(self, shared_data: Path) -> None:
        folder = shared_data / "unlabelled"
        counts = [len(strangers.anatomy_files(folder, held_out=held_out)) for held_out in (True, False)]
        assert counts == [64, 125]

    def test_a_package_that_is_missing_is_no_error(self) -> None:
        assert strangers.package_folder("no_such_package_here") is None


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    few = replace(held_out_set("phantom:try"), first_seed=840_000, frames=4)
    return evaluate_set(few, contenders([MODEL]), None)


class TestCard:
    def test_card_is_filled_and_its_pictures_are_small(self, evaluation: Evaluation, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib", reason="plots need the extra report")
        (tmp_path / "manifest.json").write_bytes((MODEL / "manifest.json").read_bytes())
        rows = (Rejection("blank", 3, 3, 3, 0, 0, 0, 0),)
        card.write(card.Measured(evaluation, evaluation, None, rows), tmp_path)
        text = (tmp_path / "MODEL_CARD.md").read_text()
        assert "{{" not in text
        assert evaluation.models[0].identity.sha256 in text
        assert "| blank | 3 | 100.0 % (43.9 to 100.0) |" in text
        pictures = [tmp_path / "reliability.svg", tmp_path / "failures.jpg"]
        assert 1_000 < sum(path.stat().st_size for path in pictures) < 300_000

    def test_a_template_that_asks_for_more_is_refused(self) -> None:
        with pytest.raises(ValueError, match="mood"):
            card._filled("{{name}} {{mood}}", {"name": "x"})

    def test_tables_say_what_is_held_out(self, evaluation: Evaluation) -> None:
        assert "Not a held-out set" in report_markdown(evaluation)
        head, rows = figure_rows(evaluation)
        assert head[:3] == ["measure", "floor", "goal"]
        assert all(len(row) == len(head) for row in rows)
        assert evaluation.case_named("phantom-840000").frame.bmode != BoxPx(0, 0, 1, 1)
