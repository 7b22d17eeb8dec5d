"""Makes the sample procedures again: ``python -m sample_dicoms.make [FOLDER]``.

Each is a phantom cine with known truth on a screen with neutral furniture; the same seeds give the same files for as
long as phantom, OpenCV and pydicom stay the same.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imaging.geometry import BoxPx, PixelSpacing
from models.phantom import CineScript, PhantomFrame, make_cine, on_screen
from models.phantom.cine_script import CineKind
from sample_dicoms.writing import CineDescription, Region, write_cine

FOLDER = Path(__file__).resolve().parent
FRAMES = 36
RATE_HZ = 9.0

Calibration = Literal["region", "none", "two regions"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: what happens in it, and what its file says about its scale."""

    name: str
    kind: CineKind
    seed: int
    calibration: Calibration = "region"
    inject: bool = True


SAMPLES = (
    Sample("correct_placement", "in_recess", 19),
    Sample("miss_prefemoral_fat", "prefemoral_fat", 3),
    Sample("dry_thin_recess", "dry_thin", 1, inject=False),
    Sample("no_needle", "no_needle", 3),
    Sample("uncalibrated", "in_recess", 11, "none"),
    Sample("two_regions", "in_recess", 16, "two regions"),
)


def make(sample: Sample, folder: Path) -> dict[str, object]:
    """Write one sample; its truth as kept in ``truth.json``."""
    script = CineScript(sample.kind, frames=FRAMES, rate_hz=RATE_HZ, inject=sample.inject)
    cine = list(make_cine(sample.seed, script))
    screens = [on_screen(frame, sample.seed) for frame in cine]
    first = screens[0]
    regions = _regions(sample, first.bmode, first.spacing)
    description = CineDescription(sample.name, 1000.0 / RATE_HZ, regions)
    write_cine(folder / f"{sample.name}.dcm", (screen.pixels for screen in screens), description)
    return {"kind": sample.kind, "calibration": sample.calibration, **_truth(cine, screens[0].spacing.row_mm)}


def _regions(sample: Sample, box: BoxPx, spacing: PixelSpacing) -> tuple[Region, ...]:
    whole = Region(box, spacing.row_mm)
    if sample.calibration == "none":
        return ()
    if sample.calibration == "region":
        return (whole,)
    middle = (box.x0 + box.x1) // 2
    left, right = BoxPx(box.x0, box.y0, middle, box.y1), BoxPx(middle, box.y0, box.x1, box.y1)
    return (Region(left, spacing.row_mm), Region(right, 1.5 * spacing.row_mm))


def _truth(cine: list[PhantomFrame], spacing_mm: float) -> dict[str, object]:
    """What is known about the cine as a whole."""
    shown = [frame for frame in cine if frame.needle is not None]
    return {
        "spacing_mm": round(spacing_mm, 5),
        "needle_frames": len(shown),
        "greatest_recess_thickness_mm": round(max(frame.recess_thickness_mm for frame in cine), 2),
    }


def main() -> None:
    """Write every sample and ``truth.json``."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    truth = {sample.name: make(sample, folder) for sample in SAMPLES}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
