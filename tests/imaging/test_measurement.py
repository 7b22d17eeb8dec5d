from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.measurement import (
    Needle,
    Recess,
    measure_needle,
    measure_recess,
    tip_position,
)
from imaging.reasons import Reason
from imaging.rules import ScoringRules
from imaging.segmentation import Segmentation
from tests.imaging.scenes import SURE, Scene

RULES = ScoringRules()
few = settings(max_examples=25, deadline=None)
shifts = st.floats(-8, 8)
spacings = st.floats(0.15, 0.4)


def recess_of(scene: Scene) -> Recess:
    return measure_recess(scene.frame(), scene.segmentation(), RULES)


def needle_of(scene: Scene) -> Needle:
    return measure_needle(scene.frame(), scene.segmentation(), RULES)


class TestRecess:
    def test_ellipse_by_hand(self) -> None:
        #  half axes 40 and 10 pixels of 0.2 mm: 16 mm long, 4 mm thick, pi * 8 * 2 mm2, roof at row 50 of 0.2 mm
        recess = recess_of(Scene(entry_xy=None))
        assert recess.thickness_mm == pytest.approx(4.0, abs=0.05)
        assert recess.length_mm == pytest.approx(16.0, abs=0.1)
        assert recess.area_mm2 == pytest.approx(np.pi * 8 * 2, rel=0.01)
        assert recess.roof_depth_mm == pytest.approx(50.5 * 0.2, abs=0.05)
        assert recess.confidence > 0.85
        assert len(recess.polygons) == 1

    def test_anisotropic_spacing_scales_each_axis_by_its_own(self) -> None:
        recess = recess_of(Scene(entry_xy=None, row_mm=0.3, column_mm=0.1))
        assert recess.thickness_mm == pytest.approx(6.0, abs=0.1)
        assert recess.length_mm == pytest.approx(8.0, abs=0.1)

    def test_running_out_of_the_picture_ends_at_its_edge(self) -> None:
        recess = recess_of(Scene(entry_xy=None, recess_xy=(0.0, 60.0)))
        assert recess.length_mm == pytest.approx(0.2 * 40.5, abs=0.15)

    @pytest.mark.parametrize("scene", [Scene(half_thickness=0), Scene(half_length=4, half_thickness=2, entry_xy=None)])
    def test_none_or_a_speck_is_absent_with_a_reason(self, scene: Scene) -> None:
        recess = recess_of(scene)
        assert (recess.polygons, recess.absent_because) == ((), Reason.NO_RECESS)

    def test_without_calibration_only_pixels(self) -> None:
        recess = recess_of(Scene(entry_xy=None, calibrated=False))
        assert recess.polygons
        assert (recess.area_mm2, recess.thickness_mm, recess.length_mm) == (None, None, None)

    @few
    @given(shifts, shifts)
    def test_translation(self, dx: float, dy: float) -> None:
        here, there = recess_of(Scene(entry_xy=None)), recess_of(Scene(entry_xy=None, recess_xy=(64 + dx, 60 + dy)))
        assert there.thickness_mm == pytest.approx(here.thickness_mm, abs=0.05)
        assert there.area_mm2 == pytest.approx(here.area_mm2, rel=0.01)
        assert there.roof_depth_mm == pytest.approx((here.roof_depth_mm or 0) + 0.2 * dy, abs=0.05)

    @few
    @given(spacings, spacings)
    def test_scaling(self, row: float, column: float) -> None:
        recess = recess_of(Scene(entry_xy=None, row_mm=row, column_mm=column))
        assert recess.area_mm2 == pytest.approx(np.pi * 40 * 10 * row * column, rel=0.01)

    def test_mirroring(self) -> None:
        scene = Scene(recess_xy=(50.0, 60.0))
        here, there = recess_of(scene), recess_of(scene.mirrored())
        assert there.area_mm2 == pytest.approx(here.area_mm2, rel=1e-4)
        assert there.thickness_mm == pytest.approx(here.thickness_mm, abs=1e-3)


class TestNeedle:
    def test_three_four_five_by_hand(self) -> None:
        #  40 right and 30 down: 50 pixels of 0.2 mm, atan(3/4)
        needle = needle_of(Scene(entry_xy=(24.0, 30.0), tip_xy=(64.0, 60.0)))
        assert needle.tip is not None
        assert (needle.tip.x, needle.tip.y) == pytest.approx((64.0, 60.0), abs=0.05)
        assert needle.angle_deg == pytest.approx(36.87, abs=0.3)
        assert needle.visible_length_mm == pytest.approx(10.0, abs=0.4)
        assert needle.tip_sigma_mm == pytest.approx(0.3, abs=0.02)
        assert needle.tip_visible

    def test_shaft_runs_to_the_tip(self) -> None:
        needle = needle_of(Scene(entry_xy=(24.0, 30.0)))
        assert needle.shaft is not None
        assert needle.shaft.end == needle.tip
        assert (needle.shaft.start.x, needle.shaft.start.y) == pytest.approx((24, 30), abs=1.5)

    def test_a_line_beside_the_shaft_does_not_pull_it(self) -> None:
        scene = Scene(entry_xy=(24.0, 30.0))
        plain = scene.segmentation()
        distracted = plain.needle.copy()
        distracted[90:92, 20:50] = 0.8
        needle = measure_needle(scene.frame(), _with_needle(plain, distracted), RULES)
        assert needle.angle_deg == pytest.approx(36.87, abs=0.6)

    @pytest.mark.parametrize(
        "scene",
        [
            Scene(entry_xy=None),
            Scene(view=replace(SURE, needle=0.3)),
            Scene(entry_xy=(52.0, 56.0)),  # 12 pixels: 2.5 mm
        ],
    )
    def test_nothing_found_is_a_value(self, scene: Scene) -> None:
        needle = needle_of(scene)
        assert (needle.tip, needle.shaft, needle.absent_because) == (None, None, Reason.NO_NEEDLE)

    @pytest.mark.parametrize(("entry", "angle"), [((8.0, 60.0), 0.0), ((64.0, 8.0), 90.0), ((120.0, 4.0), 45.0)])
    def test_angle_from_either_side(self, entry: tuple[float, float], angle: float) -> None:
        assert needle_of(Scene(entry_xy=entry)).angle_deg == pytest.approx(angle, abs=0.5)

    def test_angle_is_taken_in_millimetres(self) -> None:
        needle = needle_of(Scene(entry_xy=(24.0, 20.0), row_mm=0.2, column_mm=0.4))
        assert needle.angle_deg == pytest.approx(26.57, abs=0.5)  # atan(40 * 0.2 / 40 * 0.4)

    @few
    @given(shifts, shifts)
    def test_translation_moves_the_tip_and_nothing_else(self, dx: float, dy: float) -> None:
        here = needle_of(Scene(entry_xy=(24.0, 30.0)))
        there = needle_of(Scene(entry_xy=(24.0 + dx, 30.0 + dy), tip_xy=(64.0 + dx, 60.0 + dy)))
        assert here.tip is not None
        assert there.tip is not None
        assert (there.tip.x - here.tip.x, there.tip.y - here.tip.y) == pytest.approx((dx, dy), abs=0.05)
        assert there.angle_deg == pytest.approx(here.angle_deg, abs=0.3)

    def test_mirroring(self) -> None:
        here, there = needle_of(Scene()), needle_of(Scene().mirrored())
        assert there.angle_deg == pytest.approx(here.angle_deg, abs=0.3)
        assert there.visible_length_mm == pytest.approx(here.visible_length_mm, abs=0.3)

    def test_a_second_candidate_far_away_makes_the_tip_unseen(self) -> None:
        scene = Scene()
        plain = scene.segmentation()
        torn = plain.tip * 0.6
        torn[100, 20] = 0.4
        needle = measure_needle(scene.frame(), replace(plain, tip=torn.astype(np.float32)), RULES)
        assert not needle.tip_visible


def _with_needle(segmentation: Segmentation, needle: np.ndarray) -> Segmentation:
    return replace(segmentation, needle=needle.astype(np.float32))


def test_tip_position_of_a_single_pixel() -> None:
    tip = np.zeros((9, 9), np.float32)
    tip[3, 6] = 1.0
    assert tip_position(tip, 2.0) == (6.0, 3.0, 0.0)


def test_tip_between_two_pixels() -> None:
    tip = np.zeros((9, 9), np.float32)
    tip[3, 5:7] = 0.5
    x, y, sigma = tip_position(tip, 2.0)
    assert (x, y) == (5.5, 3.0)
    assert sigma == pytest.approx(0.5 / 2**0.5)
