"""Statistics of an archive, against tables one can check by hand and against laws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy", reason="needs the extra report")

from service.report.archive.statistics import (
    CusumRule,
    chance_of_a_real_miss,
    cusum,
    drift_of_codes,
    drift_of_numbers,
    funnel_limits,
    is_beyond,
    mean_run_length,
    share_of,
)


class TestShares:
    def test_the_published_share_has_the_published_interval(self) -> None:
        share = share_of(48, 50)  # clinical reference: 96.0 %, Wilson 86.5 to 98.9
        assert (round(100 * share.low, 1), round(100 * share.high, 1)) == (86.5, 98.9)

    def test_nothing_has_no_share(self) -> None:
        assert math.isnan(share_of(0, 0).value)

    @given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_the_interval_holds_the_share(self, case: tuple[int, int]) -> None:
        share = share_of(*case)
        assert 0.0 <= share.low <= share.value + 1e-12
        assert share.value - 1e-12 <= share.high <= 1.0

    @pytest.mark.parametrize(("specificity", "real"), [(0.95, 0.43), (0.99, 0.79)])
    def test_most_called_misses_are_none_unless_specificity_is_high(self, specificity: float, real: float) -> None:
        assert chance_of_a_real_miss(0.04, 0.90, specificity) == pytest.approx(real, abs=0.005)


class TestFunnel:
    def test_limits_close_around_the_centre(self) -> None:
        n = np.array([20, 200, 2_000, 20_000])
        low, high = funnel_limits(0.1, n, 0.025)
        assert (np.diff(low) >= 0).all()
        assert (np.diff(high) < 0).all()
        normal = 0.1 + np.array([-1.96, 1.96]) * math.sqrt(0.1 * 0.9 / 20_000)
        assert [low[-1], high[-1]] == pytest.approx(normal, abs=2e-4)

    def test_wider_where_less_may_lie_beyond(self) -> None:
        n = np.array([50])
        assert funnel_limits(0.1, n, 0.001)[1] > funnel_limits(0.1, n, 0.025)[1]

    @pytest.mark.parametrize("centre", [0.01, 0.04, 0.1, 0.3])
    def test_chance_alone_puts_no_more_than_2_in_1000_beyond(self, centre: float) -> None:
        """Summed over everything that may come of n cases, not drawn."""
        for n in (*range(1, 40), 100, 500):
            flagged = [k for k in range(n + 1) if is_beyond(k, n, centre, 0.001)]
            assert sum(math.comb(n, k) * centre**k * (1 - centre) ** (n - k) for k in flagged) <= 0.002

    @pytest.mark.parametrize(
        ("hits", "n", "found"),
        [(1, 1, False), (2, 2, False), (3, 3, True), (0, 169, False), (0, 170, True), (0, 0, False)],
    )
    def test_beyond_by_hand(self, hits: int, n: int, found: bool) -> None:
        """At 4 %: one of one has a chance of 0.04, two of two 0.0016, three of three 0.000064; none of 170, 0.00097."""
        assert is_beyond(hits, n, 0.04, 0.001) is found


class TestCusum:
    RULE = CusumRule()

    def test_by_hand(self) -> None:
        hit, miss = self.RULE.steps
        assert (round(hit, 4), round(miss, 4)) == (-0.087, 1.0986)
        heights = cusum(np.array([False, True, False, True, True]), self.RULE)
        assert heights == pytest.approx([0.0, miss, miss + hit, 2 * miss + hit, 3 * miss + hit])

    def test_starts_again_after_an_alarm(self) -> None:
        heights = cusum(np.ones(4, dtype=np.bool_), self.RULE)
        assert heights[2] >= self.RULE.limit
        assert heights[3] == pytest.approx(self.RULE.steps[1])

    def test_the_limit_allows_the_run_that_it_promises(self) -> None:
        """Simulated: the Markov chain's mean run length is met by 2,000 charts drawn at the acceptable rate."""
        rng = np.random.default_rng(1)
        rule, lengths = self.RULE, np.zeros(2_000)
        hit, miss = rule.steps
        height, running = np.zeros(2_000), np.ones(2_000, dtype=np.bool_)
        for _ in range(6_000):
            height = np.maximum(height + np.where(rng.uniform(size=2_000) < rule.acceptable, miss, hit), 0.0)
            lengths += running
            running &= height < rule.limit
        assert lengths.mean() == pytest.approx(mean_run_length(rule, rule.limit, rule.acceptable), rel=0.08)
        assert mean_run_length(rule, rule.limit, rule.acceptable) >= 0.95 * rule.run_length

    def test_finds_what_it_is_to_find_far_sooner(self) -> None:
        found = mean_run_length(self.RULE, self.RULE.limit, self.RULE.unacceptable)
        assert found < 0.1 * self.RULE.run_length


class TestDrift:
    def test_by_hand(self) -> None:
        drift = drift_of_codes(np.array([50, 50]), np.array([25, 75]))
        assert drift.index == pytest.approx(-0.25 * math.log(0.5) + 0.25 * math.log(1.5))

    def test_the_same_has_not_moved(self) -> None:
        values = np.random.default_rng(2).normal(size=500)
        drift = drift_of_numbers(values, values)
        assert (drift.index, drift.ks, drift.level) == (pytest.approx(0.0), 0.0, "none")

    def test_a_shift_of_one_sigma_is_large(self) -> None:
        rng = np.random.default_rng(3)
        assert drift_of_numbers(rng.normal(size=300), rng.normal(1.0, size=300)).level == "large"

    def test_values_that_go_missing_are_a_drift(self) -> None:
        before = np.random.default_rng(4).normal(size=400)
        after = before.copy()
        after[:200] = np.nan
        assert drift_of_numbers(before, after).level == "large"

    def test_chance_is_seldom_called_a_drift(self) -> None:
        rng = np.random.default_rng(5)
        called = [drift_of_numbers(rng.normal(size=90), rng.normal(size=90)).level != "none" for _ in range(300)]
        assert sum(called) <= 9  # 1.5 are expected by the rule

    @settings(max_examples=40)
    @given(st.lists(st.integers(0, 50), min_size=2, max_size=8), st.lists(st.integers(0, 50), min_size=2, max_size=8))
    def test_never_below_zero(self, before: list[int], after: list[int]) -> None:
        size = min(len(before), len(after))
        b, a = np.array(before[:size]) + 1, np.array(after[:size])
        if a.sum():
            assert drift_of_codes(b, a).index >= 0.0
