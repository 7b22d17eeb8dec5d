"""Whether a picture looks like the echo of tissue, told from its grey levels alone."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.bmode import find_bmode
from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing, SpacingSource
from imaging.rules import ScoringRules
from imaging.speckle import speckle_score
from models.phantom import Physics, make_frame, on_screen

FROM = ScoringRules().speckle_from
RANDOM = np.random.default_rng(5)


def whole(pixels: np.ndarray, mm: float | None = 0.1) -> Frame:
    spacing = None if mm is None else PixelSpacing(mm, mm, SpacingSource.CALLER)
    return Frame(np.ascontiguousarray(pixels, dtype=np.uint8), spacing, BoxPx(0, 0, pixels.shape[1], pixels.shape[0]))


def stripes(step: int, size: int = 192) -> np.ndarray:
    """Horizontal stripes of 100 and 140, with a column-wise ripple of 2 grey levels."""
    rows = 100 + 40 * (np.arange(size) // step % 2)
    return rows[:, None] + 2 * (np.arange(size) % 2)[None, :]


class TestByHand:
    def test_change_along_the_beam_speaks_for_tissue_and_across_it_against(self) -> None:
        # Steps of 0.2 mm are one pixel here; every other row changes by 40, every column by 2.
        assert speckle_score(whole(stripes(1), 0.2)) == 1.0
        assert speckle_score(whole(stripes(1).T, 0.2)) == -1.0

    def test_half_a_picture_is_half_a_score(self) -> None:
        half = np.full((192, 192), 50)
        half[:, :96] = stripes(1)[:, :96]
        assert speckle_score(whole(half, 0.2)) == pytest.approx(0.5, abs=0.13)

    def test_bands_that_do_not_change_across_the_beam_are_nothing(self) -> None:
        bands = np.repeat(100 + 40 * (np.arange(192) % 2), 192).reshape(192, 192)
        assert speckle_score(whole(bands, 0.2)) == 0.0

    def test_only_the_b_mode_rectangle_counts(self) -> None:
        screen = np.zeros((300, 300), dtype=np.uint8)
        screen[50:242, 60:252] = stripes(1)
        frame = Frame(screen, PixelSpacing(0.2, 0.2, SpacingSource.CALLER), BoxPx(60, 50, 252, 242))
        assert speckle_score(frame) == 1.0

    @given(rows=st.integers(1, 40), columns=st.integers(1, 40), mm=st.one_of(st.none(), st.floats(0.02, 2.0)))
    def test_any_size_has_an_answer(self, rows: int, columns: int, mm: float | None) -> None:
        pixels = np.random.default_rng(rows * 64 + columns).integers(0, 255, (rows, columns))
        assert -1.0 <= speckle_score(whole(pixels, mm)) <= 1.0


class TestPictures:
    @pytest.mark.parametrize("seed", range(830_000, 830_008))
    def test_phantom_frames_look_like_tissue_cropped_and_on_a_screen(self, seed: int) -> None:
        phantom = make_frame(seed, Physics.wider())
        if not phantom.labels.any():
            pytest.skip("a frame without tissue")
        screen = on_screen(phantom, seed)
        assert speckle_score(Frame(phantom.pixels, phantom.spacing, phantom.picture)) >= FROM
        assert speckle_score(Frame(screen.pixels, screen.spacing, screen.bmode)) >= FROM
        assert speckle_score(Frame(screen.pixels, None, screen.bmode)) >= FROM

    @pytest.mark.parametrize(
        "pixels",
        [
            np.zeros((480, 640)),
            np.full((480, 640), 200),
            RANDOM.integers(0, 256, (480, 640)),
            np.clip(RANDOM.normal(90, 20, (480, 640)), 0, 255),
            (RANDOM.random((480, 640)) < 0.05) * 255,
            np.tile(np.linspace(0, 255, 640), (480, 1)),
            np.tile(np.linspace(0, 255, 480), (640, 1)).T,
        ],
        ids=["black", "grey", "uniform noise", "normal noise", "salt", "ramp across", "ramp along"],
    )
    def test_what_is_no_echo_does_not(self, pixels: np.ndarray) -> None:
        assert speckle_score(whole(pixels, 0.07)) < FROM
        assert speckle_score(whole(pixels, None)) < FROM

    def test_text_does_not(self) -> None:
        page = np.zeros((480, 640), dtype=np.uint8)
        for line in range(16):
            cv2.putText(page, "name date depth gain 12 34", (10, 25 + 28 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 200, 1)
        assert speckle_score(whole(page, 0.07)) < FROM

    def test_real_frames_do(self, shared_data: Path, read_grey: Callable[[Path], np.ndarray]) -> None:
        labelled = [path for path in (shared_data / "labelled").rglob("*.png") if not path.name.endswith(".labels.png")]
        pictures = [*labelled, *sorted((shared_data / "unlabelled").glob("*.png"))[::8]]
        assert len(pictures) > 20
        frames = [Frame(pixels, None, find_bmode(pixels)) for pixels in map(read_grey, pictures)]
        assert min(speckle_score(frame) for frame in frames) >= FROM

    def test_most_photographs_do_not(self, read_grey: Callable[[Path], np.ndarray]) -> None:
        found = importlib.util.find_spec("skimage")
        if found is None or not found.submodule_search_locations:
            pytest.skip("scikit-image, whose photographs are used, is not installed")
        folder = Path(found.submodule_search_locations[0]) / "data"
        names = ("astronaut", "brick", "camera", "chelsea", "coffee", "coins", "grass", "gravel", "page", "rocket")
        photographs = [path for path in folder.iterdir() if path.stem in names]
        assert len(photographs) >= 8
        for path in photographs:
            assert speckle_score(whole(read_grey(path), None)) < FROM, path.name


@pytest.fixture
def read_grey() -> Callable[[Path], np.ndarray]:
    return lambda path: cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
