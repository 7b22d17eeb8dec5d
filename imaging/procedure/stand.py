"""Where the tip stood when it mattered, and what the frames of that stand say together."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imaging.geometry import PointPx, Points
from imaging.measurement import Recess
from imaging.procedure.assessment import Stand
from imaging.procedure.rules import ProcedureRules
from imaging.tracking.events import Moment
from imaging.tracking.observation import Observation
from imaging.tracking.track_state import Track

_LEAST = 1e-3
_CANDIDATES = 400
"""Places among which the longest dwelt at is looked for; of longer cines every second, third … frame offers one."""
_SURELY_OUTSIDE = 0.02


@dataclass(frozen=True, eq=False)
class Step:
    """One frame of a procedure: what was seen, and what following it made of that."""

    seen: Observation
    track: Track

    @property
    def judged(self) -> bool:
        """Whether the frame's own placement could be judged."""
        return self.seen.placement.p_inside is not None

    @property
    def moment(self) -> Moment:
        """When."""
        return Moment(self.seen.frame_index, self.seen.time_ms)


def standing(steps: Sequence[Step], rules: ProcedureRules) -> list[Step]:
    """Frames of the place where the tip dwelt longest; a needle on its way is nowhere for long.

    Frames that could not be judged dwell as well: where they are many, the stand is not judged by the few others.
    """
    shown = [step for step in steps if step.seen.needle.tip is not None]
    if not shown:
        return []
    tips = np.array([_tip_mm(step) for step in shown])
    every = max(len(shown) // _CANDIDATES, 1)
    near = np.hypot(*(tips[::every, None, :] - tips[None, :, :]).transpose(2, 0, 1)) <= rules.stand_radius_mm
    longest = int(np.argmax(near.sum(axis=1)))
    return [step for step, there in zip(shown, near[longest], strict=True) if there]


def until_injected(stood: Sequence[Step], injection: Moment | None, rules: ProcedureRules) -> list[Step]:
    """Frames of a stand before its outlines draw back from bubbles; all of them without an injection."""
    if injection is None:
        return list(stood)
    end_ms = injection.time_ms + rules.stand_after_ms
    before = [step for step in stood if step.seen.time_ms <= end_ms]
    return before or list(stood)


def _tip_mm(step: Step) -> tuple[float, float]:
    tip, spacing = step.seen.needle.tip, step.seen.spacing
    if tip is None or spacing is None:
        return (0.0, 0.0)
    return tip.x * spacing.column_mm, tip.y * spacing.row_mm


def stand_of(steps: Sequence[Step], thinnest_mm: float) -> Stand | None:
    """What the frames of a stand say together; None without any."""
    judged = [step for step in steps if step.judged]
    if not judged:
        return None
    decided = [step for step in judged if _decided(step, thinnest_mm)]
    counting = decided or judged
    p_inside = pooled([step.seen.placement.p_inside or 0.0 for step in counting])
    return Stand(
        at=_clearest(counting, p_inside).moment,
        first=steps[0].seen.frame_index,
        last=steps[-1].seen.frame_index,
        frames=len(steps),
        decided_frames=len(decided),
        p_inside=p_inside,
        signed_distance_mm=_median([step.seen.placement.signed_distance_mm for step in counting]),
        centre_distance_mm=_median([_centre_distance_mm(step.seen) for step in counting]),
        angle_deg=_median([step.seen.needle.angle_deg for step in steps]),
    )


def _decided(step: Step, thinnest_mm: float) -> bool:
    """Whether the frame shows the tip; of a thin recess parts go unseen, and only a tip far off is outside for sure."""
    placement, recess = step.seen.placement, step.seen.recess
    thin = recess.thickness_mm is None or recess.thickness_mm < thinnest_mm
    return step.seen.needle.tip_visible and not (thin and (placement.p_inside or 0.0) > _SURELY_OUTSIDE)


def pooled(probabilities: Sequence[float]) -> float:
    """Mean of log odds as a probability: frames of one stand err together, so their number does not add certainty."""
    bounded = [min(max(p, _LEAST), 1.0 - _LEAST) for p in probabilities]
    mean = statistics.fmean(math.log(p / (1.0 - p)) for p in bounded)
    return 1.0 / (1.0 + math.exp(-mean))


def shifted(probability: float, log_odds: float) -> float:
    """Probability after evidence of so many log odds."""
    bounded = min(max(probability, _LEAST), 1.0 - _LEAST)
    return 1.0 / (1.0 + (1.0 - bounded) / bounded * math.exp(-log_odds))


def _clearest(steps: Sequence[Step], p_inside: float) -> Step:
    """Frame that says most clearly what all say."""
    sign = 1.0 if p_inside >= 0.5 else -1.0
    return max(steps, key=lambda step: (step.seen.needle.tip_visible, sign * (step.seen.placement.p_inside or 0.0)))


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _centre_distance_mm(seen: Observation) -> float | None:
    """From the tip to the recess's centre of area."""
    tip, spacing = seen.needle.tip, seen.spacing
    if tip is None or spacing is None or not seen.recess.polygons:
        return None
    return spacing.distance_mm(centre_of(seen.recess), tip)


def centre_of(recess: Recess) -> PointPx:
    """Centre of area of the largest outline, in frame pixels."""
    outline: Points = recess.polygons[0]
    x, y = outline.T
    following_x, following_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * following_y - following_x * y
    area = float(cross.sum()) / 2.0
    if abs(area) < 1e-9:
        return PointPx(float(x.mean()), float(y.mean()))
    return PointPx(
        float(((x + following_x) * cross).sum()) / (6.0 * area),
        float(((y + following_y) * cross).sum()) / (6.0 * area),
    )
