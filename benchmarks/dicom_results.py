"""Time and size of the DICOM results of a cine: ``python -m benchmarks.dicom_results [FILE] [--json FILE]``.

The cine's frames (a sample procedure's unless a file is given, repeated until there are enough) are judged once; then
each object is built ``--rounds`` times and its processor time taken, from the answers to the bytes of the file. The
secondary capture's time is that of painting, JPEG and file. Goals: SEG and SC within 1.5 s, SR within 0.1 s.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import cv2
from rich.console import Console
from rich.table import Table

from imaging.analysis import analyse
from imaging.dicom import read_dicom
from imaging.frame import Frame
from imaging.onnx_model import load_model
from imaging.procedure import assess_procedure, observed
from imaging.results.author import Author
from imaging.results.capture import build_sc, captured
from imaging.results.judged import JudgedFrame
from imaging.results.presentation import build_ps
from imaging.results.seg import SegmentationType, SegOptions, build_seg
from imaging.results.source import SourceImage, read_source
from imaging.results.sr import build_sr
from imaging.rules import ScoringRules
from service.answer import code_version
from service.settings import Settings

GOALS_S = {"SEG": 1.5, "SR": 0.1, "SC": 1.5}
_SAMPLE = Path(__file__).resolve().parents[1] / "sample_dicoms" / "correct_placement.dcm"
Build = Callable[[], bytes]


def main() -> int:
    """Measure, show, and keep the figures if asked; 1 if a goal is missed."""
    asked = _arguments()
    cv2.setNumThreads(1)
    builds = _builds(asked.file, asked.frames)
    figures = {name: _measured(build, asked.rounds) for name, build in builds.items()}
    _show(figures, f"{asked.file.name}, {asked.frames} frames")
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=2))
    return 1 if any(figures[name]["cpu_s"] > goal for name, goal in GOALS_S.items()) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", default=_SAMPLE)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _builds(path: Path, count: int) -> dict[str, Build]:
    """Every object of the cine, as what makes its file."""
    segmenter, rules = load_model(Settings().model_dir), ScoringRules()
    frames = [replace(frame, index=i) for i, frame in enumerate(islice(cycle(list(read_dicom(path).frames())), count))]
    answers = [analyse(frame, segmenter, rules) for frame in frames]
    judged = [JudgedFrame.of(answer, rules=rules) for answer in answers]
    seen = [observed(frame, answer, None, None) for frame, answer in zip(frames, answers, strict=True)]
    assessed = assess_procedure(seen)
    source, author = _source(path, count), Author(code_version(), segmenter.identity, rules.sha256)
    labels, size = SegOptions(kind=SegmentationType.LABELMAP), (frames[0].width, frames[0].height)
    return {
        "masks": lambda: b"".join(b"".join(JudgedFrame.of(answer, rules=rules).bits.values()) for answer in answers),
        "SEG": lambda: build_seg(source, judged, author).content,
        "SEG, label map": lambda: build_seg(source, judged, author, labels).content,
        "SR": lambda: build_sr(source, judged, assessed, author).content,
        "SC": lambda: build_sc(source, size, _pictures(frames, judged), author).content,
        "PS": lambda: build_ps(source, judged, author).content,
    }


def _source(path: Path, count: int) -> SourceImage:
    header = read_source(path).header
    header.NumberOfFrames = count
    return SourceImage(header)


def _pictures(frames: list[Frame], judged: list[JudgedFrame]) -> list[bytes]:
    return [captured(frame.pixels, answer.drawing) for frame, answer in zip(frames, judged, strict=True)]


def _measured(build: Build, rounds: int) -> dict[str, float]:
    """The first round apart: it pays for what is loaded on first use."""
    times: list[float] = []
    content = b""
    for _ in range(rounds + 1):
        start = time.process_time()
        content = build()
        times.append(time.process_time() - start)
    return {"cpu_s": statistics.median(times[1:]), "first_s": times[0], "bytes": len(content)}


def _show(figures: dict[str, dict[str, float]], title: str) -> None:
    table = Table("object", "cpu s", "first time", "MB", "goal s", title=title, box=None)
    for name, figure in figures.items():
        goal = GOALS_S.get(name)
        times = (f"{figure['cpu_s']:.3f}", f"{figure['first_s']:.3f}")
        table.add_row(name, *times, f"{figure['bytes'] / 1e6:.2f}", "" if goal is None else f"{goal:g}")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
