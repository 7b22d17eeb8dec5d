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
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from rich.console import Console
from rich.table import Table

from benchmarks.distribution import Distribution
from benchmarks.inputs import MODEL, Input, synthetic_input
from imaging.analysis import Analysis, analyse
from imaging.bmode import find_bmode
from imaging.frame import Frame, GreyPixels
from imaging.measurement import measure_needle, measure_recess
from imaging.onnx_model import OnnxSegmenter, load_model
from imaging.overlay import draw, to_svg
from imaging.painting import paint
from imaging.placement import place
from imaging.raster import decode_grey, encode_png
from imaging.rules import ScoringRules
from imaging.segmentation import Segmentation
from service.answer import frame_json
from service.ask import JSON, reply_to
from service.engine import Engine

BASELINE = Path(__file__).with_name("baseline.json")
FLOOR = "bare session.run"
IN_PROCESS = "in process: JPEG to JSON"
ALLOWED_GROWTH = 1.30

Stage = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Wall time of one stage, and the median of its processor time where that can be told apart."""

    wall: Distribution
    cpu_ms: float | None


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
    copied = np.empty_like(frame.pixels)
    return {
        FLOOR: bare_run(given.grey),
        "memory copy": lambda: np.copyto(copied, frame.pixels),
        "decode": lambda: decode_grey(given.jpeg),
        "find B-mode": lambda: find_bmode(frame.pixels),
        "segment": lambda: segmenter.segment(frame),
        "measurement": lambda: _measure(frame, seen, rules),
        "placement": lambda: place(frame, seen, found, rules, segmenter.identity.calibration),
        "analyse": lambda: analyse(_fresh(frame), segmenter, rules),
        "JSON": lambda: frame_json(answer, answer.timing_ms),
        "overlay SVG": lambda: to_svg(draw(answer)),
        "overlay PNG": lambda: _overlay_png(answer, frame),
        IN_PROCESS: lambda: _whole(given, Engine(segmenter, rules)),
    }


def _measure(frame: Frame, seen: Segmentation, rules: ScoringRules) -> object:
    return measure_recess(frame, seen, rules), measure_needle(frame, seen, rules)


def _fresh(frame: Frame) -> Frame:
    """Same frame without what earlier rounds cached on it."""
    return Frame(frame.pixels, frame.spacing, frame.bmode)


def _overlay_png(answer: Analysis, frame: Frame) -> bytes:
    return encode_png(paint(draw(answer), frame.pixels))


def _whole(given: Input, engine: Engine) -> object:
    """What a request costs without its connection."""
    frame = given.frame
    return reply_to(
        lambda: Frame(decode_grey(given.jpeg), frame.spacing, frame.bmode), engine, JSON, time.perf_counter()
    )


def measure(calls: dict[str, Stage], rounds: int) -> dict[str, Timing]:
    """Time every stage in every round; what an analysis says of its own stages is taken in, too."""
    wall, cpu = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            made = call()
            cpu[name].append((time.process_time() - cpu_start) * 1e3)
            wall[name].append((time.perf_counter() - wall_start) * 1e3)
            if isinstance(made, Analysis):
                for part, spent_ms in made.timing_ms.items():
                    wall[f"{name}: {part}"].append(spent_ms)
    return {
        name: Timing(Distribution.of(values), statistics.median(cpu[name]) if name in cpu else None)
        for name, values in wall.items()
    }


Figures = dict[str, dict[str, float]]


def report(timings: dict[str, Timing]) -> Figures:
    """Figures as they are printed and kept."""
    floor_wall, floor_cpu = timings[FLOOR].wall.at("p50"), timings[FLOOR].cpu_ms or 0.0
    figures: Figures = {}
    for name, timing in timings.items():
        row = timing.wall.figures() | {"p50 / floor": round(timing.wall.at("p50") / floor_wall, 3)}
        if timing.cpu_ms is not None:
            row |= {"cpu": round(timing.cpu_ms, 3), "cpu / floor": round(timing.cpu_ms / floor_cpu, 3)}
        figures[name] = row
    return figures


def show(figures: Figures) -> None:
    """Print the table."""
    table = Table(title="One 640 x 480 frame, milliseconds")
    table.add_column("stage", no_wrap=True)
    columns = [column for column in figures[FLOOR] if column != "count"]
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for name, row in figures.items():
        table.add_row(name, *(f"{row[column]:.2f}" if column in row else "" for column in columns))
    Console().print(table)


def grown(figures: Figures, baseline: dict[str, float]) -> list[str]:
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
        ratios = {name: row["cpu / floor"] for name, row in figures.items() if "cpu / floor" in row}
        BASELINE.write_text(json.dumps(ratios, indent=1) + "\n", encoding="utf-8")
    faults = grown(figures, json.loads(BASELINE.read_text(encoding="utf-8"))) if options.gate else []
    for fault in faults:
        print(f"slower: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
