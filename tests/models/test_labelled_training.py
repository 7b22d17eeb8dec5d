"""Labelled folders as training samples, and that no network is scored on what it was trained on."""

import json
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from imaging.errors import BadInput
from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing, PointPx, SegmentPx, SpacingSource
from imaging.onnx_model import load_model
from imaging.segmentation import ProbabilityCalibration, Tissue
from models.evaluation.case import Case, KnownNeedle
from models.evaluation.cases import folder_cases
from models.evaluation.evaluation import evaluate_labelled
from models.evaluation.running import Contender
from models.evaluation.trained_on import held_back, keys, keys_trained_on, unseen_cases

torch: ModuleType = pytest.importorskip("torch", reason="training needs the optional part 'train'")
pytest.importorskip("onnx", reason="training needs the optional part 'train'")
pytest.importorskip("safetensors", reason="training needs the optional part 'train'")

from models.training import export, train  # noqa: E402 - after the skip
from models.training.batches import BatchMaker  # noqa: E402
from models.training.cache import PhantomCache, fill, phantom_maker  # noqa: E402
from models.training.labelled import LabelledFrames, labelled_sample  # noqa: E402
from models.training.negatives import Negatives  # noqa: E402
from models.training.sample import HIDDEN_RECESS, NEEDLE_BIT, SIDE, UNKNOWN_TISSUE, Sample, negative  # noqa: E402

MODEL = Path(__file__).resolve().parents[2] / "models" / "suprapatellar"
SPACING = PixelSpacing(0.1, 0.4, SpacingSource.CALLER)
BOX = BoxPx(10, 20, 74, 320)
"""25.6 by 30 mm: on a grid of 51.2 mm columns 64 to 191 and rows 0 to 149, two to a column and half a one to a row."""


def case(needle: KnownNeedle | None = None, *, labelled: bool = True) -> Case:
    """Recess from 10 to 14 mm below the top and 4 to 12 mm from the left of the picture; its last 5 mm not judged."""
    pixels = np.full((340, 90), 200, np.uint8)
    pixels[20:320, 10:74] = 90
    recess, judged = np.zeros(pixels.shape, bool), np.ones(pixels.shape, bool)
    recess[120:160, 20:40] = True
    judged[270:320] = False
    return Case(
        "drawn", Frame(pixels, SPACING, BOX), recess if labelled else None, judged, needle, True if labelled else None
    )


class TestSample:
    def test_truth_lies_on_the_grid_as_it_does_for_an_answer(self) -> None:
        sample = labelled_sample(case())
        outside = np.ones((SIDE, SIDE), bool)
        outside[:150, 64:192] = False
        assert (sample.truth[outside] == Tissue.BACKGROUND).all()
        recess = sample.truth == Tissue.RECESS
        assert np.argwhere(recess).min(axis=0).tolist() == [50, 84]  # 10 mm down; 64 columns and 4 mm across
        assert np.argwhere(recess).max(axis=0).tolist() == [69, 123]
        assert recess.sum() == 20 * 40  # 4 by 8 mm
        assert (sample.truth[125:150, 64:192] == HIDDEN_RECESS).all()
        assert (sample.truth[:125, 64:192][~recess[:125, 64:192]] == UNKNOWN_TISSUE).all()
        assert sample.scores == (1.0, None, 0.0, 0.0)
        assert sample.tip is None

    def test_nothing_beyond_the_picture_is_shown(self) -> None:
        pixels = labelled_sample(case()).pixels
        assert set(np.unique(pixels[1:148, 66:190])) == {90}
        assert pixels[152:].max() == pixels[:, :62].max() == 0
        assert pixels.max() == 90

    def test_a_needle_is_a_band_that_ends_at_its_tip(self) -> None:
        # Level, 10 mm below the top (grid row 49.75 is 10.05 mm), from the left edge to 8 mm across.
        shaft = SegmentPx(PointPx(9.5, 120.0), PointPx(29.5, 120.0))
        sample = labelled_sample(case(KnownNeedle(shaft.end, shaft, 8.0)))
        needle = (sample.truth & NEEDLE_BIT) > 0
        rows, columns = np.argwhere(needle).min(axis=0), np.argwhere(needle).max(axis=0)
        assert (rows[1], columns[1]) == (64, 103)  # 40 columns of 0.2 mm
        assert (rows[0], columns[0]) == (48, 51)  # 0.8 mm as the phantom has it
        assert sample.tip is not None
        assert (sample.tip.x, sample.tip.y) == pytest.approx((103.5, 49.75))
        assert sample.scores == (1.0, None, 1.0, 1.0)
        assert sample.truth[50, 90] == NEEDLE_BIT | Tissue.RECESS

    def test_what_was_not_labelled_is_not_known(self) -> None:
        shaft = SegmentPx(PointPx(9.5, 120.0), PointPx(29.5, 120.0))
        sample = labelled_sample(case(KnownNeedle(None, shaft, 8.0), labelled=False))
        assert set(np.unique(sample.truth)) == {0, HIDDEN_RECESS, HIDDEN_RECESS | NEEDLE_BIT}
        assert sample.scores == (None, None, 1.0, 0.0)
        assert sample.tip is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "labelled").mkdir()
    return tmp_path / "labelled"


def write_frame(folder: Path, name: str, level: int) -> None:
    """Dry frame of this grey level, as a site would label it."""
    cv2.imwrite(str(folder / f"{name}.png"), np.full((80, 60), level, np.uint8))
    cv2.imwrite(str(folder / f"{name}.labels.png"), np.zeros((80, 60), np.uint8))
    said = {"spacing_mm": [0.2, 0.2], "bmode_xyxy": [0, 0, 60, 80], "recess": "absent", "needle": None}
    (folder / f"{name}.json").write_text(json.dumps(said))


def read_frame(folder: Path, name: str) -> Case:
    return next(each for each in folder_cases(folder) if each.name == name)


def frame_that_is(folder: Path, name: str, *, kept_back: bool) -> Case:
    for level in count(60):
        write_frame(folder, name, level)
        if held_back(read_frame(folder, name)) == kept_back:
            break
    return read_frame(folder, name)


class TestWhatIsTrainedOn:
    def test_frames_of_one_procedure_stay_together(self, folder: Path) -> None:
        for procedure in range(20):
            for frame in range(2):
                write_frame(folder, f"{procedure:032x}.{frame:04d}.R1", 3 * procedure + frame)
        sides: dict[str | None, set[bool]] = {}
        for each in folder_cases(folder):
            sides.setdefault(each.procedure, set()).add(held_back(each))
        assert len(sides) == 20
        assert all(len(side) == 1 for side in sides.values())
        assert 5 <= sum(side == {True} for side in sides.values()) <= 15

    def test_a_neighbour_or_a_copy_of_a_frame_trained_on_is_known_again(self, folder: Path) -> None:
        write_frame(folder, f"{7:032x}.0003.R1", 50)
        trained = read_frame(folder, f"{7:032x}.0003.R1")
        write_frame(folder, f"{7:032x}.0004.R2", 51)
        write_frame(folder, "copy", 50)
        write_frame(folder, f"{8:032x}.0003.R1", 52)
        write_frame(folder, "7", 53)
        unseen, left_out = unseen_cases(folder, keys(trained))
        assert ([each.name for each in unseen], left_out) == ([f"{8:032x}.0003.R1", "7"], 3)

    def test_half_is_held_back_and_the_keys_of_the_rest_are_kept(self, folder: Path) -> None:
        trained = frame_that_is(folder, "trained", kept_back=False)
        frame_that_is(folder, "kept", kept_back=True)
        frames = LabelledFrames([folder])
        assert (len(frames), frames.held_back, frames.keys) == (1, 1, keys(trained))
        assert set(np.unique(frames.sample(0).pixels)) == {0, trained.frame.pixels[0, 0]}

    def test_a_folder_with_nothing_to_train_on_is_refused_by_name(self, folder: Path) -> None:
        frame_that_is(folder, "kept", kept_back=True)
        with pytest.raises(BadInput, match="labelled: 1 labelled frames, none of which may be trained on"):
            LabelledFrames([folder])


class OneSample:
    def __init__(self, level: int) -> None:
        self._sample = negative(np.full((SIDE, SIDE), level, np.uint8))

    def __len__(self) -> int:
        return 1

    def sample(self, index: int) -> Sample:
        return self._sample


def test_labelled_frames_have_their_share_of_a_batch_and_others_stay_as_they_were() -> None:
    from models.training.augmentation import Strength

    still = Strength(
        (1.0, 1.0), 0.0, narrow=0.0, grey=0.0, resolution=0.0, speckle=0.0, furniture=0.0, jpeg=0.0, ruined=0.0
    )
    plain = BatchMaker((OneSample(80),), Negatives(None), seed=1, size=160, strength=still)
    mixed = BatchMaker((OneSample(80),), Negatives(None), 1, 160, strength=still, labelled=OneSample(200))
    levels = [int(picture.max()) for maker in (plain, mixed) for picture in maker.batch(0, (1,)).grey.numpy()]
    assert levels[:160] == [80] * 160
    assert set(levels[160:]) == {80, 200}
    assert 10 <= levels[160:].count(200) <= 30  # an eighth is 20


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """The command, with one phantom frame; gives the folder of its run."""
    fill(PhantomCache.create(tmp_path / "cache", 1, 1_000_000), phantom_maker())

    def start(run: str, *more: object) -> Path:
        plain = ("--cache", tmp_path / "cache", "--out", tmp_path / run, "--batch", 2, "--threads", 1)
        monkeypatch.setattr("sys.argv", ["train", *map(str, (*plain, *more))])
        train.main()
        return tmp_path / run

    return start


def exported(run: Path, to: Path) -> Path:
    """Weights and manifest of a run, beside the graph of the committed network, which is quicker than its own."""
    net, stands = export.load_net(run / train.CHECKPOINT)
    export.save_weights(net, to)
    shutil.copy(MODEL / "model.onnx", to)
    origin = export.Origin("9.9", "abc", stands["seed"], stands["step"], stands["frames"], stands["labelled"])
    export.write_manifest(to, origin, ProbabilityCalibration())
    return to


def test_no_network_is_scored_on_what_it_or_the_one_before_it_was_trained_on(
    folder: Path, started: Callable[..., Path], tmp_path: Path
) -> None:
    trained = frame_that_is(folder, "trained", kept_back=False)
    frame_that_is(folder, "kept", kept_back=True)
    run = started("first", "--steps", 1, "--labelled", folder, "--labelled-share", 0.5)
    first = exported(run, tmp_path / "model")
    assert keys_trained_on(first) == keys(trained)
    evaluation = evaluate_labelled(folder, [Contender(first, load_model(first).identity, "9.9")])
    assert ([score.name for score in evaluation.scores[0]], evaluation.left_out) == (["kept"], 1)
    assert "1 of its frames left out" in evaluation.says
    run = started("second", "--steps", 1, "--start-from", first / "weights.safetensors")
    started("second", "--steps", 2, "--resume")
    assert export.load_net(run / train.CHECKPOINT)[1]["labelled"] == tuple(sorted(keys(trained)))
