"""Simulated needles on real pictures: ``python -m models.training.pasting --out DIR --frames N``.

A phantom drawn twice from one seed, with its needle and without, differs by what the needle does to the picture: shaft,
reverberation, ring-down, ghost, shadow. Both are log compressed, so adding the difference to another picture multiplies
that picture's echoes as the needle would have. The differences are kept in a `PhantomCache`, halved about 128.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.phantom import GridSpec, PhantomFrame, Physics, make_frame
from models.training.cache import SPACING_MM, FrameMaker, PhantomCache, fill
from models.training.negatives import Negatives
from models.training.sample import NEEDLE_BIT, SIDE, UNKNOWN_TISSUE, Bytes, Sample

_MIDDLE = 128


def difference_maker() -> FrameMaker:
    """Phantom frames whose pixels are half the difference that the needle makes, plus 128."""
    with_needle = replace(Physics(), needle_share=1.0, other_share=0.0)
    without = replace(with_needle, needle_share=0.0)
    grid = GridSpec(SIDE, SIDE, SPACING_MM)

    def make(seed: int) -> PhantomFrame:
        frame = make_frame(seed, with_needle, grid)
        plain = make_frame(seed, without, grid).pixels
        change = (frame.pixels.astype(np.int16) - plain.astype(np.int16)) // 2
        return replace(frame, pixels=np.clip(_MIDDLE + change, 0, 255).astype(np.uint8))

    return make


def paste(picture: Bytes, needle: Sample) -> Sample:
    """Picture without target, with a needle whose difference ``needle`` holds."""
    change = 2 * (needle.pixels.astype(np.int16) - _MIDDLE)
    pixels = np.clip(picture.astype(np.int16) + change, 0, 255).astype(np.uint8)
    truth = np.asarray(UNKNOWN_TISSUE | (needle.truth & NEEDLE_BIT), dtype=np.uint8)
    return Sample(pixels, truth, needle.tip, (0.0, None, needle.scores[2], needle.scores[3]))


@dataclass(frozen=True)
class PastedNeedles:
    """Real pictures, a share of them with a needle."""

    negatives: Negatives
    needles: PhantomCache | None = None
    share: float = 0.5

    def __len__(self) -> int:
        """Real pictures."""
        return len(self.negatives)

    def pixels(self, random: np.random.Generator) -> Bytes:
        """Window of a real picture."""
        return self.negatives.pixels(random)

    def sample(self, random: np.random.Generator) -> Sample:
        """Window of a real picture with its truth."""
        plain = self.negatives.sample(random)
        if self.needles is None or random.random() >= self.share:
            return plain
        return paste(plain.pixels, self.needles.sample(int(random.integers(len(self.needles)))))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Make needle differences for pasting on real pictures.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument("--first-seed", type=int, default=5_000_000)
    options = parser.parse_args()
    fill(PhantomCache.create(options.out, options.frames, options.first_seed), difference_maker())


if __name__ == "__main__":
    main()
