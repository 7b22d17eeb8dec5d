"""One training picture and everything that is known about it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imaging.geometry import PointPx

SIDE = 256
"""Rows and columns of every training picture."""

UNKNOWN_TISSUE = 0x7F
"""Tissue code of a pixel known not to be recess or needle, and nothing more."""

HIDDEN_RECESS = 0x7E
"""Tissue code of recess that the picture does not show: it may be called recess or not."""

NEEDLE_BIT = 0x80
"""Set in a truth byte where the needle lies over the tissue named by the other seven bits."""

Bytes = npt.NDArray[np.uint8]
Scores = tuple[float | None, float | None, float | None, float | None]


@dataclass(frozen=True, eq=False)
class Sample:
    """Picture, truth bytes and scores.

    Parameters
    ----------
    pixels
        Grey levels, uint8 ``[256, 256]``.
    truth
        `imaging.segmentation.Tissue` beneath the needle, `UNKNOWN_TISSUE` or `HIDDEN_RECESS`; `NEEDLE_BIT` added on
        the needle.
    tip
        The tip where it is visible.
    scores
        Suprapatellar view, quality, needle, tip visible: each 0 to 1, or None where not known.
    """

    pixels: Bytes
    truth: Bytes
    tip: PointPx | None
    scores: Scores

    def __post_init__(self) -> None:
        if self.pixels.shape != (SIDE, SIDE) or self.truth.shape != (SIDE, SIDE):
            msg = f"pixels {self.pixels.shape}, truth {self.truth.shape}: expected ({SIDE}, {SIDE})"
            raise ValueError(msg)

    def with_pixels(self, pixels: Bytes) -> "Sample":
        """Return the same truth under other grey levels."""
        return replace(self, pixels=pixels)


def negative(pixels: Bytes, *, suprapatellar: float = 0.0, quality: float | None = None) -> Sample:
    """Picture known to show neither recess nor needle, whatever else it shows."""
    truth = np.full((SIDE, SIDE), UNKNOWN_TISSUE, dtype=np.uint8)
    return Sample(pixels, truth, None, (suprapatellar, quality, 0.0, 0.0))
