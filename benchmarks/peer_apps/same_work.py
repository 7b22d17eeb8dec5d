"""From a JPEG's bytes to an answer's bytes, by the functions that our own service calls."""

import os
import time
from collections.abc import Callable

from benchmarks.inputs import MODEL
from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing, SpacingSource
from imaging.onnx_model import load_model
from imaging.raster import decode_grey
from imaging.rules import ScoringRules
from service.ask import JSON, reply_to
from service.engine import Engine

SPACING_MM, BMODE_PX = "SONOPLACE_PEER_SPACING_MM", "SONOPLACE_PEER_BMODE_PX"
"""Environment variables that say about the frame what our own requests say in their query."""


def workers() -> int:
    """As many as our own service takes."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def same_work() -> Callable[[bytes], bytes]:
    """The work with its model loaded and warm."""
    engine = Engine(load_model(MODEL), ScoringRules())
    engine.warm_up()
    row, column = map(float, os.environ[SPACING_MM].split(","))
    spacing = PixelSpacing(row, column, SpacingSource.CALLER)
    box = BoxPx(*map(int, os.environ[BMODE_PX].split(",")))

    def answer(jpeg: bytes) -> bytes:
        return reply_to(lambda: Frame(decode_grey(jpeg), spacing, box), engine, JSON, time.perf_counter()).content

    return answer
