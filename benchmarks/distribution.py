"""Many timings of one thing as the few numbers that are told about them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PERCENTILES = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}


@dataclass(frozen=True, slots=True)
class Distribution:
    """Milliseconds at percentiles; a percentile that the count cannot carry is the largest value.

    Raises
    ------
    ValueError
        If there is nothing to tell about.
    """

    values_ms: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values_ms:
            msg = "a distribution of no values: expected at least one"
            raise ValueError(msg)

    @classmethod
    def of(cls, values_ms: Sequence[float]) -> "Distribution":
        """Distribution of these values."""
        return cls(tuple(float(value) for value in values_ms))

    def at(self, name: str) -> float:
        """Value at one of `PERCENTILES`."""
        return float(np.percentile(self.values_ms, PERCENTILES[name], method="higher"))

    def figures(self) -> dict[str, float]:
        """Percentiles as they are printed and kept."""
        return {name: round(self.at(name), 3) for name in PERCENTILES} | {"count": len(self.values_ms)}

    def thinned(self, most: int = 400) -> list[float]:
        """Values in their order, so few that a plot of them stays small."""
        step = max(-(-len(self.values_ms) // most), 1)
        return [round(value, 3) for value in self.values_ms[::step]]
