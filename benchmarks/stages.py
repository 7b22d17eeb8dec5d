"""What one frame costs, stage by stage, beside the bare network run on the same pixels.

``python -m benchmarks.stages`` prints the table; ``--json FILE`` keeps it; ``--gate`` fails if a stage's processor
time, as a ratio to the bare network run, grew by more than 30 % over ``baseline.json``; ``--baseline`` writes that
file.

Stages are timed interleaved, one after the other in every round, so that a machine that slows down slows all of them;
medians of processor time make the ratios repeatable where wall time is not.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import onnxruntime
import orjson
from rich.console import Console
from rich.table import Table

from imaging.analysis import Analysis, analyse
from imaging.bmode import find_bmode
from imaging.frame import Frame, GreyPixels
from imaging.geometry import PixelSpacing, SpacingSource
from imaging.measurement import measure_needle, measure_recess
from imaging.onnx_model import OnnxSegmenter, load_model
from imaging.overlay import draw, to_svg
from imaging.painting import paint
from imaging.placement import place
from imaging.raster import decode_grey, encode_jpeg, encode_png
from imaging.rules import ScoringRules
from imaging.segmentation import Segmentation
from models.phantom import make_frame, on_screen
from service.answer import frame_answer

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "models" / "suprapatellar"
BASELINE = ROOT / "benchmarks" / "baseline.json"
_SEED = 20
FLOOR = "bare session.run"
ALLOWED_GROWTH = 1.30
PERCENTILES = (50, 95, 99)

Stage = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one stage: wall time at percentiles, and median processor time."""

    wall_ms: dict[str, float]
    cpu_ms: float


@dataclass(frozen=True, eq=False)
class Input:
    """One synthetic frame: on the network's grid, as a 640 x 480 JPEG of a screen, and decoded."""

    grey: GreyPixels
    jpeg: bytes
    frame: Frame


def synthetic_input() -> Input:
    """Frame with a needle, on the first seed's screen that is 640 x 480."""
    phantom = make_frame(_SEED)
    screen = next(screen for screen in map(partial(on_screen, phantom), count()) if screen.pixels.shape == (480, 640))
    jpeg = encode_jpeg(screen.pixels)
    spacing = PixelSpacing(screen.spacing.row_mm, screen.spacing.column_mm, SpacingSource.CALLER)
    return Input(phantom.pixels, jpeg, Frame(decode_grey(jpeg), spacing, screen.bmode))


def bare_run(grey: GreyPixels) -> Stage:
    """Nothing but ONNX Runtime on pixels that lie ready: the floor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(MODEL / "model.onnx", options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"grey": grey[None, None]})


def stages(segmenter: OnnxSegmenter, given: Input) -> dict[str, Stage]:
    """Each stage as a call without arguments; inputs are made beforehand."""
    rules, frame = ScoringRules(), given.frame
    seen = segmenter.segment(frame)
    found = (measure_recess(frame, seen, rules), measure_needle(frame, seen, rules))
    answer = analyse(frame, segmenter, rules)
    return {
        FLOOR: bare_run(given.grey),
        "decode": lambda: decode_grey(given.jpeg),
        "find B-mode": lambda: find_bmode(frame.pixels),
        "segment": lambda: segmenter.segment(frame),
        "measurement": lambda: _measure(frame, seen, rules),
        "placement": lambda: place(frame, seen, found, rules, segmenter.identity.calibration),
        "analyse": lambda: analyse(_fresh(frame), segmenter, rules),
        "JSON": lambda: orjson.dumps(frame_answer(answer, answer.timing_ms), option=orjson.OPT_SERIALIZE_NUMPY),
        "overlay SVG": lambda: to_svg(draw(answer)),
        "overlay PNG": lambda: _overlay_png(answer, frame),
    }


def _measure(frame: Frame, seen: Segmentation, rules: ScoringRules) -> object:
    return measure_recess(frame, seen, rules), measure_needle(frame, seen, rules)


def _fresh(frame: Frame) -> Frame:
    """Same frame without what earlier rounds cached on it."""
    return Frame(frame.pixels, frame.spacing, frame.bmode)


def _overlay_png(answer: Analysis, frame: Frame) -> bytes:
    return encode_png(paint(draw(answer), frame.pixels))


def measure(calls: dict[str, Stage], rounds: int) -> dict[str, Timing]:
    """Time every stage in every round."""
    wall: dict[str, list[float]] = {name: [] for name in calls}
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            call()
            cpu[name].append((time.process_time() - cpu_start) * 1e3)
            wall[name].append((time.perf_counter() - wall_start) * 1e3)
    return {name: _timing(wall[name], cpu[name]) for name in calls}


def _timing(wall: list[float], cpu: list[float]) -> Timing:
    percentiles = {f"p{p}": round(float(np.percentile(wall, p)), 3) for p in PERCENTILES}
    return Timing(percentiles, statistics.median(cpu))


def report(timings: dict[str, Timing]) -> dict[str, dict[str, float]]:
    """Figures as they are printed and kept."""
    floor_wall, floor_cpu = timings[FLOOR].wall_ms["p50"], timings[FLOOR].cpu_ms
    return {
        name: {
            **timing.wall_ms,
            "cpu": round(timing.cpu_ms, 3),
            "p50 / floor": round(timing.wall_ms["p50"] / floor_wall, 3),
            "cpu / floor": round(timing.cpu_ms / floor_cpu, 3),
        }
        for name, timing in timings.items()
    }


def show(figures: dict[str, dict[str, float]]) -> None:
    """Print the table."""
    table = Table(title="One 640 x 480 frame, milliseconds")
    table.add_column("stage")
    for column in figures[FLOOR]:
        table.add_column(column, justify="right")
    for name, row in figures.items():
        table.add_row(name, *(f"{value:.2f}" for value in row.values()))
    Console().print(table)


def grown(figures: dict[str, dict[str, float]], baseline: dict[str, float]) -> list[str]:
    """Stages whose ratio to the floor grew beyond what is allowed; tiny ones are let off 2 % of the floor."""
    return [
        f"{name}: {figures[name]['cpu / floor']:.3f} of the bare run, was {before:.3f}"
        for name, before in baseline.items()
        if figures[name]["cpu / floor"] > before * ALLOWED_GROWTH + 0.02
    ]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--baseline", action="store_true")
    options = parser.parse_args()
    figures = report(measure(stages(load_model(MODEL), synthetic_input()), options.rounds))
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if options.baseline:
        ratios = {name: row["cpu / floor"] for name, row in figures.items()}
        BASELINE.write_text(json.dumps(ratios, indent=1) + "\n", encoding="utf-8")
    faults = grown(figures, json.loads(BASELINE.read_text(encoding="utf-8"))) if options.gate else []
    for fault in faults:
        print(f"slower: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
