"""How well the needle is followed in phantom cines whose motion and events are known.

``python -m benchmarks.tracking_report --cines 100`` reads the frames from their truth with stated errors (0.5 mm of
noise per axis, 5 % outliers of 10 mm, dropouts of 1 to 8 frames), which judges the tracking alone; ``--model FOLDER``
reads them with a network instead, which judges both. ``--json FILE`` keeps the figures; ``--keep FOLDER`` keeps what
was seen of each cine, so that a report that was cut off goes on, and shares it with the procedure report.

An event counts as found within 3 frames of the truth. Where the tip was not shown at that time, the frames up to the
next sight of it count as the same time. Events at the threshold of their kind (a withdrawal of 9 mm, a tip that lies
on the wall) may be found or not. Errors are those of frames that show a tip; a prediction over a gap has no
single-frame error to stand beside. The rules were set on seeds 40000 to 40095 and on simulated
sequences.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import cv2
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from benchmarks.phantom_cines import kept
from benchmarks.phantom_observer import Errors
from benchmarks.tracking_scoring import Score
from imaging.onnx_model import load_model
from imaging.tracking.follow import track
from imaging.tracking.observation import Observation
from imaging.tracking.track_state import Track

GOALS = {"ratio": 0.7, "lag": 1.0, "events": 0.9}


def followed(observations: list[Observation]) -> Iterator[Track]:
    """Track after each observation."""
    state = Track.start()
    for observation in observations:
        state = track(state, observation)
        yield state


def show(summary: dict[str, object], console: Console) -> None:
    """Print the figures."""
    figures = cast("dict[str, dict[str, float]]", summary)
    table = Table("tip error, mm", "mean", "median", "rms", "p95")
    for name in ("raw_mm", "smoothed_mm", "ratio", "ratio_without_outliers"):
        table.add_row(name, *(f"{figures[name][key]:.2f}" for key in ("mean", "median", "rms", "p95")))
    console.print(table)
    console.print(f"lag in frames: {figures['lag_frames']}; frames: {summary['frames']}")
    events = Table("event", "truth", "found", "precision", "recall")
    for kind, counts in cast("dict[str, dict[str, float | None]]", summary["events"]).items():
        shares = ["-" if counts[key] is None else f"{counts[key]:.2f}" for key in ("precision", "recall")]
        events.add_row(kind, str(counts["truth"]), str(counts["found"]), *shares)
    console.print(events)


def main() -> None:
    """Run the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cines", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--model", type=Path, help="folder of a network; without it frames are read from their truth")
    parser.add_argument("--keep", type=Path, help="folder in which what was seen of each cine is kept")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    network = load_model(asked.model) if asked.model else None
    score = Score()
    for seed in progress(
        range(asked.first_seed, asked.first_seed + asked.cines), "cines", console=Console(file=sys.stderr)
    ):
        watched = kept(seed, network, Errors(), asked.keep)
        score.add(watched.observations, list(followed(watched.observations)), watched.tips_mm, watched.truth)
    summary = {
        "cines": asked.cines,
        "first_seed": asked.first_seed,
        "reader": "network" if network else "truth with errors",
        **score.summary(),
    }
    show(summary, Console())
    if asked.json:
        asked.json.write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main()
