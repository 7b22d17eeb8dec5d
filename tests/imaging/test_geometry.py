import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.errors import BadBox, BadSpacing
from imaging.geometry import (
    BoxPx,
    Edges,
    GridToFrame,
    PixelSpacing,
    PointPx,
    SpacingSource,
    polygon_area,
    signed_gap,
    simplify,
    vertical_chords,
)

SQUARE = np.array([[1.0, 2.0], [5.0, 2.0], [5.0, 6.0], [1.0, 6.0]])
finite = st.floats(-50, 50)
positive = st.floats(0.05, 5.0)
oblong = st.floats(0.3, 5.0)


def spacing(row: float, column: float) -> PixelSpacing:
    return PixelSpacing(row, column, SpacingSource.CALLER)


def ellipse(a: float, b: float, n: int = 200) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.column_stack([30 + a * np.cos(turn), 20 + b * np.sin(turn)])


class TestPixelSpacing:
    @pytest.mark.parametrize(
        ("row", "column"),
        [
            (0.0, 0.1),
            (0.1, -0.2),
            (float("nan"), 0.1),
            (0.1, float("nan")),
            (0.1, float("inf")),
            (1e-9, 1e-9),
            (0.0009, 0.0009),
            (1e308, 1e308),
            (10.1, 10.1),
            (0.0664, 1e6),
            (0.1, 2.01),
            (2.01, 0.1),
        ],
    )
    def test_refuses_what_no_scanner_writes(self, row: float, column: float) -> None:
        with pytest.raises(BadSpacing, match=r"expected two distances of 0\.001 to 10 mm, neither over 20 times"):
            spacing(row, column)

    @pytest.mark.parametrize(("row", "column"), [(0.001, 0.001), (10.0, 10.0), (0.1, 2.0), (2.0, 0.1)])
    def test_takes_the_ends_of_the_range(self, row: float, column: float) -> None:
        assert spacing(row, column).area_mm2(1.0) == pytest.approx(row * column)

    def test_rows_are_down_and_columns_across(self) -> None:
        mm = spacing(row=0.5, column=0.1)
        assert mm.distance_mm(PointPx(0, 0), PointPx(30, 0)) == pytest.approx(3.0)
        assert mm.distance_mm(PointPx(0, 0), PointPx(0, 8)) == pytest.approx(4.0)
        assert mm.distance_mm(PointPx(0, 0), PointPx(30, 8)) == pytest.approx(5.0)
        assert mm.area_mm2(100.0) == pytest.approx(5.0)

    @given(finite, finite, oblong, oblong)
    def test_to_mm_agrees_with_distance(self, x: float, y: float, row: float, column: float) -> None:
        mm = spacing(row, column)
        at = mm.to_mm(np.array([[x, y]]))[0]
        assert np.hypot(*at) == pytest.approx(mm.distance_mm(PointPx(0, 0), PointPx(x, y)))


class TestBoxPx:
    @pytest.mark.parametrize("xyxy", [(-1, 0, 4, 4), (4, 0, 4, 4), (0, 5, 4, 4)])
    def test_refuses_empty_and_outside(self, xyxy: tuple[int, int, int, int]) -> None:
        with pytest.raises(BadBox):
            BoxPx(*xyxy)

    def test_fits_exactly_or_not(self) -> None:
        box = BoxPx(2, 3, 10, 8)
        box.require_inside(10, 8)
        assert (box.width, box.height) == (8, 5)
        with pytest.raises(BadBox, match="does not fit an image of 9 x 8"):
            box.require_inside(9, 8)


class TestGridToFrame:
    def test_centre_of_first_grid_pixel_is_the_origin(self) -> None:
        grid = GridToFrame(10.5, 20.0, 2.0, 3.0)
        assert grid.point(0, 0) == PointPx(10.5, 20.0)
        assert grid.point(2, 1) == PointPx(14.5, 23.0)

    @given(finite, finite, finite, finite, positive, positive)
    def test_round_trip(self, x: float, y: float, ox: float, oy: float, sx: float, sy: float) -> None:
        grid = GridToFrame(ox, oy, sx, sy)
        there = grid.points(np.array([[x, y]]))
        assert grid.to_grid(there)[0] == pytest.approx([x, y], abs=1e-6)

    def test_refuses_a_step_of_nothing(self) -> None:
        with pytest.raises(BadBox):
            GridToFrame(0, 0, 0.0, 1.0)


class TestOutlines:
    def test_square_by_hand(self) -> None:
        assert polygon_area(SQUARE) == 16.0
        assert polygon_area(SQUARE[::-1]) == 16.0
        inside = Edges.of([SQUARE]).contain(np.array([[3.0, 4.0], [0.9, 4.0], [4.9, 5.9], [3.0, 6.1]]))
        assert inside.tolist() == [True, False, True, False]
        assert signed_gap([SQUARE], 3, 3) == pytest.approx(1.0)
        assert signed_gap([SQUARE], 3, -1) == pytest.approx(-3.0)
        assert signed_gap([SQUARE], 8, 10) == pytest.approx(-5.0)
        assert vertical_chords(SQUARE).tolist() == pytest.approx([4.0, 4.0, 4.0, 4.0])

    def test_two_outlines_count_as_one_set_of_walls(self) -> None:
        both = [SQUARE, SQUARE + np.array([10.0, 0.0])]
        assert Edges.of(both).contain(np.array([[3.0, 4.0], [8.0, 4.0], [13.0, 4.0]])).tolist() == [True, False, True]
        assert signed_gap(both, 9.0, 4.0) == pytest.approx(-2.0)
        assert signed_gap(both, 13.0, 4.0) == pytest.approx(2.0)

    def test_chords_of_a_notched_outline_leave_the_notch_out(self) -> None:
        #  a "C" open to the right: at x = 3 only the two arms count, each 1 high
        notched = np.array([[0, 0], [4, 0], [4, 1], [1, 1], [1, 3], [4, 3], [4, 4], [0, 4]], dtype=float)
        assert vertical_chords(notched).tolist() == pytest.approx([4.0, 2.0, 2.0, 2.0])

    def test_chords_of_a_sliver_between_two_columns(self) -> None:
        assert vertical_chords(np.array([[0.2, 0.0], [0.4, 0.0], [0.3, 1.0]])).size == 0

    @given(st.floats(4, 25), st.floats(2, 18), finite, finite)
    def test_translation_leaves_size_alone(self, a: float, b: float, dx: float, dy: float) -> None:
        here, there = ellipse(a, b), ellipse(a, b) + np.array([dx, dy])
        assert polygon_area(there) == pytest.approx(polygon_area(here), rel=1e-6)
        assert signed_gap([there], 30 + dx, 20 + dy) == pytest.approx(signed_gap([here], 30, 20), abs=1e-6)

    @given(st.floats(4, 25), st.floats(2, 18), st.floats(0.05, 1.0))
    def test_simplified_outline_stays_within_tolerance(self, a: float, b: float, tolerance: float) -> None:
        full = ellipse(a, b, 80)
        less = simplify(full, tolerance)
        assert len(less) <= len(full)
        assert max(abs(signed_gap([less], x, y)) for x, y in full) <= tolerance + 1e-9

    def test_straight_sides_lose_their_points(self) -> None:
        side = np.linspace(0, 10, 41)
        box = np.vstack([np.column_stack([side, 0 * side]), np.column_stack([side[::-1], 0 * side + 3])])
        assert len(simplify(box, 0.1)) <= 24
        assert polygon_area(simplify(box, 0.1)) == pytest.approx(30.0, rel=0.02)
