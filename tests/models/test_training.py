import json
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from imaging.geometry import PointPx
from imaging.segmentation import Tissue

torch: ModuleType = pytest.importorskip("torch", reason="training needs the optional part 'train'")
pytest.importorskip("onnx", reason="training needs the optional part 'train'")
pytest.importorskip("safetensors", reason="training needs the optional part 'train'")

from safetensors.torch import save_file  # noqa: E402 - after the skip

from models.phantom import make_frame  # noqa: E402 - after the skip
from models.training.augmentation import Strength, augment, move  # noqa: E402
from models.training.batches import BatchMaker, stack  # noqa: E402
from models.training.cache import PhantomCache, fill, truth_bytes  # noqa: E402
from models.training.calibration import Observation, Thresholds, platt, thresholds  # noqa: E402
from models.training.deployed import Deployed  # noqa: E402
from models.training.export import (  # noqa: E402
    Origin,
    check_graph,
    export,
    load_net,
    move_operating_points,
    save_weights,
    write_graph,
)
from models.training.learner import Learner, Schedule  # noqa: E402
from models.training.losses import (  # noqa: E402
    LossWeights,
    mask_loss,
    near_edge,
    recess_loss,
    tip_loss,
    tissue_loss,
    total_loss,
)
from models.training.negatives import HELD_OUT, Negatives  # noqa: E402
from models.training.network import OTHER_TISSUES, PlacementNet  # noqa: E402
from models.training.sample import HIDDEN_RECESS, NEEDLE_BIT, SIDE, UNKNOWN_TISSUE, Sample, negative  # noqa: E402
from models.training.train import CHECKPOINT, LOG, Rhythm, train  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


class Drawn:
    """Sixteen pictures of a dark bar (recess) in grey, half of them with a bright line (needle) that ends in it."""

    def __len__(self) -> int:
        return 16

    def sample(self, index: int) -> Sample:
        random = np.random.default_rng(index)
        top, tip = 100 + 4 * index, None
        truth = np.full((SIDE, SIDE), Tissue.QUADRICEPS, dtype=np.uint8)
        truth[top + 20 :] = Tissue.PREFEMORAL_FAT
        truth[top : top + 20, 40:200] = Tissue.RECESS
        level = np.where(truth == Tissue.RECESS, 10, 120)
        if index % 2:
            tip = PointPx(120.0, top + 10.0)
            truth[top + 9 : top + 12, :121] |= NEEDLE_BIT
            level[top + 9 : top + 12, :121] = 250
        pixels = np.clip(level + random.normal(0, 12, level.shape), 0, 255).astype(np.uint8)
        seen = float(tip is not None)
        return Sample(pixels, truth, tip, (1.0, 0.8, seen, seen))


def maker(size: int = 2) -> BatchMaker:
    return BatchMaker((Drawn(),), Negatives(None), seed=3, size=size, strength=Strength(ruined=0.0))


class TestTraining:
    def test_loss_falls_and_a_resumed_run_ends_with_the_same_weights(self, tmp_path: Path) -> None:
        rhythm, schedule = Rhythm(log=3, checkpoint=6), Schedule(12, warm_up=2)
        whole = Learner(schedule, seed=1)
        train(whole, maker(), tmp_path / "whole", rhythm)
        losses = [json.loads(line)["total"] for line in (tmp_path / "whole" / LOG).read_text().splitlines()]
        assert len(losses) == 4
        assert losses[-1] < 0.8 * losses[0]

        interrupted = Learner(schedule, seed=1)
        batches = maker()
        for step in range(6):
            interrupted.learn(batches.batch(step, batches.counts()), LossWeights())
        interrupted.save(tmp_path / CHECKPOINT, seed=3, frames=16)
        resumed = Learner(schedule, seed=99)
        assert resumed.load(tmp_path / CHECKPOINT) == {"seed": 3, "frames": 16}
        train(resumed, maker(), tmp_path / "resumed", rhythm)
        for name, value in whole.average.state_dict().items():
            assert torch.equal(value, resumed.average.state_dict()[name]), name

    def test_rate_warms_up_and_ends_near_nothing(self) -> None:
        schedule = Schedule(1000, peak=1.0, warm_up=100)
        assert schedule.rate(0) == pytest.approx(0.01)
        assert schedule.rate(100) == pytest.approx(1.0)
        assert schedule.rate(550) == pytest.approx(0.505)
        assert schedule.rate(1000) == pytest.approx(0.01)


class TestLosses:
    def test_a_perfect_mask_costs_nothing_and_a_false_one_costs(self) -> None:
        mask = torch.zeros(1, 32, 32, dtype=torch.bool)
        mask[0, 4:20, 4:20] = True
        sure = torch.where(mask, 20.0, -20.0)[:, None]
        assert float(mask_loss(sure, mask, 2.0)) == pytest.approx(0.0, abs=1e-4)
        assert float(mask_loss(-sure, mask, 2.0)) > 1.0
        nothing = torch.zeros_like(mask)
        assert float(mask_loss(torch.full((1, 1, 32, 32), -20.0), nothing, 2.0)) == pytest.approx(0.0, abs=1e-4)
        assert float(mask_loss(sure, nothing, 2.0)) > 0.5

    def test_recess_that_nobody_can_see_counts_neither_way(self) -> None:
        tissue = torch.full((1, 32, 32), int(Tissue.PREFEMORAL_FAT), dtype=torch.uint8)
        tissue[0, 4:20, 4:20] = HIDDEN_RECESS
        nowhere = torch.full((1, 1, 32, 32), -20.0)
        there = nowhere.masked_fill((tissue == HIDDEN_RECESS)[:, None], 20.0)
        for logits in (nowhere, there):
            assert float(recess_loss(logits, tissue, LossWeights())) == pytest.approx(0.0, abs=1e-4)

    def test_an_edge_reaches_two_pixels_to_either_side(self) -> None:
        mask = torch.zeros(1, 1, 12, dtype=torch.bool)
        mask[..., 6:] = True
        assert near_edge(mask)[0, 0].tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 4

    def test_tip_of_frames_without_a_visible_one_does_not_count(self) -> None:
        logits = torch.zeros(2, 1, 16, 16)
        nowhere = torch.full((2, 2), float("nan"))
        assert float(tip_loss(logits, nowhere, 2.5)) == 0.0
        one = nowhere.clone()
        one[0] = torch.tensor([8.0, 8.0])
        assert float(tip_loss(logits, one, 2.5)) == pytest.approx(np.log(256) / 2, rel=1e-4)

    def test_recess_and_unknown_tissue_are_left_out(self) -> None:
        tissue = torch.full((1, 8, 8), UNKNOWN_TISSUE, dtype=torch.uint8)
        tissue[:, :4] = int(Tissue.RECESS)
        assert float(tissue_loss(torch.randn(1, 7, 4, 4), tissue, (1.0,) * 7)) == 0.0

    def test_every_part_is_in_the_total(self) -> None:
        batch = maker().batch(0, (16,))
        with torch.no_grad():
            parts = total_loss(PlacementNet()(batch.grey), batch.targets, LossWeights())
        total = float(parts.pop("total"))
        assert total == pytest.approx(sum(float(part) for part in parts.values()), rel=1e-5)


class TestAugmentation:
    def test_truth_moves_with_the_picture(self) -> None:
        sample = Drawn().sample(1)
        for seed in range(12):
            moved, box = move(np.random.default_rng(seed), sample, Strength())
            bright = (moved.pixels > 150) & (box > 0)
            needle = (moved.truth & NEEDLE_BIT) > 0
            if needle.sum() > 100:
                assert (bright & needle).sum() > 0.6 * needle.sum()
            if moved.tip is not None:
                assert needle[round(moved.tip.y) - 2 : round(moved.tip.y) + 3, round(moved.tip.x) - 2 :].any()
            assert not moved.pixels[box == 0].any()

    def test_same_seed_same_picture(self) -> None:
        one, other = (augment(np.random.default_rng(5), Drawn().sample(1), Strength()) for _ in range(2))
        assert np.array_equal(one.pixels, other.pixels)

    def test_a_picture_of_nothing_keeps_knowing_nothing(self) -> None:
        blank = negative(np.full((SIDE, SIDE), 80, np.uint8))
        moved = augment(np.random.default_rng(1), blank, Strength(ruined=0.0))
        assert set(np.unique(moved.truth)) <= {0, UNKNOWN_TISSUE}
        assert moved.scores == (0.0, None, 0.0, 0.0)

    def test_unknown_scores_become_nan(self) -> None:
        targets = stack([negative(np.zeros((SIDE, SIDE), np.uint8))]).targets
        assert torch.isnan(targets.scores[0]).tolist() == [False, True, False, False]
        assert torch.isnan(targets.tip).all()


class TestCache:
    def test_goes_on_where_it_stopped(self, tmp_path: Path) -> None:
        cache = PhantomCache.create(tmp_path, 2, first_seed=40)
        cache.write(0, make_frame(40))
        assert len(cache) == 1
        assert fill(PhantomCache.create(tmp_path, 2, first_seed=40), make_frame) == 1
        frame = make_frame(41)
        stored = PhantomCache(tmp_path).sample(1)
        assert np.array_equal(stored.pixels, frame.pixels)
        assert np.array_equal(stored.truth, truth_bytes(frame))
        assert np.array_equal((stored.truth & NEEDLE_BIT) > 0, frame.labels == Tissue.NEEDLE)


def test_held_out_pictures_are_never_trained_on(tmp_path: Path) -> None:
    import cv2

    for name in ("usgra_001", "usgra_035", "timtrack3_004", "okwija_needle_1", "plus_bone_2"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((300, 200), 50, np.uint8))
    assert len(Negatives(tmp_path)) == 1
    assert "usgra_069" in HELD_OUT


class TestExport:
    def test_graph_answers_as_the_network_does(self, tmp_path: Path) -> None:
        torch.manual_seed(0)
        net = PlacementNet().eval()
        write_graph(net, tmp_path / "model.onnx")
        assert check_graph(net, tmp_path / "model.onnx") < 1e-4

    def test_graph_says_what_the_logits_say(self) -> None:
        torch.manual_seed(0)
        net = PlacementNet()
        grey = torch.randint(0, 256, (1, 1, SIDE, SIDE), dtype=torch.uint8)
        with torch.no_grad():
            net(grey)  # in training, so that the normalisations have something to take out
            logits = net.eval()(grey)
            labels, recess, needle, tip, view = Deployed(net).eval()(grey)
        needle_said, recess_said = torch.sigmoid(logits.needle[0, 0]), torch.sigmoid(logits.recess[0, 0])
        other = torch.tensor(OTHER_TISSUES)[logits.tissue[0].argmax(0)].repeat_interleave(2, 0).repeat_interleave(2, 1)
        expected = torch.where(needle_said > 0.5, Tissue.NEEDLE, torch.where(recess_said > 0.5, Tissue.RECESS, other))
        assert (needle - needle_said).abs().max() < 1e-5
        assert (recess - recess_said).abs().max() < 1e-5
        assert (view - torch.sigmoid(logits.view[0])).abs().max() < 1e-5
        assert tip.sum() == pytest.approx(1.0, abs=1e-4)
        assert tip.argmax() == logits.tip.argmax()
        assert (labels != expected).float().mean() < 1e-3
        assert len(labels.unique()) > 3

    def test_size_stays_within_its_budget(self) -> None:
        assert sum(parameter.numel() for parameter in PlacementNet().parameters()) <= 600_000

    def test_manifest_names_what_was_trained(self, tmp_path: Path) -> None:
        Learner(Schedule(1), seed=5).save(tmp_path / CHECKPOINT, seed=5, frames=16)
        net, stands = load_net(tmp_path / CHECKPOINT)
        origin = Origin("0.0.0", "abc", seed=stands["seed"], steps=stands["step"], frames=stands["frames"])
        export(net, tmp_path / "model", origin)
        said = json.loads((tmp_path / "model" / "manifest.json").read_text())
        assert said["training"] == {"commit": "abc", "seed": 5, "steps": 0, "frames": 16}
        assert said["classes"]["4"] == "recess"

    def test_training_may_begin_with_exported_weights(self, tmp_path: Path) -> None:
        torch.manual_seed(4)
        save_weights(PlacementNet(), tmp_path)
        learner = Learner(Schedule(1), seed=5)
        learner.start_from(tmp_path / "weights.safetensors")
        torch.manual_seed(4)
        for name, value in PlacementNet().state_dict().items():
            assert torch.equal(value, learner.net.state_dict()[name]), name

    def test_a_deeper_network_begins_where_a_shallower_one_ended(self, tmp_path: Path) -> None:
        torch.manual_seed(4)
        shallow = PlacementNet()
        weights = {name: value for name, value in shallow.state_dict().items() if ".farther." not in name}
        assert len(weights) < len(shallow.state_dict())
        save_file(weights, tmp_path / "weights.safetensors")
        learner = Learner(Schedule(1), seed=5)
        learner.start_from(tmp_path / "weights.safetensors")
        shallow.up_quarter.farther = shallow.up_eighth.farther = torch.nn.Sequential()
        grey = torch.randint(0, 256, (1, 1, SIDE, SIDE), dtype=torch.uint8)
        with torch.no_grad():
            assert torch.allclose(shallow.eval()(grey).recess, learner.net.eval()(grey).recess, atol=1e-5)

    def test_weights_of_another_network_are_refused(self, tmp_path: Path) -> None:
        save_file({"stem.9.weight": torch.zeros(1)}, tmp_path / "weights.safetensors")
        with pytest.raises(ValueError, match=r"has stem\.9\.weight and 0 more: expected layers of this network"):
            Learner(Schedule(1), seed=5).start_from(tmp_path / "weights.safetensors")

    def test_weights_that_lack_more_than_a_block_are_refused(self, tmp_path: Path) -> None:
        save_file(
            {n: v for n, v in PlacementNet().state_dict().items() if n != "head.bias"}, tmp_path / "w.safetensors"
        )
        with pytest.raises(ValueError, match=r"lacks head\.bias and 0 more: expected layers of this network"):
            Learner(Schedule(1), seed=5).start_from(tmp_path / "w.safetensors")

    def test_operating_points_move_to_one_half(self) -> None:
        torch.manual_seed(0)
        net = PlacementNet().eval()
        grey = torch.full((1, 1, SIDE, SIDE), 90, dtype=torch.uint8)
        with torch.no_grad():
            before = net(grey).view[0]
            move_operating_points(net, Thresholds(view=0.75, needle=0.5))
            after = net(grey).view[0]
        assert (before - after).tolist() == pytest.approx([math.log(3.0), 0.0, 0.0, 0.0], abs=1e-5)


class TestCalibration:
    def test_overconfidence_is_taken_back(self) -> None:
        # Said 0.99 but true in three of four; said 0.01 but false in three of four.
        said = [(0.99, n % 4 != 0) for n in range(200)] + [(0.01, n % 4 == 0) for n in range(200)]
        found = platt([Observation(p, inside, 1.0, True, 1.0, True) for p, inside in said])
        assert found(0.99) == pytest.approx(0.75, abs=0.02)
        assert found(0.01) == pytest.approx(0.25, abs=0.02)

    def test_nothing_seen_nothing_corrected(self) -> None:
        assert platt([]).slope == 1.0

    def test_thresholds_part_the_scores(self) -> None:
        seen = [Observation(0.5, None, 0.9, True, 0.7, True), Observation(0.5, None, 0.3, False, 0.1, False)]
        found = thresholds(seen)
        assert found.view == 0.9
        assert 0.1 < found.needle <= 0.7

    @pytest.mark.parametrize(
        ("scores", "cut"),
        [([0.8] * 98 + [0.2] * 2, 0.8), ([0.8] * 97 + [0.2] * 3, 0.2), ([1.0] * 50, 0.95), ([], 0.5)],
    )
    def test_the_view_is_cut_where_98_of_100_pass(self, scores: list[float], cut: float) -> None:
        seen = [Observation(None, None, score, True, 0.5, True) for score in scores]
        others = [Observation(None, None, 0.99, False, 0.5, False)] * 9  # no other view moves the cut
        assert thresholds(seen + others).view == cut
