"""Batches as a function of the step alone, so that an interrupted training goes on exactly as it would have."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch

from models.training.augmentation import Strength, augment
from models.training.losses import Targets
from models.training.sample import Bytes, Sample


class Source(Protocol):
    """Finished samples by index, for example `models.training.cache.PhantomCache`."""

    def __len__(self) -> int:
        """Samples that can be had."""
        ...

    def sample(self, index: int) -> Sample:
        """One of them."""
        ...


class RealPictures(Protocol):
    """Real pictures without target, for example `models.training.pasting.PastedNeedles`."""

    def __len__(self) -> int:
        """Pictures that can be had."""
        ...

    def pixels(self, random: np.random.Generator) -> Bytes:
        """Random window of one."""
        ...

    def sample(self, random: np.random.Generator) -> Sample:
        """Random window with its truth."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures ``[n, 1, 256, 256]`` (uint8) and targets."""

    grey: torch.Tensor
    targets: Targets


@dataclass(frozen=True)
class BatchMaker:
    """Draws, augments and stacks samples.

    Parameters
    ----------
    sources
        Phantom caches; each of their frames is as likely as any other.
    negatives
        Real pictures without target, ``negative_share`` of the rest of the batch where there are any.
    labelled
        Real frames with their truth, ``labelled_share`` of the batch where there are any.
    """

    sources: tuple[Source, ...]
    negatives: RealPictures
    seed: int
    size: int = 16
    negative_share: float = 0.12
    strength: Strength = field(default_factory=Strength)
    labelled: Source | None = None
    labelled_share: float = 0.125

    def counts(self) -> tuple[int, ...]:
        """Frames that each source holds at the moment: a cache may still grow."""
        return tuple(len(source) for source in self.sources)

    def batch(self, step: int, counts: tuple[int, ...]) -> Batch:
        """Batch number ``step`` of a training that sees so many frames of each source."""
        return stack([self._sample(np.random.default_rng([self.seed, step, n]), counts) for n in range(self.size)])

    def _sample(self, random: np.random.Generator, counts: tuple[int, ...]) -> Sample:
        if self.labelled is not None and random.random() < self.labelled_share:
            return augment(random, self.labelled.sample(int(random.integers(len(self.labelled)))), self.strength)
        real = self.negatives.pixels(random) if len(self.negatives) else None
        if real is not None and random.random() < self.negative_share:
            return augment(random, self.negatives.sample(random), self.strength)
        index = int(random.integers(sum(counts)))
        source = 0
        while index >= counts[source]:
            index -= counts[source]
            source += 1
        return augment(random, self.sources[source].sample(index), self.strength, real)


class Prefetcher:
    """Makes the next batch in a thread while the present one is learnt from."""

    def __init__(self, maker: BatchMaker) -> None:
        self._maker = maker
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._next: tuple[int, tuple[int, ...], Future[Batch]] | None = None

    def batch(self, step: int, counts: tuple[int, ...]) -> Batch:
        """As `BatchMaker.batch`."""
        ahead = self._next
        if ahead is not None and ahead[:2] == (step, counts):
            batch = ahead[2].result()
        else:
            batch = self._maker.batch(step, counts)
        self._next = (step + 1, counts, self._pool.submit(self._maker.batch, step + 1, counts))
        return batch

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(cancel_futures=True)


def stack(samples: list[Sample]) -> Batch:
    """Samples as tensors; what is not known or not visible is NaN."""
    tips = [(s.tip.x, s.tip.y) if s.tip is not None else (np.nan, np.nan) for s in samples]
    scores = [[np.nan if score is None else score for score in s.scores] for s in samples]
    return Batch(
        torch.from_numpy(np.stack([s.pixels for s in samples])[:, None]),
        Targets(
            torch.from_numpy(np.stack([s.truth for s in samples])),
            torch.tensor(tips, dtype=torch.float32),
            torch.tensor(scores, dtype=torch.float32),
        ),
    )
