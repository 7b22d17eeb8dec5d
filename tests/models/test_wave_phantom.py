import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.errors import MissingExtra
from imaging.segmentation import Tissue
from models.evaluation.cases import folder_cases
from models.wave_phantom import Effort, WaveFrame
from models.wave_phantom.acquisition import Probe, _Scan, beams, wave_library
from models.wave_phantom.frame import NEEDLE, NOT_JUDGED, RECESS, render, shaft_contrast
from models.wave_phantom.knee import Knee, draw_knee
from models.wave_phantom.make import make_set
from models.wave_phantom.needle import Needle, draw_needle
from models.wave_phantom.propagation import extra_gain_db, seen_share
from models.wave_phantom.scatterers import LINE_STEP_MM, Scatterers, surface

SMALL = Probe(elements=64, aperture_elements=32, sending_elements=20)
TINY = Effort(per_mm2=15.0, probe=SMALL)


def flat_knee(*, thickness_mm: float = 5.0, patella_from_mm: float = np.inf) -> Knee:
    """Layers without a curve: recess from 12 mm, femur at 22 mm, patella at 7 mm right of a given x."""
    x = np.arange(-22.0, 22.05, 0.1)
    level = np.ones_like(x)
    return Knee(
        view="long-axis",
        x_mm=x,
        skin=1.5 * level,
        subcutis=5.0 * level,
        quadriceps=11.0 * level,
        roof=12.0 * level,
        floor=(12.0 + thickness_mm) * level,
        femur=22.0 * level,
        patella=np.where(x < patella_from_mm, np.inf, 7.0),
        depth_mm=24.0,
    )


@pytest.fixture(scope="module")
def library() -> None:
    if importlib.util.find_spec("pymust") is None:
        pytest.skip("the optional part wave is not installed")
    wave_library()


@pytest.fixture(scope="module")
def frame(library: None) -> WaveFrame:
    needle = Needle(0.0, 14.5, 15.0, side=-1, length_mm=9.9, gauge=20, tissue=Tissue.RECESS)
    return render(np.random.default_rng(3), flat_knee(patella_from_mm=6.0), needle, TINY)


def points_at(*places: tuple[float, float]) -> Scatterers:
    x, z = np.array(places).T
    return Scatterers(x, z, np.ones(len(places)))


class TestKnee:
    def test_tissue_by_depth(self) -> None:
        knee = flat_knee()
        z = np.array([3.0, 8.0, 11.5, 14.0, 20.0, 22.3, 23.5])
        assert list(knee.tissue(np.zeros(7), z)) == [
            Tissue.SUBCUTANEOUS,
            Tissue.QUADRICEPS,
            Tissue.SUPRAPATELLAR_FAT,
            Tissue.RECESS,
            Tissue.PREFEMORAL_FAT,
            Tissue.BONE,
            Tissue.SHADOW,
        ]
        assert knee.recess_thickness_mm == pytest.approx(5.0)

    def test_crossing_layers_are_refused(self) -> None:
        knee = flat_knee()
        with pytest.raises(ValueError, match="below"):
            replace(knee, femur=knee.femur - 15.0)

    @pytest.mark.parametrize("transverse", [False, True])
    def test_drawn_knees_keep_to_published_sizes(self, transverse: bool) -> None:
        knees = [draw_knee(np.random.default_rng(seed), transverse=transverse) for seed in range(60)]
        thickness = np.array([knee.recess_thickness_mm for knee in knees])
        assert thickness.max() <= 12.0
        assert 0.05 < np.mean(thickness == 0.0) < 0.4
        assert all(30.0 <= knee.depth_mm <= 50.0 for knee in knees)
        assert all(np.isfinite(knee.patella).any() != transverse for knee in knees)


class TestNeedle:
    def test_axis_and_metal_by_hand(self) -> None:
        needle = Needle(0.0, 10.0, 30.0, side=-1, length_mm=12.0, gauge=18, tissue=Tissue.RECESS)
        x, z = needle.along(np.array([10.0]))
        assert (x[0], z[0]) == pytest.approx((-8.660, 5.0), abs=1e-3)
        inside = needle.covers(np.array([-8.660, -8.660, 0.5, -11.0]), np.array([5.0, 6.0, 10.0, 3.65]))
        assert list(inside) == [
            True,
            False,
            False,
            False,
        ]  # on it, 0.87 mm off, before the tip, behind the end

    def test_tip_lies_where_it_says_and_no_bone_is_in_the_way(self) -> None:
        found = 0
        for seed in range(40):
            rng = np.random.default_rng(seed)
            knee = draw_knee(rng, transverse=seed % 2 == 0)
            needle = draw_needle(rng, knee, 19.2)
            if needle is None:
                continue
            found += 1
            x, z = needle.along(np.arange(0.0, needle.length_mm, 0.5))
            assert knee.tissue(x[:1], z[:1])[0] == needle.tissue
            assert (z < knee.at(knee.bone, x)).all()
            assert 0.0 <= needle.angle_deg <= 45.0
            assert needle.length_mm >= 10.0
        assert found >= 25


class TestPropagation:
    def test_bone_hides_what_lies_below(self) -> None:
        knee = flat_knee(patella_from_mm=5.0)
        share = seen_share(knee, np.array([-5.0, 5.0, 15.0]), np.array([15.0, 15.0, 15.0]), 5.0)
        assert share[0] == 1.0
        assert 0.2 < share[1] < 0.8
        assert share[2] == 0.0

    def test_echo_gains_beneath_fluid(self) -> None:
        at = np.zeros(1), np.array([20.0])
        gain = extra_gain_db(flat_knee(thickness_mm=5.0), *at, 10.0) - extra_gain_db(
            flat_knee(thickness_mm=0.0), *at, 10.0
        )
        assert gain[0] == pytest.approx(2 * 10.0 * 0.5 * (0.63 - 0.05), abs=0.5)  # there and back, 0.5 cm, 10 MHz


@pytest.mark.usefixtures("library")
class TestAcquisition:
    @pytest.mark.parametrize("place", [(0.0, 8.0), (3.0, 17.0), (-4.0, 25.0)])
    def test_a_point_shows_where_it_is(self, place: tuple[float, float]) -> None:
        envelope = np.abs(beams(SMALL, points_at(place), 30.0)[0])
        row, column = np.unravel_index(int(envelope.argmax()), envelope.shape)
        assert column * SMALL.line_step_mm - SMALL.half_width_mm == pytest.approx(place[0], abs=SMALL.line_step_mm)
        assert row * SMALL.depth_step_mm == pytest.approx(place[1], abs=0.1)

    def test_slabs_hear_what_one_long_window_hears(self) -> None:
        points = points_at((0.3, 6.0), (-1.0, 14.0), (1.5, 23.0))
        long = replace(SMALL, window_us=60.0)
        assert long.slab_mm > 25.0 > 2 * SMALL.slab_mm
        cut, whole = (_Scan(probe, 25.0) for probe in (SMALL, long))
        a, b = (scan.received(points, 0.0)[:800] for scan in (cut, whole))
        assert np.abs(a - b * np.abs(a).max() / np.abs(b).max()).max() < 0.05 * np.abs(a).max()

    def test_a_flat_line_mirrors_and_a_steep_one_does_not(self) -> None:
        x = np.arange(-5.0, 5.0, LINE_STEP_MM)
        peaks = []
        for slope in (0.0, 0.6):
            line = surface(np.random.default_rng(0), x, 15.0 + slope * x, 0.0, 0.005)
            middle = np.abs(beams(SMALL, line, 22.0)[0])[:, 50:80]
            peaks.append(float(middle.max()))
        assert peaks[0] > 3.0 * peaks[1]


class TestFrame:
    def test_truth_and_picture_agree(self, frame: WaveFrame) -> None:
        recess = frame.pixels[frame.labels == RECESS]
        x0, y0, x1, _ = frame.bmode.xyxy()
        per_mm = 1.0 / frame.spacing_mm
        around = frame.pixels[y0 + int(8 * per_mm) : y0 + int(11 * per_mm), x0:x1]
        assert recess.mean() < 0.6 * around.mean()
        contrast = shaft_contrast(frame)
        assert contrast is not None
        assert contrast > 15.0

    def test_label_values_and_shadow(self, frame: WaveFrame) -> None:
        assert set(np.unique(frame.labels)) == {0, RECESS, NEEDLE, NOT_JUDGED}
        x0, y0, x1, y1 = frame.bmode.xyxy()
        outside = frame.labels.copy()
        outside[y0:y1, x0:x1] = 0
        assert not outside.any()

    def test_tip_is_the_end_of_the_needle_in_the_labels(self, frame: WaveFrame) -> None:
        assert frame.tip_xy is not None
        rows, columns = np.nonzero(frame.labels == NEEDLE)
        nearest = np.hypot(columns - frame.tip_xy[0], rows - frame.tip_xy[1]).min()
        assert nearest * frame.spacing_mm < 0.2
        inward = 1 if frame.shaft_xy is not None and frame.shaft_xy[0][0] < frame.tip_xy[0] else -1
        assert (inward * (columns - frame.tip_xy[0])).max() * frame.spacing_mm < 0.5


@pytest.mark.usefixtures("library")
def test_a_set_is_resumed_and_the_same_again(tmp_path: Path) -> None:
    thin = Effort(per_mm2=0.5, probe=Probe(elements=24, aperture_elements=20, sending_elements=12, beam_step_mm=3.0))
    assert make_set(tmp_path / "a", 2, seed=5, effort=thin) == 2
    assert make_set(tmp_path / "b", 1, seed=5, effort=thin) == 1
    assert make_set(tmp_path / "b", 2, seed=5, effort=thin) == 1
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(names) == 6
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    cases = list(folder_cases(tmp_path / "a"))
    assert [case.suprapatellar for case in cases] == [True, True]


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymust", None)
    with pytest.raises(MissingExtra, match=r"sonoplace\[wave\]"):
        wave_library.__wrapped__()
