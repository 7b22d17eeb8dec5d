"""A made-up archive of phantom procedures whose outcome is known: ``python -m benchmarks.archive FOLDER``.

Each procedure is a short cine from one of four sites, by one of twelve operators, on one of five scanners, over two
years; operators differ in how often they miss, and some get better. Some files have no calibration, some are broken
or no ultrasound at all. ``truth.csv`` beside the folder says what each file is; it follows from the seed alone.

Stop it at any time: the same command goes on with what is missing, and the same arguments give the same files for as
long as phantom, OpenCV and pydicom stay the same. About 1.5 s of one core per procedure.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from pydicom import dcmread
from rich.console import Console
from rich.progress import track

from models.phantom import CineScript, make_cine, on_screen
from models.phantom.cine_script import CineKind
from sample_dicoms.writing import CineDescription, Region, write_cine

SEED = 730_000
FIRST_DAY, DAYS = date(2024, 1, 1), 730
RATE_HZ = 9.0
SITES = ("Northgate", "Harbour", "Millfield", "Eastwood")
SCANNERS = ("Wavecrest 7", "Wavecrest 9", "Echolite S", "Echolite M", "Tarn 200")
OPERATORS = 12
MISSES: tuple[CineKind, ...] = ("prefemoral_fat", "suprapatellar_fat", "through_recess", "short")
Fault = Literal["none", "uncalibrated", "truncated", "garbage", "other modality", "text"]
FAULTS: tuple[tuple[Fault, float], ...] = (
    ("uncalibrated", 0.04), ("truncated", 0.01), ("garbage", 0.01), ("other modality", 0.01), ("text", 0.01)
)  # fmt: skip
OUTCOMES: dict[CineKind, str] = {
    "in_recess": "inside", "dry_thin": "too_thin", "no_needle": "no_needle",
    **dict.fromkeys(MISSES, "outside"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """One file of the archive and what is true of it."""

    path: str
    seed: int
    kind: CineKind
    outcome: str
    injected: bool
    fault: Fault
    day: date
    site: str
    operator: str
    scanner: str

    @property
    def name(self) -> str:
        """Name that its UIDs are made from."""
        return f"archive-{self.seed}"


def plan(count: int, seed: int = SEED) -> Iterator[Planned]:
    """Every file of an archive of this size, one by one."""
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        operator = int(rng.integers(OPERATORS))
        day = FIRST_DAY + timedelta(days=int(index * DAYS / count))
        kind = _kind(rng, operator, index / count)
        site = SITES[operator % len(SITES)]
        fault = _fault(rng)
        suffix = ".txt" if fault == "text" else ".dcm"
        yield Planned(
            path=f"{site.lower()}/{day:%Y-%m}/{index:05d}{suffix}",
            seed=seed + index,
            kind=kind,
            outcome=OUTCOMES[kind],
            injected=bool(rng.uniform() < 0.85),
            fault=fault,
            day=day,
            site=site,
            operator=f"Operator {operator:02d}",
            scanner=str(rng.choice(SCANNERS)),
        )


def _kind(rng: np.random.Generator, operator: int, progress: float) -> CineKind:
    """Operators miss 4 to 26 times in a hundred; every third begins at twice that and ends at half."""
    rate = 0.04 + 0.02 * operator
    if operator % 3 == 0:
        rate *= 2.0 - 1.5 * progress
    if rng.uniform() < rate:
        return MISSES[int(rng.integers(len(MISSES)))]
    others: tuple[CineKind, ...] = ("in_recess", "dry_thin", "no_needle")
    return others[int(rng.choice(3, p=[0.84, 0.09, 0.07]))]


def _fault(rng: np.random.Generator) -> Fault:
    drawn = rng.uniform()
    for fault, share in FAULTS:
        drawn -= share
        if drawn < 0:
            return fault
    return "none"


def write(planned: Planned, folder: Path, frames: int) -> bool:
    """Write a file of the archive; False if it is there."""
    target = folder / planned.path
    if target.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    if planned.fault == "text":
        part.write_text("not a picture\n", encoding="utf-8")
    elif planned.fault == "garbage":
        part.write_bytes(np.random.default_rng(planned.seed).bytes(4096))
    else:
        _write_cine(planned, part, frames)
    if planned.fault == "truncated":
        part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
    part.replace(target)
    return True


def _write_cine(planned: Planned, path: Path, frames: int) -> None:
    script = CineScript(planned.kind, frames=frames, rate_hz=RATE_HZ, inject=planned.injected)
    screens = (on_screen(frame, planned.seed) for frame in make_cine(planned.seed, script))
    first = next(screens)
    pictures = [first.pixels, *(screen.pixels for screen in screens)]
    regions = () if planned.fault == "uncalibrated" else (Region(first.bmode, first.spacing.row_mm),)
    write_cine(path, pictures, CineDescription(planned.name, 1000.0 / RATE_HZ, regions))
    _describe(planned, path)


def _describe(planned: Planned, path: Path) -> None:
    dataset = dcmread(path)
    dataset.StudyDate = f"{planned.day:%Y%m%d}"
    dataset.StudyDescription = "Synthetic knee injection"
    dataset.InstitutionName = planned.site
    dataset.PerformingPhysicianName = planned.operator
    dataset.ManufacturerModelName = planned.scanner
    if planned.fault == "other modality":
        dataset.Modality = "CT"
    dataset.save_as(path, enforce_file_format=True)


def write_truth(folder: Path, archive: list[Planned]) -> Path:
    """Write what is true of every file beside the folder, where an audit does not find it."""
    target = folder.with_name(f"{folder.name}.truth.csv")
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Planned)])
        writer.writeheader()
        writer.writerows(asdict(planned) for planned in archive)
    return target


def main() -> int:
    """Write the archive and its truth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=312, help="procedures")
    parser.add_argument("--frames", type=int, default=28, help="frames of each cine, 24 or more")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    given = parser.parse_args()
    archive = list(plan(given.count))
    folder: Path = given.folder.resolve()
    with ProcessPoolExecutor(given.workers, initializer=_modest) as pool:
        made = pool.map(partial(write, folder=folder, frames=given.frames), archive)
        console = Console(stderr=True)
        written = sum(track(made, "procedures", len(archive), console=console, disable=not console.is_terminal))
    truth = write_truth(folder, archive)
    print(f"{written} of {len(archive)} files written to {folder}; truth in {truth}")
    return 0


def _modest() -> None:
    """Leave the machine to others."""
    if hasattr(os, "nice"):
        os.nice(10)
    cv2.setNumThreads(1)


if __name__ == "__main__":
    sys.exit(main())
