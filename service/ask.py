"""One frame asked and answered inside a worker thread: decode, analyse, and put the answer into bytes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from imaging.analysis import Analysis
from imaging.frame import Frame
from imaging.overlay import to_svg
from imaging.painting import paint
from imaging.raster import encode_png
from service.answer import frame_json
from service.engine import Engine

JSON = "application/json"
PNG = "image/png"
SVG = "image/svg+xml"
OFFERED = (JSON, PNG, SVG)
"""Media types of an answer, the default first."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to one frame, ready to be sent."""

    content: bytes
    media_type: str
    verdict: str
    timing_ms: dict[str, float]


def reply_to(decode: Callable[[], Frame], engine: Engine, media_type: str, submitted: float) -> Reply:
    """Answer a frame.

    Parameters
    ----------
    submitted
        When the request was handed to the executor, on `time.perf_counter`: the wait for a thread is a stage, too.
    """
    started = time.perf_counter()
    frame = decode()
    decoded = time.perf_counter()
    analysis = engine.analyse(frame)
    timing_ms = stage_times(submitted, started, decoded, analysis)
    begun = time.perf_counter()
    content = rendered(analysis, frame, engine, media_type, timing_ms)
    last = {"json" if media_type == JSON else "overlay": (time.perf_counter() - begun) * 1e3}
    return Reply(content, media_type, analysis.placement.verdict.value, timing_ms | last)


def stage_times(submitted: float, started: float, decoded: float, analysis: Analysis) -> dict[str, float]:
    """Milliseconds per stage of a frame whose answer is ready now, the wait for a thread first and the total last."""
    return {
        "queue": (started - submitted) * 1e3,
        "decode": (decoded - started) * 1e3,
        **analysis.timing_ms,
        "total": (time.perf_counter() - submitted) * 1e3,
    }


def rendered(analysis: Analysis, frame: Frame, engine: Engine, media_type: str, timing_ms: dict[str, float]) -> bytes:
    """Answer in the form asked for: numbers, picture with overlay, or overlay alone."""
    if media_type == JSON:
        return frame_json(analysis, timing_ms)
    drawing = engine.draw(analysis)
    return to_svg(drawing).encode() if media_type == SVG else encode_png(paint(drawing, frame.pixels))


def server_timing(timing_ms: dict[str, float]) -> str:
    """Value of the ``Server-Timing`` header."""
    return ", ".join(f"{stage.replace(' ', '-')};dur={value:.3f}" for stage, value in timing_ms.items())
