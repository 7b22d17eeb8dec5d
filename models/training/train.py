"""Train the network: ``python -m models.training.train --cache DIR --out RUN_DIR --steps N --seed S [--resume]``.

``RUN_DIR/log.jsonl`` gets a line of losses every 20 steps, ``RUN_DIR/checkpoint.pt`` a checkpoint every 200. The same
command, seed and finished cache give the same weights, interrupted or not, on the same machine and thread count.
"""

import argparse
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch

from models.evaluation.trained_on import Keys, keys_trained_on
from models.training.batches import BatchMaker, Prefetcher
from models.training.cache import PhantomCache
from models.training.labelled import LabelledFrames
from models.training.learner import Learner, Schedule
from models.training.losses import LossWeights
from models.training.negatives import Negatives
from models.training.pasting import PastedNeedles

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Steps between log lines and between checkpoints."""

    log: int = 20
    checkpoint: int = 200


def train(
    learner: Learner, maker: BatchMaker, out: Path, rhythm: Rhythm = Rhythm(), trained_on: Keys = frozenset()
) -> None:
    """Run the learner to the end of its schedule.

    Parameters
    ----------
    trained_on
        Keys of the labelled frames that have part in the weights, kept with them.
    """
    out.mkdir(parents=True, exist_ok=True)
    batches = Prefetcher(maker)
    counts = maker.counts()
    sums: dict[str, float] = defaultdict(float)
    began = time.monotonic()
    while learner.step < learner.schedule.steps:
        if learner.step % rhythm.checkpoint == 0:
            counts = maker.counts()
        for name, value in learner.learn(batches.batch(learner.step, counts), LossWeights()).items():
            sums[name] += value
        if learner.step % rhythm.log == 0:
            _log(out, learner.step, counts, {name: value / rhythm.log for name, value in sums.items()}, began)
            sums.clear()
        if learner.step % rhythm.checkpoint == 0 or learner.step == learner.schedule.steps:
            learner.save(out / CHECKPOINT, seed=maker.seed, frames=sum(counts), labelled=sorted(trained_on))
    batches.close()


def _log(out: Path, step: int, counts: tuple[int, ...], losses: dict[str, float], began: float) -> None:
    rounded = {name: round(value, 5) for name, value in losses.items()}
    line = {"step": step, "frames": sum(counts), "seconds": round(time.monotonic() - began, 1), **rounded}
    with (out / LOG).open("a") as file:
        file.write(json.dumps(line) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the network.")
    parser.add_argument("--cache", type=Path, nargs="+", required=True, help="folders of models.training.cache")
    parser.add_argument("--negatives", type=Path, help="folder of real PNG pictures without target")
    parser.add_argument("--needles", type=Path, help="folder of models.training.pasting")
    parser.add_argument("--labelled", type=Path, nargs="+", help="labelled folders; half of each is never trained on")
    parser.add_argument("--labelled-share", type=float, default=1 / 8, help="of every batch, where there are any")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2.5e-3, help="peak learning rate")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true", help="bfloat16 autocast: where the processor gains by it")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--start-from", type=Path, help="weights.safetensors of an exported model to begin with")
    return parser.parse_args()


def _maker(options: argparse.Namespace, labelled: LabelledFrames | None) -> BatchMaker:
    needles = None if options.needles is None else PhantomCache(options.needles)
    return BatchMaker(
        tuple(PhantomCache(folder) for folder in options.cache),
        PastedNeedles(Negatives(options.negatives), needles),
        seed=options.seed,
        size=options.batch,
        labelled=labelled,
        labelled_share=options.labelled_share,
    )


def _begin(learner: Learner, options: argparse.Namespace) -> Keys:
    """Take over earlier weights, if so wished, and with them the keys of the labelled frames behind them."""
    known: Keys = frozenset()
    if options.start_from is not None:
        learner.start_from(options.start_from)
        known = keys_trained_on(options.start_from.parent)
    if options.resume and (options.out / CHECKPOINT).exists():
        known |= frozenset(learner.load(options.out / CHECKPOINT).get("labelled", ()))
    return known


def main() -> None:
    """Command line."""
    options = _options()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    labelled = LabelledFrames(options.labelled) if options.labelled else None
    learner = Learner(
        Schedule(options.steps, peak=options.rate), seed=options.seed, device=options.device, bf16=options.bf16
    )
    known = _begin(learner, options) | (labelled.keys if labelled else frozenset())
    train(learner, _maker(options, labelled), options.out, trained_on=known)


if __name__ == "__main__":
    main()
