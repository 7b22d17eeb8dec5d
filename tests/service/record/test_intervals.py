"""Kappa and intervals, against tables one can check by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.record.intervals import cohens_kappa, scotts_pi, spread_of, wilson


class TestWilson:
    @pytest.mark.parametrize(
        ("hits", "n", "low", "high"),
        [(48, 50, 0.865, 0.989), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (1, 2, 0.0945, 0.9055)],
    )
    def test_by_hand(self, hits: int, n: int, low: float, high: float) -> None:
        assert wilson(hits, n) == pytest.approx((low, high), abs=5e-4)

    def test_nothing_has_none(self) -> None:
        assert all(math.isnan(end) for end in wilson(0, 0))

    @given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_holds_the_share_and_stays_one(self, case: tuple[int, int]) -> None:
        low, high = wilson(*case)
        assert 0.0 <= low <= case[0] / case[1] <= high <= 1.0


class TestKappa:
    def test_by_hand(self) -> None:
        """Both say yes 20 times and no 15 times of 50: 0.7 agreed, 0.5 by chance."""
        found = cohens_kappa([[20, 5], [10, 15]])
        assert found is not None
        assert (found.observed, found.expected, found.kappa) == pytest.approx((0.7, 0.5, 0.4))
        assert (found.low, found.high) == pytest.approx((0.125, 0.618), abs=1e-3)

    def test_full_agreement_of_few_is_not_certain(self) -> None:
        found = cohens_kappa([[2, 0, 0], [0, 1, 0], [0, 0, 0]])
        assert found is not None
        assert (found.kappa, found.high) == (1.0, 1.0)
        assert found.low < 0.1

    def test_nothing_read_twice_has_none(self) -> None:
        assert cohens_kappa([[0, 0], [0, 0]]) is None

    def test_one_category_leaves_nothing_beyond_chance(self) -> None:
        found = cohens_kappa([[7, 0], [0, 0]])
        assert found is not None
        assert (found.observed, found.expected) == (1.0, 1.0)
        assert math.isnan(found.kappa)

    @given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3))
    def test_bounds_and_symmetry(self, table: list[list[int]]) -> None:
        found, turned = cohens_kappa(table), cohens_kappa([list(column) for column in zip(*table, strict=True)])
        if found is None or math.isnan(found.kappa):
            return
        assert turned is not None
        assert turned.kappa == pytest.approx(found.kappa)
        assert -1.0 <= found.low <= found.kappa + 1e-12
        assert found.kappa - 1e-12 <= found.high <= 1.0


class TestPi:
    def test_by_hand(self) -> None:
        """Yes is 55 of 100 sayings and no 45: 0.505 by chance, a little more than with each reader's own shares."""
        found = scotts_pi([[20, 5], [10, 15]])
        assert found is not None
        assert (found.observed, found.expected, found.kappa) == pytest.approx((0.7, 0.505, 0.195 / 0.495))

    def test_one_category_and_nothing(self) -> None:
        found = scotts_pi([[0, 0], [0, 7]])
        assert found is not None
        assert math.isnan(found.kappa)
        assert scotts_pi([[0, 0], [0, 0]]) is None

    @given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3))
    def test_is_that_of_each_pair_in_both_orders(self, table: list[list[int]]) -> None:
        both = [[table[i][k] + table[k][i] for k in range(3)] for i in range(3)]
        found, doubled = scotts_pi(table), cohens_kappa(both)
        if found is None or math.isnan(found.kappa):
            return
        assert doubled is not None
        assert (found.kappa, found.expected) == pytest.approx((doubled.kappa, doubled.expected))
        above = [[both[i][k] if i < k else table[i][k] if i == k else 0 for k in range(3)] for i in range(3)]
        assert scotts_pi(above) == found, "whoever said it"
        assert -1.0 <= found.low <= found.kappa + 1e-12
        assert found.kappa - 1e-12 <= found.high <= 1.0


class TestSpread:
    def test_ends_are_ranks(self) -> None:
        """Of ten values the second and the ninth, as tables of order statistics say; of six the first and last."""
        ten = spread_of([float(value) for value in range(10, 0, -1)])
        assert ten is not None
        assert (ten.n, ten.median, ten.low, ten.high, ten.p95) == pytest.approx((10, 5.5, 2, 9, 9.55))
        six = spread_of([1.0, 2, 3, 4, 5, 6])
        assert six is not None
        assert (six.low, six.high) == (1, 6)

    def test_few_have_no_interval(self) -> None:
        five = spread_of([1.0] * 5)
        assert five is not None
        assert math.isnan(five.low)
        assert spread_of([]) is None

    def test_many_are_as_exact_ones(self) -> None:
        """At the switch to the normal distribution the ranks differ by one at most."""
        values = [float(value) for value in range(200)]
        exact, normal = spread_of(values), spread_of([*values, 200.0])
        assert exact is not None
        assert normal is not None
        assert abs(exact.low - normal.low) <= 1
