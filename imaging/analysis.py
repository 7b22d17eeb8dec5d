"""One frame in, one answer out: the only place that calls network, measurement and judgement in order."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing
from imaging.measurement import Needle, Recess, measure_needle, measure_recess
from imaging.placement import Placement, place
from imaging.rules import ScoringRules
from imaging.segmentation import ModelIdentity, Segmentation, Segmenter, ViewScores


@dataclass(frozen=True, eq=False)
class Analysis:
    """Everything said about one frame, and what it rests on.

    Parameters
    ----------
    frame_index, width, height, pixels_sha256, captured_at_ns, bmode, spacing
        Identity and calibration of the frame.
    view, recess, needle, placement
        What was found and judged.
    segmentation
        The network's maps, for pictures and label maps.
    timing_ms
        Milliseconds per stage, in order.
    model, rules_sha256
        Which network and which rules answered.
    """

    frame_index: int
    width: int
    height: int
    pixels_sha256: str
    captured_at_ns: int | None
    bmode: BoxPx
    spacing: PixelSpacing | None
    view: ViewScores
    recess: Recess
    needle: Needle
    placement: Placement
    segmentation: Segmentation
    timing_ms: Mapping[str, float]
    model: ModelIdentity
    rules_sha256: str


def analyse(frame: Frame, segmenter: Segmenter, rules: ScoringRules | None = None) -> Analysis:
    """Find recess and needle in a frame and judge the placement of the tip.

    Without calibration the answer carries pixel geometry and the reason ``NOT_CALIBRATED``, no verdict.
    """
    rules = rules or ScoringRules()
    stages: dict[str, float] = {}
    segmentation = segmenter.segment(frame)
    stages.update(segmentation.stage_ms)
    with _timed(stages, "measurement"):
        found = (measure_recess(frame, segmentation, rules), measure_needle(frame, segmentation, rules))
    with _timed(stages, "placement"):
        placement = place(frame, segmentation, found, rules, segmenter.identity.calibration)
    with _timed(stages, "identity"):
        pixels_sha256, rules_sha256 = frame.pixels_sha256, rules.sha256
    return Analysis(
        frame_index=frame.index,
        width=frame.width,
        height=frame.height,
        pixels_sha256=pixels_sha256,
        captured_at_ns=frame.captured_at_ns,
        bmode=frame.bmode,
        spacing=frame.spacing,
        view=segmentation.view,
        recess=found[0],
        needle=found[1],
        placement=placement,
        segmentation=segmentation,
        timing_ms=stages,
        model=segmenter.identity,
        rules_sha256=rules_sha256,
    )


@contextmanager
def _timed(stages: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    stages[name] = (time.perf_counter() - start) * 1e3
