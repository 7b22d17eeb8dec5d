"""The network and the rules of one process: loaded, warmed up, asked."""

import time
from dataclasses import dataclass

import numpy as np

from imaging.analysis import Analysis, analyse
from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing, SpacingSource
from imaging.overlay import Drawing, draw
from imaging.rules import ScoringRules
from imaging.segmentation import Segmenter


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers: safe to ask from several threads."""

    segmenter: Segmenter
    rules: ScoringRules

    def analyse(self, frame: Frame) -> Analysis:
        """Answer for one frame."""
        return analyse(frame, self.segmenter, self.rules)

    def draw(self, analysis: Analysis) -> Drawing:
        """Overlay of an answer of this engine."""
        return draw(analysis, rules=self.rules)

    def warm_up(self) -> float:
        """Answer a made-up frame, so that no caller pays for first-time allocations; gives its milliseconds."""
        start = time.perf_counter()
        pixels = np.random.default_rng(0).integers(0, 255, (480, 640), dtype=np.uint8)
        spacing = PixelSpacing(0.1, 0.1, SpacingSource.CALLER)
        self.analyse(Frame(pixels, spacing, BoxPx(0, 0, 640, 480)))
        return (time.perf_counter() - start) * 1e3


class EngineSlot:
    """The engine in use, which may be exchanged while others are at work with the one before.

    Whoever needs an engine takes `current` once and finishes with it: one answer, or one procedure, never mixes two.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def current(self) -> Engine:
        """The engine that new work takes."""
        return self._engine

    def exchange(self, engine: Engine) -> Engine:
        """Use another engine from now on; gives the one before, which goes when its last user has."""
        before, self._engine = self._engine, engine
        return before
