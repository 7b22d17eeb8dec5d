"""Parts of the phantom by hand-checkable cases and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.errors import BadBox
from imaging.segmentation import Tissue
from models.phantom import GridSpec, PhantomFrame, Physics, make_frame, on_screen
from models.phantom.anatomy import Knee, Layer
from models.phantom.bubbles import NOWHERE_MM, bubbles
from models.phantom.canvas import Canvas
from models.phantom.frame import mirrored, needle_labels
from models.phantom.long_axis import clear_of
from models.phantom.motion import Tissue2D
from models.phantom.needle_pose import SITE_SHARES, NeedlePose
from models.phantom.other_views import KIND_SHARES, NEEDLE_SHARES, sample_other
from models.phantom.physics import Range
from models.phantom.randomness import smooth_curve, stream

GRID = GridSpec(64, 64, 0.5)
CANVAS = Canvas(GRID, 0.0, 32.0, 32.0)


def flat_knee(recess_mm: float = 4.0) -> Knee:
    x = CANVAS.x_mm
    level = {"skin": 2.0, "fat": 6.0, "tendon": 12.0, "muscle": 13.0, "roof": 14.0}
    curves = {name: np.full_like(x, depth) for name, depth in level.items()}
    patella = np.where(x > 24.0, 10.0, np.inf)
    floor = curves["roof"] + recess_mm
    return Knee(x, **curves, floor=floor, femur=floor + 6.0, patella=patella, patella_end_mm=24.0)


class TestRange:
    @given(st.floats(0.1, 3.0), st.floats(-50, 50), st.floats(0, 20))
    def test_widening_keeps_order_and_limits(self, factor: float, low: float, width: float) -> None:
        plain = Range(low, low + width, least=low - 1.0, most=low + width + 1.0)
        wide = plain.widened(max(factor, 1.0))
        assert plain.least <= wide.low <= plain.low <= plain.high <= wide.high <= plain.most

    def test_refuses_an_inverted_interval(self) -> None:
        with pytest.raises(ValueError, match="expected it ordered"):
            Range(2.0, 1.0)

    def test_wider_physics_contains_the_plain_one(self) -> None:
        plain, wide = Physics().needle, Physics.wider().needle
        assert wide.angle_deg.low < plain.angle_deg.low
        assert wide.angle_deg.high > plain.angle_deg.high
        assert wide.ghost_share == plain.ghost_share


def test_shares_sum_to_one() -> None:
    assert sum(SITE_SHARES.values()) == pytest.approx(1.0)
    assert sum(KIND_SHARES.values()) == pytest.approx(1.0)
    assert KIND_SHARES.keys() == NEEDLE_SHARES.keys()


def test_no_other_view_shows_a_recess_and_every_kind_occurs() -> None:
    kinds = set()
    for seed in range(60):
        scene, kind = sample_other(seed, CANVAS)
        kinds.add(kind)
        assert not np.any(scene.labels == Tissue.RECESS)
        assert np.all(np.isfinite(scene.echo_db))
    assert kinds == set(KIND_SHARES)


@given(st.integers(0, 2**40))
def test_streams_of_different_names_differ_and_curves_stay_within_one(seed: int) -> None:
    assert stream(seed, "a").uniform() != stream(seed, "b").uniform()
    assert np.abs(smooth_curve(stream(seed, "c"), np.linspace(0, 50, 40), 9.0)).max() <= 1.0


class TestGrid:
    def test_pixel_centres(self) -> None:
        assert GRID.to_px(0.25, 0.25).x == 0.0
        assert GRID.to_px(32.0, 0.25).x == 63.5

    @pytest.mark.parametrize("bad", [(8, 64, 0.2), (64, 64, 0.01), (64, 64, 2.0)])
    def test_refuses(self, bad: tuple[int, int, float]) -> None:
        with pytest.raises(ValueError, match="grid is"):
            GridSpec(*bad)


class TestKnee:
    def test_layers_of_a_flat_knee(self) -> None:
        column = flat_knee().layers(np.array([1.0, 4.0, 9.0, 12.5, 13.5, 16.0, 20.0, 24.1, 30.0]))[:, 10]
        assert column.tolist() == list(range(9))

    def test_patella_ends_at_its_pole_and_tissue_goes_on_below(self) -> None:
        column = flat_knee().layers(np.array([8.0, 10.0, 16.0, 20.0]))[:, 60]
        assert column.tolist() == [Layer.TENDON, Layer.BONE, Layer.RECESS, Layer.PREFEMORAL_FAT]

    @given(st.floats(0.0, 2.0))
    def test_opening_adds_exactly_that_much(self, extra_mm: float) -> None:
        knee = flat_knee()
        opened = knee.opened(np.full_like(knee.x_mm, extra_mm))
        assert np.allclose(opened.floor - opened.roof, 4.0 + extra_mm)
        assert np.all(opened.femur >= opened.floor)

    def test_collapsed_recess_is_none(self) -> None:
        assert not flat_knee(0.4).has_recess
        assert flat_knee(0.5).has_recess


def test_pushed_down_line_clears_the_other() -> None:
    x = CANVAS.x_mm
    above = 10.0 + 4.0 * np.exp(-(((x - 16.0) / 3.0) ** 2))
    line = clear_of(np.full_like(x, 11.0), above, x)
    assert np.all(line >= above - 0.05)
    assert line[0] == pytest.approx(11.02, abs=0.05)


def test_material_of_a_closed_recess_looks_into_the_open_one() -> None:
    knee = flat_knee(2.0)
    opened = knee.opened(np.full_like(knee.x_mm, 2.0))
    material = Tissue2D(CANVAS, CANVAS, 0.0, opened).material(knee, 0.0, 0.0)
    depth = (material.rows + 0.5) * CANVAS.row_mm
    middle = int(np.argmin(np.abs(CANVAS.y_mm - 15.0)))
    assert depth[middle, 5] == pytest.approx((opened.roof[5] + opened.floor[5]) / 2.0, abs=0.3)
    assert np.all(np.diff(depth[:, 5]) > 0)


@settings(max_examples=25)
@given(st.floats(3.0, 50.0), st.sampled_from([-1, 1]), st.floats(0.0, 6.0))
def test_needle_label_reaches_from_its_first_visible_point_to_where_it_fades(
    angle: float, heading: int, hidden: float
) -> None:
    pose = NeedlePose(16.0, 20.0, angle, heading, 22, 12.0, hidden, 0.0)
    labels = needle_labels(CANVAS, np.ones((64, 64), dtype=np.uint8), pose)
    rows, columns = np.nonzero(labels == Tissue.NEEDLE)
    back = (16.0 - (columns + 0.5) * 0.5) * heading * np.cos(np.radians(angle))
    back += (20.0 - (rows + 0.5) * 0.5) * np.sin(np.radians(angle))
    assert back.min() >= hidden
    assert back.min() < hidden + 1.0
    assert 11.0 < back.max() <= 12.0


def test_bubbles_are_bright_where_they_are_and_dark_below() -> None:
    points = np.array([[16.0, 10.0], [NOWHERE_MM, NOWHERE_MM]])
    amplitude, passage = bubbles(CANVAS, points, np.array([12.0, 12.0]))
    row, column = np.unravel_index(int(np.argmax(amplitude)), amplitude.shape)
    assert abs((row + 0.5) * CANVAS.row_mm - 10.0) <= 0.5
    assert abs((column + 0.5) * 0.5 - 16.0) <= 0.5
    assert passage[row + 10, column] < -0.5 <= passage[row - 5, column]


class TestScreen:
    def test_grid_positions_land_on_the_picture(self) -> None:
        frame = make_frame(11)
        screen = on_screen(frame, 3)
        cut, box = frame.picture, screen.bmode
        corner = screen.grid_to_screen.point(cut.x0 - 0.5, cut.y0 - 0.5)
        assert (corner.x, corner.y) == pytest.approx((box.x0 - 0.5, box.y0 - 0.5))
        assert box.height * screen.spacing.row_mm == pytest.approx(cut.height * 0.2)
        assert np.array_equal(screen.pixels, on_screen(frame, 3).pixels)

    def test_box_fits_every_screen(self) -> None:
        frame = make_frame(2)
        for seed in range(12):
            screen = on_screen(frame, seed)
            try:
                screen.bmode.require_inside(screen.pixels.shape[1], screen.pixels.shape[0])
            except BadBox as error:  # names the seed
                pytest.fail(f"{seed}: {error}")


def test_mirroring_twice_is_the_frame_itself() -> None:
    frame = next(made for made in map(make_frame, range(20)) if made.needle is not None)
    twice = mirrored(mirrored(frame))
    assert np.array_equal(twice.pixels, frame.pixels)
    assert np.array_equal(twice.anatomy, frame.anatomy)
    assert twice.picture == frame.picture
    assert twice.needle is not None
    assert frame.needle is not None
    assert twice.needle.tip.x == pytest.approx(frame.needle.tip.x)
    assert mirrored(frame).tissue_at_tip == frame.tissue_at_tip


def test_both_sides_of_the_patella_occur() -> None:
    sides = {_bone_side(make_frame(seed)) for seed in range(12)}
    assert {-1, 1} <= sides


def _bone_side(frame: PhantomFrame) -> int:
    """-1 or +1 where shadow and bone lie mostly left or right of the middle, 0 outside the long axis."""
    if frame.view != "longitudinal":
        return 0
    upper = frame.labels[: frame.picture.y1 // 2]
    dark = np.flatnonzero(np.isin(upper, (Tissue.SHADOW, Tissue.BONE)).any(axis=0))
    return int(np.sign(dark.mean() - 128)) if dark.size else 0
