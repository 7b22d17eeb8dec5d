"""A probability averaged over the last moments, as log odds, so that certainty counts."""

import math
from dataclasses import dataclass

from imaging.tracking.rules import TrackingRules

_LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class AveragedOdds:
    """Averaged log odds, and the time of the last probability that went in."""

    log_odds: float | None = None
    fed_at_ms: float = 0.0

    @property
    def probability(self) -> float | None:
        """Averaged probability; None where none went in lately."""
        return None if self.log_odds is None else 1.0 / (1.0 + math.exp(-self.log_odds))

    def step(self, probability: float | None, time_ms: float, rules: TrackingRules) -> "AveragedOdds":
        """Average after one more frame; None where that frame gives no probability."""
        age_ms = time_ms - self.fed_at_ms
        before = None if age_ms > rules.bridge_ms else self.log_odds
        if probability is None:
            return AveragedOdds(before, self.fed_at_ms)
        bounded = min(max(probability, _LEAST), 1.0 - _LEAST)
        now = math.log(bounded / (1.0 - bounded))
        kept = 0.0 if before is None else math.exp(-age_ms / rules.p_inside_memory_ms)
        return AveragedOdds(kept * (before or 0.0) + (1.0 - kept) * now, time_ms)
