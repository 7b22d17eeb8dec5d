import hashlib
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.errors import BadModel
from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing, SpacingSource
from imaging.onnx_model import InputGrid, OnnxSegmenter, load_model
from imaging.second_thread import Pace, SecondThread
from imaging.segmentation import Segmentation

MODEL = Path(__file__).resolve().parents[2] / "models" / "suprapatellar"
GRID = InputGrid(256, 256, 0.2)


def spacing(row_mm: float, column_mm: float) -> PixelSpacing:
    return PixelSpacing(row_mm, column_mm, SpacingSource.CALLER)


@pytest.fixture(scope="module")
def segmenter() -> OnnxSegmenter:
    return load_model(MODEL)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    random = np.random.default_rng(7)
    depth = np.linspace(200.0, 20.0, 300)[:, None]
    return np.clip(depth * random.gamma(4.0, 0.25, (300, 420)), 0, 255).astype(np.uint8)


def same(a: Segmentation, b: Segmentation) -> bool:
    planes = all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("labels", "recess", "needle", "tip"))
    return planes and a.view == b.view


class TestInputGrid:
    def test_grid_of_anisotropic_pixels_is_centred_and_hangs_from_the_top_edge(self) -> None:
        # 100 columns of 0.4 mm are 40 mm: 200 grid pixels, so 28 of the 256 lie left of the box.
        placed = GRID.placed(BoxPx(10, 20, 110, 220), spacing(0.1, 0.4))
        assert (placed.step_x, placed.step_y) == (0.5, 2.0)
        left_edge = placed.point(28 - 0.5, 0).x
        assert left_edge == pytest.approx(10 - 0.5)
        top_edge = placed.point(0, -0.5).y
        assert top_edge == pytest.approx(20 - 0.5)

    def test_wider_box_is_cut_equally_on_both_sides(self) -> None:
        box = BoxPx(0, 0, 600, 100)
        placed = GRID.placed(box, spacing(0.2, 0.2))
        left, right = placed.point(-0.5, 0).x, placed.point(255.5, 0).x
        assert (left - -0.5, 599.5 - right) == pytest.approx((172.0, 172.0))

    @pytest.mark.parametrize(("width", "height", "step"), [(512, 300, 2.0), (100, 128, 0.5)])
    def test_without_spacing_the_longer_side_fills_the_grid(self, width: int, height: int, step: float) -> None:
        placed = GRID.placed(BoxPx(0, 0, width, height), None)
        assert placed.step_x == placed.step_y == step

    @given(
        x0=st.integers(0, 300),
        width=st.integers(1, 900),
        row_mm=st.floats(0.03, 0.6),
        column_mm=st.floats(0.03, 0.6),
    )
    def test_the_middle_of_box_and_grid_are_one(self, x0: int, width: int, row_mm: float, column_mm: float) -> None:
        placed = GRID.placed(BoxPx(x0, 5, x0 + width, 50), spacing(row_mm, column_mm))
        assert placed.point(127.5, 0).x == pytest.approx(x0 + (width - 1) / 2)
        assert placed.step_x * column_mm == pytest.approx(0.2)
        assert placed.step_y * row_mm == pytest.approx(0.2)

    @pytest.mark.parametrize("grid", [(0, 256, 0.2), (256, -1, 0.2), (256, 256, 0.0), (256, 256, float("nan"))])
    def test_impossible_grid_is_refused(self, grid: tuple[int, int, float]) -> None:
        with pytest.raises(BadModel, match="expected all above 0"):
            InputGrid(*grid)


class TestSegment:
    def test_answers_on_its_grid(self, segmenter: OnnxSegmenter, picture: np.ndarray) -> None:
        seen = segmenter.segment(Frame(picture, spacing(0.1, 0.12), BoxPx(0, 0, 420, 300)))
        assert seen.labels.shape == (256, 256)
        assert seen.labels.max() <= 8
        assert float(seen.tip.sum()) == pytest.approx(1.0, abs=1e-4)
        assert 0.0 <= seen.recess.min() <= seen.recess.max() <= 1.0
        assert set(seen.stage_ms) == {"resample", "network"}

    def test_pixels_outside_the_picture_have_no_influence(self, segmenter: OnnxSegmenter, picture: np.ndarray) -> None:
        box = BoxPx(37, 21, 371, 258)
        other = np.full_like(picture, 255)
        other[box.y0 : box.y1, box.x0 : box.x1] = picture[box.y0 : box.y1, box.x0 : box.x1]
        for calibration in (spacing(0.11, 0.09), None):
            one = segmenter.segment(Frame(picture, calibration, box))
            assert same(one, segmenter.segment(Frame(other, calibration, box)))

    def test_same_bytes_with_a_second_thread(self, segmenter: OnnxSegmenter, picture: np.ndarray) -> None:
        frame = Frame(picture, spacing(0.1, 0.1), BoxPx(0, 0, 420, 300))
        choice = SecondThread(lambda: 1)
        choice.pace = Pace(singles_ms=(1e9, 1e9, 1e9))
        assert same(segmenter.segment(frame), load_model(MODEL, choice).segment(frame))
        assert choice.pace.twices == 1

    def test_same_bytes_from_several_threads(self, segmenter: OnnxSegmenter, picture: np.ndarray) -> None:
        frames = [Frame(np.roll(picture, n), spacing(0.15, 0.15), BoxPx(0, 0, 420, 300)) for n in range(4)]
        alone = [segmenter.segment(frame) for frame in frames]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(segmenter.segment, frames))
        assert all(same(a, b) for a, b in zip(alone, together, strict=True))

    def test_frame_is_left_as_it_was(self, segmenter: OnnxSegmenter, picture: np.ndarray) -> None:
        before = picture.copy()
        segmenter.segment(Frame(picture, None, BoxPx(3, 3, 400, 290)))
        assert np.array_equal(before, picture)

    def test_black_frame_has_no_recess_and_no_needle(self, segmenter: OnnxSegmenter) -> None:
        seen = segmenter.segment(Frame(np.zeros((256, 256), np.uint8), spacing(0.2, 0.2), BoxPx(0, 0, 256, 256)))
        assert seen.recess.max() < 0.5
        assert seen.needle.max() < 0.5


class TestLoad:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(MODEL, tmp_path / "model"))

    @pytest.fixture
    def edit(self, folder: Path) -> Callable[[str, Any], None]:
        def change(key: str, value: Any) -> None:
            path = folder / "manifest.json"
            said = json.loads(path.read_text())
            if value is None:
                del said[key]
            else:
                said[key] = value
            path.write_text(json.dumps(said))

        return change

    def test_identity_is_the_manifests(self, segmenter: OnnxSegmenter) -> None:
        said = json.loads((MODEL / "manifest.json").read_text())
        identity = segmenter.identity
        assert (identity.name, identity.version, identity.sha256) == (said["name"], said["version"], said["sha256"])
        assert (identity.precision, identity.provider) == ("fp32", "CPUExecutionProvider")
        assert identity.calibration.slope == said["calibration"]["slope"]

    def test_a_changed_byte_is_refused(self, folder: Path) -> None:
        data = bytearray((folder / "model.onnx").read_bytes())
        data[len(data) // 2] ^= 1
        (folder / "model.onnx").write_bytes(data)
        with pytest.raises(BadModel, match="sha256"):
            load_model(folder)

    @pytest.mark.parametrize("name", ["model.onnx", "manifest.json"])
    def test_a_missing_file_is_refused(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        with pytest.raises(BadModel, match=name):
            load_model(folder)

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"name": "x"}', "null"])
    def test_a_manifest_of_something_else_is_refused(self, folder: Path, text: str) -> None:
        (folder / "manifest.json").write_text(text)
        with pytest.raises(BadModel, match="not a model manifest"):
            load_model(folder)

    @pytest.mark.parametrize("key", ["name", "version", "sha256", "input", "calibration"])
    def test_every_field_is_needed(self, folder: Path, edit: Callable[[str, Any], None], key: str) -> None:
        edit(key, None)
        with pytest.raises(BadModel, match=key):
            load_model(folder)

    def test_a_file_that_is_no_graph_is_refused(self, folder: Path, edit: Callable[[str, Any], None]) -> None:
        (folder / "model.onnx").write_bytes(b"no graph")
        edit("sha256", hashlib.sha256(b"no graph").hexdigest())
        with pytest.raises(BadModel, match="not a graph"):
            load_model(folder)

    def test_a_graph_for_another_grid_is_refused(self, folder: Path, edit: Callable[[str, Any], None]) -> None:
        edit("input", {"rows": 128, "columns": 256, "mm_per_pixel": 0.2})
        with pytest.raises(BadModel, match="expected"):
            load_model(folder)
