import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from imaging.frame import Frame
from imaging.geometry import BoxPx, GridToFrame, PixelSpacing, PointPx, SegmentPx, SpacingSource
from imaging.onnx_model import InputGrid
from imaging.segmentation import ModelIdentity, Segmentation, Tissue, ViewScores
from models.evaluation import evaluate_folder
from models.evaluation.cases import folder_cases, phantom_case
from models.evaluation.scoring import angle_between_deg
from models.evaluation.surface import border, filled, overlap
from models.evaluation.truth import beneath_needle
from models.phantom import GridSpec, NeedleTruth, PhantomFrame

SPACING = PixelSpacing(0.5, 2.0, SpacingSource.CALLER)


def mask(*rows: str) -> np.ndarray:
    return np.array([[letter == "#" for letter in row] for row in rows])


ALL = np.ones((5, 6), dtype=bool)


class TestOverlap:
    def test_by_hand(self) -> None:
        a = mask("......", ".##...", ".##...", "......", "......")
        b = mask("......", "..##..", "..##..", "......", "......")
        found = overlap(a, b, ALL, SPACING)
        assert found.dice == pytest.approx(2 * 2 / 8)
        # Every pixel is border. Of each square two pixels meet the other square, two are one column (2 mm) away.
        assert found.mean_distance_mm == pytest.approx(1.0)
        assert found.surface_dice == pytest.approx(0.5)

    def test_a_row_is_nearer_than_a_column_where_pixels_are_flat(self) -> None:
        a = mask("......", "..#...", "......", "......", "......")
        below = mask("......", "......", "..#...", "......", "......")
        beside = mask("......", "...#..", "......", "......", "......")
        assert overlap(a, below, ALL, SPACING).mean_distance_mm == pytest.approx(0.5)
        assert overlap(a, beside, ALL, SPACING).mean_distance_mm == pytest.approx(2.0)
        assert overlap(a, below, ALL, SPACING).surface_dice == 1.0  # 0.5 mm is within 0.5 mm

    def test_empty_masks_have_defined_answers(self) -> None:
        none, some = np.zeros((5, 6), dtype=bool), mask("......", ".##...", "......", "......", "......")
        both, one = overlap(none, none, ALL, SPACING), overlap(none, some, ALL, SPACING)
        assert (both.dice, both.surface_dice, both.mean_distance_mm) == (1.0, 1.0, 0.0)
        assert (one.dice, one.surface_dice, one.mean_distance_mm) == (0.0, 0.0, math.inf)

    def test_pixels_not_judged_do_not_count_and_make_no_border(self) -> None:
        a = mask("......", ".####.", ".####.", "......", "......")
        b = mask("......", ".##...", ".##...", "......", "......")
        judged = ALL.copy()
        judged[:, 3:] = False
        assert overlap(a, b, judged, SPACING).dice == 1.0
        assert {tuple(p) for p in border(a & judged, judged)} == {(1, 1), (2, 1), (1, 2), (2, 2)}

    def test_the_edge_of_the_picture_is_no_border(self) -> None:
        whole = np.ones((4, 4), dtype=bool)
        assert len(border(whole, whole)) == 0

    @given(arrays(bool, (5, 6)), arrays(bool, (5, 6)))
    def test_agreement_is_mutual_and_perfect_with_itself(self, a: np.ndarray, b: np.ndarray) -> None:
        one, other = overlap(a, b, ALL, SPACING), overlap(b, a, ALL, SPACING)
        assert (one.dice, one.surface_dice) == (other.dice, other.surface_dice)
        assert one.mean_distance_mm == pytest.approx(other.mean_distance_mm)
        assert overlap(a, a, ALL, SPACING).dice == 1.0
        assert overlap(a, a, ALL, SPACING).mean_distance_mm == 0.0


class TestFilled:
    def test_pixels_whose_centres_lie_inside(self) -> None:
        square = np.array([[0.5, 0.5], [3.5, 0.5], [3.5, 2.5], [0.5, 2.5]])
        assert np.array_equal(filled((square,), (4, 6)), mask("......", ".###..", ".###..", "......"))

    def test_outline_beyond_the_picture_is_cut(self) -> None:
        square = np.array([[-9.0, -9.0], [1.5, -9.0], [1.5, 1.5], [-9.0, 1.5]])
        assert np.array_equal(filled((square,), (3, 3)), mask("##.", "##.", "..."))

    def test_no_outline_no_pixels(self) -> None:
        assert not filled((), (3, 3)).any()


class TestBeneathNeedle:
    def test_nearest_tissue_is_taken(self) -> None:
        labels = np.array([[2, 2, 2], [7, 7, 7], [7, 7, 7], [4, 4, 4]], dtype=np.uint8)
        assert beneath_needle(labels)[:, 1].tolist() == [2, 2, 4, 4]

    def test_without_a_needle_nothing_changes(self) -> None:
        labels = np.array([[1, 4], [4, 5]], dtype=np.uint8)
        assert np.array_equal(beneath_needle(labels), labels)

    def test_nothing_but_needle_is_background(self) -> None:
        assert not beneath_needle(np.full((3, 3), 7, dtype=np.uint8)).any()


def test_angle_between_lines_in_millimetres_whichever_way_they_run() -> None:
    flat = SegmentPx(PointPx(0, 0), PointPx(10, 0))
    steep = SegmentPx(PointPx(10, 40), PointPx(0, 0))  # 20 mm across, 20 mm down
    assert angle_between_deg(flat, steep, SPACING) == pytest.approx(45.0)
    assert angle_between_deg(steep, flat, SPACING) == pytest.approx(45.0)


class Blank:
    """Segmenter that sees nothing."""

    identity = ModelIdentity("blank", "0", "0" * 64, "fp32", "none")

    def segment(self, frame: Frame) -> Segmentation:
        plane = np.zeros((256, 256), dtype=np.float32)
        tip = np.full((256, 256), 1 / 65536, dtype=np.float32)
        grid: GridToFrame = InputGrid(256, 256, 0.2).placed(frame.bmode, frame.spacing)
        labels = np.zeros((256, 256), dtype=np.uint8)
        return Segmentation(labels, plane, plane.copy(), tip, ViewScores(1.0, 1.0, 0.0, 0.0), grid)


class TestFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        labels = np.zeros((60, 80), dtype=np.uint8)
        labels[20:30, 10:60] = 1
        labels[25, 0:40] = 2
        labels[:, 70:] = 255
        said = {
            "spacing_mm": [0.2, 0.1],
            "bmode_xyxy": [0, 0, 80, 60],
            "recess": "present",
            "needle": {"tip_xy": [39, 25], "shaft_xy": [[0, 25], [39, 25]]},
        }
        cv2.imwrite(str(tmp_path / "a.png"), np.full((60, 80), 90, dtype=np.uint8))
        cv2.imwrite(str(tmp_path / "a.labels.png"), labels)
        (tmp_path / "a.json").write_text(json.dumps(said))
        return tmp_path

    def test_case_is_read(self, folder: Path) -> None:
        (case,) = folder_cases(folder)
        assert case.recess is not None
        assert case.recess[25, 20]  # recess beneath the needle
        assert case.tip_in_recess is True
        assert case.recess_thickness_mm == pytest.approx(10 * 0.2)
        assert case.needle is not None
        assert case.needle.visible_length_mm == pytest.approx(3.9)
        assert not case.judged[0, 75]

    def test_a_blank_answer_scores_nothing(self, folder: Path) -> None:
        report = evaluate_folder(folder, Blank())
        assert report.cases == 1
        assert (report["recess Dice"].value, report["recess Dice"].n) == (0.0, 1)
        assert report["abstention, recess 2 mm and more"].value == 1.0
        assert report["tip error, median"].n == 0
        assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["cases"] == 1
        assert ("recess Dice", "0.000 (0.000 to 0.000)", 1) in report.rows()

    def test_shared_folder_is_read(self, shared_data: Path) -> None:
        cases = {case.name: case for case in folder_cases(shared_data / "labelled")}
        assert len(cases) >= 6
        assert cases["ge_30"].recess is None
        assert cases["ge_30"].tip_in_recess is None


def test_phantom_case_knows_the_tissue_beneath_the_tip() -> None:
    labels = np.zeros((32, 32), dtype=np.uint8)
    labels[:20, 4:28] = Tissue.QUADRICEPS
    labels[10:15, 4:28] = Tissue.RECESS
    anatomy = labels.copy()
    labels[12, 4:20] = Tissue.NEEDLE
    tip = PointPx(19.0, 12.0)
    needle = NeedleTruth(tip, SegmentPx(PointPx(4.0, 12.0), tip), True, 0.0, 22, 3.0)
    grid = GridSpec(32, 32, 0.2)
    frame = PhantomFrame(
        pixels=labels * 9,
        labels=labels,
        spacing=grid.spacing,
        needle=needle,
        recess_thickness_mm=1.0,
        view="longitudinal",
        quality=0.9,
        seed=1,
        picture=BoxPx(4, 0, 28, 20),
        anatomy=anatomy,
        hidden=np.zeros_like(anatomy, dtype=bool),
    )
    case = phantom_case(frame)
    assert case.frame.bmode.xyxy() == (4, 0, 28, 20)
    assert case.tip_in_recess is True
    assert case.needle is not None
    assert case.needle.tissue_at_tip is Tissue.RECESS
