"""Makes the set: ``python -m models.wave_phantom.make --out DIR --frames N --seed S``.

A labelled folder (design.md §8) that ``sonoplace evaluate`` reads. Frames that are already there are kept, so that a
run that was stopped goes on where it ended; the same seed gives the same bytes.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
from rich.progress import track

from models.wave_phantom.frame import RECESS, Effort, WaveFrame, make_frame, shaft_contrast


def make_set(folder: Path, frames: int, seed: int, effort: Effort | None = None) -> int:
    """Write frames 0 to `frames` - 1 of this seed that are not in the folder yet; how many were written.

    Raises
    ------
    MissingExtra
        Without the optional part `wave`.
    """
    cv2.setNumThreads(1)  # the work is one frame after the other
    folder.mkdir(parents=True, exist_ok=True)
    missing = [index for index in range(frames) if not _path(folder, seed, index).exists()]
    for index in track(missing, description="wave phantom", disable=len(missing) < 2):
        write_frame(make_frame(seed, index, effort), _path(folder, seed, index))
    return len(missing)


def _path(folder: Path, seed: int, index: int) -> Path:
    return folder / f"wave_{seed}_{index:04d}.json"


def write_frame(frame: WaveFrame, path: Path) -> None:
    """Write ``<name>.png``, ``<name>.labels.png`` and, last, ``<name>.json``."""
    cv2.imwrite(str(path.with_suffix(".png")), frame.pixels)
    cv2.imwrite(str(path.with_name(f"{path.stem}.labels.png")), frame.labels)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(_said(frame), indent=1), encoding="utf-8")
    unfinished.replace(path)


def _said(frame: WaveFrame) -> dict[str, Any]:
    """What the JSON says; keys beyond the format's own tell strata apart."""
    needle = frame.needle
    return {
        "view": f"suprapatellar {frame.knee.view}, wave phantom",
        "source": "models.wave_phantom (PyMUST)",
        "licence": "Apache-2.0",
        "annotator": "exact, from the phantom's geometry; 255 = recess in the shadow of bone",
        "spacing_mm": [frame.spacing_mm, frame.spacing_mm],
        "spacing_source": "exact",
        "bmode_xyxy": list(frame.bmode.xyxy()),
        "recess": "present" if (frame.labels == RECESS).any() else "absent",
        "recess_thickness_mm": frame.knee.recess_thickness_mm,
        "needle": None
        if needle is None
        else {
            "tip_xy": frame.tip_xy,
            "shaft_xy": frame.shaft_xy,
            "angle_deg": needle.angle_deg,
            "gauge": needle.gauge,
            "shaft_contrast_grey": shaft_contrast(frame),
            "tissue_at_tip": needle.tissue.name.lower(),
        },
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    make_set(asked.out, asked.frames, asked.seed)


if __name__ == "__main__":
    main()
