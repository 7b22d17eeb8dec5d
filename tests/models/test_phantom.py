"""Laws that every phantom frame obeys, over a table of seeds."""

import numpy as np
import pytest

from imaging.segmentation import Tissue
from models import phantom
from models.phantom import GridSpec, PhantomFrame, Physics, make_frame

SEEDS = range(40)

GOLDEN = (
    # seed, view, mean grey, share of recess pixels, needle tip (x, y)
    (0, "longitudinal", 31.3, 0.0099, None),
    (1, "other", 32.9, 0.0000, None),
    (2, "longitudinal", 37.1, 0.0077, (122.8, 13.6)),
    (3, "longitudinal", 20.2, 0.0000, (211.8, 69.6)),
    (4, "other", 80.1, 0.0000, (57.3, 203.1)),
    (9, "longitudinal", 22.2, 0.0857, None),
    (11, "transverse", 28.5, 0.0074, (119.6, 63.8)),
    (13, "other", 34.8, 0.0000, (87.1, 94.2)),
)
"""A few statistics of a few seeds: the same on any machine, to within what rounding in filters may change."""


@pytest.fixture(scope="module")
def frames() -> list[PhantomFrame]:
    return [make_frame(seed) for seed in SEEDS]


def test_exports_are_sorted_and_real() -> None:
    assert phantom.__all__ == sorted(phantom.__all__)
    assert all(hasattr(phantom, name) for name in phantom.__all__)


def test_same_seed_same_bytes(frames: list[PhantomFrame]) -> None:
    again = make_frame(7)
    assert np.array_equal(again.pixels, frames[7].pixels)
    assert np.array_equal(again.labels, frames[7].labels)
    assert again.needle == frames[7].needle


def test_needle_label_iff_needle(frames: list[PhantomFrame]) -> None:
    for frame in frames:
        assert bool(np.any(frame.labels == Tissue.NEEDLE)) == (frame.needle is not None), frame.seed


def test_shaft_ends_at_the_tip_and_its_angle_agrees(frames: list[PhantomFrame]) -> None:
    for frame in frames:
        if frame.needle is None:
            continue
        start, tip = frame.needle.shaft.start, frame.needle.tip
        assert frame.needle.shaft.end == tip
        angle = np.degrees(np.arctan2(abs(tip.y - start.y), abs(tip.x - start.x)))
        assert angle == pytest.approx(frame.needle.angle_deg, abs=0.5)


def test_visible_tip_lies_on_the_needle_label(frames: list[PhantomFrame]) -> None:
    for frame in frames:
        if frame.needle is not None and frame.needle.tip_visible:
            x, y = round(frame.needle.tip.x), round(frame.needle.tip.y)
            assert np.any(frame.labels[y - 2 : y + 3, x - 2 : x + 3] == Tissue.NEEDLE), frame.seed


def test_thickness_is_that_of_the_label_map(frames: list[PhantomFrame]) -> None:
    for frame in frames:
        columns = np.count_nonzero((frame.labels == Tissue.RECESS) & ~frame.hidden, axis=0)
        shown = float(columns.max()) * frame.spacing.row_mm
        under = np.count_nonzero((frame.anatomy == Tissue.RECESS) & ~frame.hidden, axis=0)
        assert float(under.max()) * frame.spacing.row_mm == pytest.approx(frame.recess_thickness_mm)
        assert shown <= frame.recess_thickness_mm + 1e-9
        if frame.needle is None:
            assert shown == pytest.approx(frame.recess_thickness_mm)


def test_outside_the_picture_is_black_and_unlabelled(frames: list[PhantomFrame]) -> None:
    for frame in frames:
        outside = np.ones(frame.pixels.shape, dtype=bool)
        box = frame.picture
        outside[box.y0 : box.y1, box.x0 : box.x1] = False
        assert not np.any(frame.pixels[outside])
        assert not np.any(frame.labels[outside])


def test_shares(frames: list[PhantomFrame]) -> None:
    needles = np.mean([frame.needle is not None for frame in frames])
    absent = np.mean([frame.recess_thickness_mm < 0.5 for frame in frames])
    assert 0.35 < needles < 0.75
    assert 0.2 < absent < 0.6


def test_other_grid_and_wider_physics() -> None:
    frame = make_frame(3, Physics.wider(), GridSpec(128, 160, 0.3))
    assert frame.pixels.shape == (128, 160)
    assert frame.spacing.row_mm == 0.3


def test_thin_and_flat_physics_keeps_its_stretch() -> None:
    stretched = Physics.wider(1.2)
    physics = stretched.thin_and_flat()
    assert (physics.imaging, physics.echo) == (stretched.imaging, stretched.echo)
    drawn = [make_frame(seed, physics) for seed in range(12)]
    thicknesses = [frame.recess_thickness_mm for frame in drawn if frame.view == "longitudinal"]
    assert np.mean([0.5 <= thickness <= 4.0 for thickness in thicknesses]) >= 0.5
    angles = [frame.needle.angle_deg for frame in drawn if frame.needle is not None and frame.view == "longitudinal"]
    assert angles
    assert max(angles) < 22.0


@pytest.mark.parametrize(("seed", "view", "grey", "recess", "tip"), GOLDEN)
def test_golden_statistics(
    frames: list[PhantomFrame], seed: int, view: str, grey: float, recess: float, tip: tuple[float, float] | None
) -> None:
    frame = frames[seed]
    assert frame.view == view
    assert float(frame.pixels.mean()) == pytest.approx(grey, abs=0.5)
    assert float(np.mean(frame.labels == Tissue.RECESS)) == pytest.approx(recess, abs=0.0005)
    assert (frame.needle is None) == (tip is None)
    if frame.needle is not None:
        assert (frame.needle.tip.x, frame.needle.tip.y) == pytest.approx(tip, abs=0.2)
