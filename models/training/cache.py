"""Phantom frames made once and kept as plain arrays that training maps into memory.

Run as ``python -m models.training.cache --out DIR --frames N --first-seed S``; a second run goes on where the first one
stopped, and a training run may read a cache while it grows.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from imaging.geometry import PointPx
from imaging.segmentation import Tissue
from models.phantom import GridSpec, PhantomFrame, Physics, make_frame
from models.training.sample import HIDDEN_RECESS, NEEDLE_BIT, SIDE, UNKNOWN_TISSUE, Sample

ROW = np.dtype(
    [
        ("done", "u1"),
        ("seed", "<i8"),
        ("suprapatellar", "<f4"),
        ("quality", "<f4"),
        ("needle", "<f4"),
        ("tip_visible", "<f4"),
        ("tip_x", "<f4"),
        ("tip_y", "<f4"),
    ]
)
SPACING_MM = 0.2
FrameMaker = Callable[[int], PhantomFrame]


class PhantomCache:
    """Folder with ``pixels.u8``, ``truth.u8``, ``rows.bin`` and ``cache.json``."""

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        head = json.loads((folder / "cache.json").read_text())
        self.capacity = int(head["capacity"])
        self.first_seed = int(head["first_seed"])
        mode: Any = "r+" if writable else "r"
        shape = (self.capacity, SIDE, SIDE)
        self._pixels = np.memmap(folder / "pixels.u8", np.uint8, mode, shape=shape)
        self._truth = np.memmap(folder / "truth.u8", np.uint8, mode, shape=shape)
        self._rows = np.memmap(folder / "rows.bin", ROW, mode, shape=(self.capacity,))

    @classmethod
    def create(cls, folder: Path, capacity: int, first_seed: int) -> "PhantomCache":
        """Make an empty cache, or open the one that is there."""
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "cache.json").exists():
            for name, size in (("pixels.u8", SIDE * SIDE), ("truth.u8", SIDE * SIDE), ("rows.bin", ROW.itemsize)):
                with (folder / name).open("wb") as file:
                    file.truncate(size * capacity)
            (folder / "cache.json").write_text(json.dumps({"capacity": capacity, "first_seed": first_seed}))
        return cls(folder, writable=True)

    def __len__(self) -> int:
        """Frames finished, counted from the front."""
        done = np.asarray(self._rows["done"])
        return int(done.argmin()) if not done.all() else self.capacity

    def write(self, index: int, frame: PhantomFrame) -> None:
        """Store a frame; its row is marked done last."""
        self._pixels[index] = frame.pixels
        self._truth[index] = truth_bytes(frame)
        row = self._rows[index]
        row["seed"] = frame.seed
        row["suprapatellar"] = float(frame.view != "other")
        row["quality"] = frame.quality
        row["needle"] = float(bool((frame.labels == Tissue.NEEDLE).any()))
        if frame.needle is not None:
            row["tip_visible"] = float(frame.needle.tip_visible)
            row["tip_x"], row["tip_y"] = frame.needle.tip.x, frame.needle.tip.y
        row["done"] = 1

    def sample(self, index: int) -> Sample:
        """Stored frame with its truth."""
        row = self._rows[index]
        tip = PointPx(float(row["tip_x"]), float(row["tip_y"])) if row["tip_visible"] > 0 else None
        scores = (
            float(row["suprapatellar"]),
            float(row["quality"]),
            float(row["needle"]),
            float(row["tip_visible"]),
        )
        return Sample(np.array(self._pixels[index]), np.array(self._truth[index]), tip, scores)


def truth_bytes(frame: PhantomFrame) -> npt.NDArray[np.uint8]:
    """Tissue beneath the needle, with `NEEDLE_BIT` where the needle is; unknown where the picture has no label."""
    box = frame.picture
    truth = np.zeros_like(frame.anatomy)
    truth[box.y0 : box.y1, box.x0 : box.x1] = UNKNOWN_TISSUE
    truth[frame.anatomy != Tissue.BACKGROUND] = frame.anatomy[frame.anatomy != Tissue.BACKGROUND]
    truth[frame.hidden] = HIDDEN_RECESS
    truth[frame.labels == Tissue.NEEDLE] |= NEEDLE_BIT
    return truth


def fill(cache: PhantomCache, make: FrameMaker) -> int:
    """Make every frame that is missing; how many that were."""
    start = len(cache)
    for index in range(start, cache.capacity):
        cache.write(index, make(cache.first_seed + index))
    return cache.capacity - start


def phantom_maker(stretch: float = 1.0, *, thin_and_flat: bool = False) -> FrameMaker:
    """Frames on the training grid, by seed, from stretched physics (`Physics.wider`, `Physics.thin_and_flat`)."""
    physics = Physics.wider(stretch)
    physics = physics.thin_and_flat() if thin_and_flat else physics
    grid = GridSpec(SIDE, SIDE, SPACING_MM)
    return lambda seed: make_frame(seed, physics, grid)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Make phantom frames for training.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument("--first-seed", type=int, default=1_000_000)
    parser.add_argument("--stretch", type=float, default=1.0, help="ranges wider about their middle; tests have 1.35")
    parser.add_argument("--thin-and-flat", action="store_true", help="more thin recesses and flat needles")
    options = parser.parse_args()
    make = phantom_maker(options.stretch, thin_and_flat=options.thin_and_flat)
    fill(PhantomCache.create(options.out, options.frames, options.first_seed), make)


if __name__ == "__main__":
    main()
