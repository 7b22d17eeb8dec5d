"""Metrics, their intervals and what they should reach."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.placement import Verdict
from models.evaluation.intervals import (
    Statistic,
    bootstrap,
    calibration_error,
    debiased_calibration_error,
    mean,
    median,
    of_calibration,
    of_share,
    p95,
    resamples,
)
from models.evaluation.metrics import METRICS, metric
from models.evaluation.report import Figure, figure, figures
from models.evaluation.scoring import NeedleScore, RecessScore
from tests.models.scores import placed, recess, scored


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)[:, None]


class TestIntervals:
    def test_bootstrap_lies_around_the_value(self) -> None:
        found = bootstrap(column(1.0, 2.0, 3.0, 2.0), mean)
        assert 1.0 <= found.low <= 2.0 <= found.high <= 3.0

    @pytest.mark.parametrize("statistic", [mean, median, p95])
    def test_many_samples_at_once_give_what_one_by_one_gives(self, statistic: Statistic) -> None:
        rows = np.random.default_rng(1).normal(size=(37, 1))
        one_by_one = resamples(rows, lambda sample: float(statistic(sample)), 20)
        assert resamples(rows, statistic, 20) == pytest.approx(one_by_one)

    def test_a_share_on_which_all_agree_is_not_certain(self) -> None:
        # Wilson: 22 of 22 gives 1 / (1 + z^2 / 22) = 0.8513 as its lower end.
        found = of_share(np.ones((22, 1)), mean)
        assert (found.low, found.high) == (pytest.approx(0.8513, abs=1e-4), 1.0)
        none = of_share(np.zeros((22, 1)), mean)
        assert (none.low, none.high) == (0.0, pytest.approx(1 - 0.8513, abs=1e-4))

    @given(st.lists(st.booleans(), min_size=1, max_size=30))
    def test_a_share_lies_in_its_interval(self, hits: list[bool]) -> None:
        rows = column(*map(float, hits))
        found = of_share(rows, mean)
        assert 0.0 <= found.low <= mean(rows) + 1e-12
        assert mean(rows) - 1e-12 <= found.high <= 1.0


class TestCalibration:
    def test_by_hand(self) -> None:
        # Bin 0.9: said 0.95 twice, true once: gap 0.45 each. Bin 0.0: said 0.05, false: gap 0.05.
        rows = np.array([[0.95, 1.0], [0.95, 0.0], [0.05, 0.0]])
        assert calibration_error(rows) == pytest.approx((0.45 * 2 + 0.05) / 3)

    def test_errors_either_way_in_one_bin_cancel(self) -> None:
        assert calibration_error(np.array([[0.5, 1.0], [0.5, 0.0]])) == pytest.approx(0.0)

    def test_certainty_that_is_right_has_no_error(self) -> None:
        assert calibration_error(np.array([[1.0, 1.0], [0.0, 0.0]])) == 0.0

    def test_chance_is_taken_off(self) -> None:
        random = np.random.default_rng(3)
        said = random.random(300)
        perfect = np.column_stack([said, random.random(300) < said])
        assert calibration_error(perfect) > 0.04
        assert debiased_calibration_error(perfect) < calibration_error(perfect) - 0.015
        assert of_calibration(perfect, debiased_calibration_error).low == 0.0

    def test_a_real_error_keeps_its_interval_off_zero(self) -> None:
        outcome = np.arange(600) < 360
        found = of_calibration(np.column_stack([np.full(600, 0.9), outcome]), debiased_calibration_error)
        assert 0.25 < found.low < 0.3 < found.high < 0.35


class TestMetrics:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("recess Dice, 1 to 2 mm", (0.2, 1)),
            ("recess Dice, 2 to 4 mm", (0.6, 2)),
            ("recess Dice, 4 mm and more", (0.9, 1)),
            ("recess Dice, 2 mm and more", (0.7, 3)),
            ("recess missed, 2 mm and more", (0.0, 3)),
        ],
    )
    def test_thickness_bands_include_their_lower_end(self, name: str, expected: tuple[float, int]) -> None:
        scores = [scored(recess=recess(*each)) for each in [(1.9, 0.2), (2.0, 0.5), (3.9, 0.7), (4.0, 0.9)]]
        found = figure(metric(name), scores)
        assert (found.value, found.n) == (pytest.approx(expected[0]), expected[1])

    def test_false_area_is_counted_where_there_is_no_recess(self) -> None:
        scores = [scored(recess=RecessScore(0.0, None, area)) for area in (0.0, 9.0)] + [scored(recess=recess(3, 0.5))]
        found = figure(metric("false recess area where there is none"), scores)
        assert (found.value, found.n) == (4.5, 2)

    def test_missed_needles_begin_at_eight_millimetres(self) -> None:
        needles = [NeedleScore(7.9, False, None, None), NeedleScore(8.0, False, None, None)]
        found = figure(metric("missed needles, 8 mm visible and more"), [scored(needle=each) for each in needles])
        assert (found.value, found.n) == (1.0, 1)

    def test_a_needle_where_there_is_none_is_false(self) -> None:
        needles = [NeedleScore(None, True, None, None), NeedleScore(None, False, None, None)]
        found = figure(metric("false needles"), [scored(needle=each) for each in needles])
        assert (found.value, found.n) == (0.5, 2)

    def test_in_and_out_at_decided_frames(self) -> None:
        scores = [
            scored(placement=placed(inside=True, verdict=Verdict.INSIDE)),
            scored(placement=placed(inside=True, verdict=Verdict.OUTSIDE)),
            scored(placement=placed(inside=False, verdict=Verdict.OUTSIDE)),
            scored(placement=placed(inside=False, verdict=Verdict.INDETERMINATE)),
        ]
        by_name = {f.name: (f.value, f.n) for f in figures(scores)}
        assert by_name["sensitivity for misses, decided frames"] == (1.0, 1)
        assert by_name["specificity, decided frames"] == (0.5, 2)
        assert by_name["abstention, recess 2 mm and more"] == (0.25, 4)
        assert by_name["tissue named correctly when outside"] == (0.0, 1)

    def test_a_distance_without_end_is_left_to_the_missed_ones(self) -> None:
        missed = RecessScore(3.0, recess(3.0, 0.0).overlap, 0.0)
        assert missed.overlap is not None
        endless = RecessScore(3.0, type(missed.overlap)(0.0, 0.0, math.inf), 0.0)
        found = figure(metric("recess mean surface distance"), [scored(recess=endless), scored(recess=recess(3, 0.5))])
        assert (found.value, found.n) == (0.5, 1)

    def test_names_are_unique_and_goals_lie_beyond_floors(self) -> None:
        assert len({each.name for each in METRICS}) == len(METRICS)
        for each in METRICS:
            if each.goal is not None and each.floor is not None:
                assert each.reaches(each.goal, each.floor), each.name
                assert not each.reaches(each.floor, each.goal), each.name

    def test_nothing_counted_reaches_nothing(self) -> None:
        assert metric("false needles").reaches(math.nan, 0.05) is None
        assert metric("recess Dice").reaches(0.9, None) is None


class TestFigure:
    def test_nothing_to_count(self) -> None:
        assert figure(metric("recess Dice"), []).text() == "–"

    def test_percent_and_plain_text(self) -> None:
        assert Figure("x", "%", 0.5, 0.25, 1.0, 4).text() == "50.0 % (25.0 to 100.0)"
        assert Figure("x", "", 0.5, 0.25, 1.0, 4).text() == "0.500 (0.250 to 1.000)"
