"""A segmenter that reads phantom frames from their truth, with errors of a stated size; and what happened in a cine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from benchmarks.tracking_scoring import Position, TrueEvent
from imaging.frame import Frame
from imaging.geometry import GridToFrame
from imaging.segmentation import ModelIdentity, Segmentation, Tissue, ViewScores
from imaging.tracking.events import EventKind
from models.phantom import PhantomFrame

_IDENTITY = ModelIdentity("truth-with-errors", "1", "0" * 64, "fp32", "none")
_STEADY_FRAMES = 3
_LONG_STAY_FRAMES = 8
_CLEAR_MM = 0.6
_ON_WALL_MM = 0.4
_NEAR_BONE_MM = 1.2
_TOUCH_MM = 0.4
_UNTIL_SEEN_FRAMES = 3
_LEAVING_FRAMES = (14, 20)


@dataclass(frozen=True, slots=True)
class Errors:
    """How badly frames are read: tip noise per axis, share and size of outliers, and dropouts of 1 to 8 frames."""

    tip_mm: float = 0.5
    outliers: float = 0.05
    outlier_mm: float = 10.0
    dropouts_per_s: float = 0.4
    longest_dropout: int = 8
    wall_mm: float = 0.04


class ErringSegmenter:
    """Answers each frame of one cine, in order of its index, from the truth."""

    def __init__(self, truth: Sequence[PhantomFrame], rate_hz: float, seed: int, errors: Errors) -> None:
        self._truth, self._errors = truth, errors
        self._rng = np.random.default_rng([seed, 11])
        self._dropped = np.zeros(len(truth), dtype=np.bool_)
        for start in np.flatnonzero(self._rng.uniform(size=len(truth)) < errors.dropouts_per_s / rate_hz).tolist():
            if not self._dropped[max(start - 1, 0)]:
                self._dropped[start : start + int(self._rng.integers(1, errors.longest_dropout + 1))] = True

    @property
    def identity(self) -> ModelIdentity:
        """Not a network."""
        return _IDENTITY

    def segment(self, frame: Frame) -> Segmentation:
        """Truth of the frame's index, softened, with the tip put elsewhere by the errors."""
        truth = self._truth[frame.index]
        needle = truth.needle is not None and not self._dropped[frame.index]
        tip_visible = needle and truth.needle is not None and truth.needle.tip_visible
        spacing = truth.spacing.row_mm
        wall = self._rng.normal(0.0, self._errors.wall_mm / spacing)
        shaft = (
            (truth.labels == Tissue.NEEDLE).astype(np.float32) if needle else np.zeros(truth.labels.shape, np.float32)
        )
        return Segmentation(
            labels=truth.labels.copy(),
            recess=_soft(truth.anatomy == Tissue.RECESS, wall),
            needle=shaft,
            tip=self._tip(truth, spacing),
            view=ViewScores(0.95, 0.9, 0.95 if needle else 0.02, 0.95 if tip_visible else 0.1),
            grid=GridToFrame(0.0, 0.0, 1.0, 1.0),
        )

    def _tip(self, truth: PhantomFrame, spacing: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        rows, columns = truth.labels.shape
        if truth.needle is None:
            return np.full((rows, columns), 1.0 / (rows * columns), np.float32)
        off = self._rng.normal(0.0, self._errors.tip_mm, 2)
        if self._rng.uniform() < self._errors.outliers:
            way = self._rng.uniform(0.0, 2.0 * np.pi)
            off += self._errors.outlier_mm * np.array([np.cos(way), np.sin(way)])
        x = np.clip(truth.needle.tip.x + off[0] / spacing, 2, columns - 3)
        y = np.clip(truth.needle.tip.y + off[1] / spacing, 2, rows - 3)
        sigma = max(self._errors.tip_mm, 0.3) / spacing
        across = np.exp(-0.5 * ((np.arange(columns) - x) / sigma) ** 2)
        down = np.exp(-0.5 * ((np.arange(rows) - y) / sigma) ** 2)
        heat = np.outer(down / down.sum(), across / across.sum())
        return np.asarray(heat, dtype=np.float32)


def _soft(
    mask: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]", wall_px: float
) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """Probability that falls linearly across the wall, the wall moved outwards by some pixels."""
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    distance = np.where(mask, inside - 0.5, 0.5 - outside)
    return np.asarray(np.clip(0.5 + (distance + wall_px) / 2.0, 0.0, 1.0), dtype=np.float32)


def tips_mm(truth: Sequence[PhantomFrame]) -> list[Position | None]:
    """True tips in mm from the centre of the top-left pixel."""
    return [
        None
        if frame.needle is None
        else (frame.needle.tip.x * frame.spacing.column_mm, frame.needle.tip.y * frame.spacing.row_mm)
        for frame in truth
    ]


def true_events(truth: Sequence[PhantomFrame], shown: Sequence[bool], injection_start: int | None) -> list[TrueEvent]:
    """What happened in a cine, by the definitions that tracking states, from the noiseless motion.

    Parameters
    ----------
    shown
        Whether a frame shows the observer a tip.
    injection_start
        Frame in which injectate begins to flow into the recess; a tenth of it is in three frames later, and nothing can
        be seen of it before.
    """
    events = _presence(truth, shown) + _passes(truth, shown) + _turns(truth, shown)
    events += _unseen(truth, shown) + _crossings(truth, shown) + _contacts(truth, shown)
    if injection_start is not None:
        events.append(TrueEvent(EventKind.INJECTION_STARTED, injection_start, injection_start + _UNTIL_SEEN_FRAMES))
    return events


def _presence(truth: Sequence[PhantomFrame], shown: Sequence[bool]) -> list[TrueEvent]:
    """A second without a needle is what "left" means; shorter gaps are none, and at a cine's end nobody can know."""
    there = [i for i, frame in enumerate(truth) if frame.needle is not None]
    if not there:
        return []
    events = [TrueEvent.visible(EventKind.NEEDLE_ENTERED, there[0], shown)]
    for before, after in pairwise([*there, len(truth)]):
        absent = after - before - 1
        if absent >= _LEAVING_FRAMES[0]:
            sure = absent >= _LEAVING_FRAMES[1]
            events.append(TrueEvent.visible(EventKind.NEEDLE_LEFT, before + 1, shown, required=sure))
            if after < len(truth):
                events.append(TrueEvent.visible(EventKind.NEEDLE_ENTERED, after, shown, required=sure))
    return events


def _progress(truth: Sequence[PhantomFrame]) -> list[tuple[int, float]]:
    """Frame and way of the tip along its shaft, where there is a needle."""
    found: list[tuple[int, float]] = []
    before, total = None, 0.0
    for i, (frame, tip) in enumerate(zip(truth, tips_mm(truth), strict=True)):
        if frame.needle is None or tip is None:
            continue
        axis = _axis(frame)
        if before is not None:
            total += float((np.array(tip) - np.array(before)) @ axis)
        before = tip
        found.append((i, total))
    return found


def _axis(frame: PhantomFrame) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    if frame.needle is None:
        return np.array([0.0, 1.0])
    (x0, y0), (x1, y1) = frame.spacing.to_mm(frame.needle.shaft.array())
    way = np.array([x1 - x0, y1 - y0])
    return np.asarray(way / max(float(np.hypot(*way)), 1e-9))


def _passes(truth: Sequence[PhantomFrame], shown: Sequence[bool]) -> list[TrueEvent]:
    events, deepest, outmost = [], -np.inf, None
    turn = 0
    for i, here in _progress(truth):
        if not shown[i]:
            continue
        deepest = max(deepest, here) if outmost is None else deepest
        if outmost is None or here <= outmost + 0.3:
            if deepest - here >= 8.0:
                outmost, turn = min(here, here if outmost is None else outmost), i
        elif here - outmost >= 5.0:
            sure = deepest - outmost >= 11.5
            events.append(TrueEvent.visible(EventKind.PASS, turn, shown, required=sure))
            deepest, outmost = here, None
    return events


def _turns(truth: Sequence[PhantomFrame], shown: Sequence[bool]) -> list[TrueEvent]:
    events: list[TrueEvent] = []
    reference: float | None = None
    angles = [None if f.needle is None else f.needle.angle_deg for f in truth]
    for i, angle in enumerate(angles):
        if angle is None:
            continue
        reference = angle if reference is None else reference
        if abs(angle - reference) > 5.0:
            settled = [a for a in angles[i : i + 12] if a is not None][-1]
            events.append(TrueEvent.visible(EventKind.REDIRECTION, i, shown, required=abs(settled - reference) >= 6.5))
            reference = None
        elif i >= 2 and angles[i - 1] is not None and abs(angle - (angles[i - 1] or 0.0)) < 0.1:
            reference = angle if abs(angle - reference) < 0.5 else reference
    return _without_aftermath(events)


def _without_aftermath(events: list[TrueEvent], frames: int = 10) -> list[TrueEvent]:
    """One turn is one event, however long it goes on."""
    kept: list[TrueEvent] = []
    for event in events:
        if not kept or event.first - kept[-1].first > frames:
            kept.append(event)
    return kept


def _unseen(truth: Sequence[PhantomFrame], shown: Sequence[bool]) -> list[TrueEvent]:
    events, last = [], None
    for i, here in _progress(truth):
        if not shown[i]:
            continue
        if last is not None and i > last[0] + 1:
            advance = here - last[1]
            if advance >= 3.5:
                events.append(TrueEvent(EventKind.ADVANCED_UNSEEN, last[0] + 1, last[0] + 1, advance >= 6.0))
        last = (i, here)
    return events


def _crossings(truth: Sequence[PhantomFrame], shown: Sequence[bool]) -> list[TrueEvent]:
    """Where the tip changes sides for some frames; a short stay or one close to the wall may be found or not.

    It happens between the wall and 0.6 mm beyond it: closer than the errors of a tip nobody can tell the sides apart.
    """
    known = [(i, depth) for i, frame in enumerate(truth) if (depth := height_in_recess_mm(frame)) is not None]
    turns, inside = [0], False
    for position in range(len(known) - _STEADY_FRAMES + 1):
        ahead = [depth for _, depth in known[position : position + _STEADY_FRAMES]]
        if (min(ahead) > 0.0) if not inside else (max(ahead) <= 0.0):
            inside = not inside
            turns.append(position)
    events = []
    stays = [known[a:b] for a, b in pairwise([*turns, len(known)])]
    for number, (before, after) in enumerate(pairwise(stays)):
        sure = all(_is_clear(stay) for stay in ((after,) if number % 2 == 0 else (before, after)))
        kind = EventKind.ENTERED_RECESS if number % 2 == 0 else EventKind.LEFT_RECESS
        event = TrueEvent.visible(kind, after[0][0], shown, required=sure)
        clear = next((i for i, depth in after if abs(depth) >= _CLEAR_MM), after[-1][0])
        events.append(replace(event, last=max(event.last, clear)))
    return events + _on_wall(known)


def _contacts(truth: Sequence[PhantomFrame], shown: Sequence[bool]) -> list[TrueEvent]:
    """Where the tip comes close to bone; one that never comes closer than the rule's 0.5 mm may be found or not."""
    heights = [_height_above_bone(frame) for frame in truth]
    close = [i for i, height in enumerate(heights) if height is not None and height <= _NEAR_BONE_MM]
    events = []
    for first in (i for i in close if i - 1 not in close):
        last = next((i for i in range(first, len(truth)) if i not in close), len(truth)) - 1
        touching = [i for i in range(first, last + 1) if (heights[i] or 0.0) <= _TOUCH_MM]
        sure = len(touching) >= _LONG_STAY_FRAMES
        if sure:
            events.append(TrueEvent.visible(EventKind.BONE_CONTACT, touching[0], shown))
        else:
            events.append(TrueEvent(EventKind.BONE_CONTACT, first, last, required=False))
    return events


def _height_above_bone(frame: PhantomFrame) -> float | None:
    """Height of the true tip above the bone below it, in mm; None without either."""
    if frame.needle is None:
        return None
    column = int(np.clip(round(frame.needle.tip.x), 0, frame.anatomy.shape[1] - 1))
    bone = np.flatnonzero(frame.anatomy[:, column] == Tissue.BONE)
    return None if bone.size == 0 else float(bone[0] - frame.needle.tip.y) * frame.spacing.row_mm


def _is_clear(stay: list[tuple[int, float]]) -> bool:
    """Whether the tip stays on one side for long, and well off the wall."""
    return len(stay) >= _LONG_STAY_FRAMES and max(abs(depth) for _, depth in stay) >= _CLEAR_MM


def _on_wall(known: list[tuple[int, float]]) -> list[TrueEvent]:
    """Where the tip lies on the wall, it may be found to cross it either way."""
    lying = [i for i, depth in known if abs(depth) <= _ON_WALL_MM]
    starts = [i for i in lying if i - 1 not in lying]
    ends = [i for i in lying if i + 1 not in lying]
    kinds = (EventKind.ENTERED_RECESS, EventKind.LEFT_RECESS)
    return [
        TrueEvent(kind, first, last, required=False)
        for first, last in zip(starts, ends, strict=True)
        if last - first >= _STEADY_FRAMES
        for kind in kinds
    ]


def height_in_recess_mm(frame: PhantomFrame) -> float | None:
    """Signed distance of the true tip to the recess's wall in mm, above zero inside; None without either."""
    mask = frame.anatomy == Tissue.RECESS
    if frame.needle is None or not mask.any():
        return None
    row = int(np.clip(round(frame.needle.tip.y), 0, mask.shape[0] - 1))
    column = int(np.clip(round(frame.needle.tip.x), 0, mask.shape[1] - 1))
    of = mask if mask[row, column] else ~mask
    gap = float(cv2.distanceTransform(of.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[row, column]) - 0.5
    return gap * frame.spacing.row_mm * (1.0 if mask[row, column] else -1.0)
