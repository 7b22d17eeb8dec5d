"""How often the tip was inside where the network said so with a given probability."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.intervals import BINS, bin_of, mean, of_share
from models.evaluation.metrics import probability_and_outcome
from models.evaluation.scoring import CaseScore


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Cases whose probability lies in ``[low, high)``: mean probability said, share found inside, its interval."""

    low: float
    high: float
    n: int
    said: float
    found: float
    found_low: float
    found_high: float


def reliability(scores: Sequence[CaseScore]) -> tuple[ReliabilityBin, ...]:
    """Bins of equal width that hold a case, lowest first."""
    taken = [pair for score in scores if (pair := probability_and_outcome(score)) is not None]
    pairs = np.array(taken, dtype=np.float64).reshape(-1, 2)
    which = bin_of(pairs[:, 0])
    return tuple(_bin(int(index), pairs[which == index]) for index in np.unique(which))


def _bin(index: int, pairs: np.ndarray) -> ReliabilityBin:
    outcomes = pairs[:, 1:]
    interval = of_share(outcomes, mean)
    return ReliabilityBin(
        low=index / BINS,
        high=(index + 1) / BINS,
        n=len(pairs),
        said=float(pairs[:, 0].mean()),
        found=mean(outcomes),
        found_low=interval.low,
        found_high=interval.high,
    )
