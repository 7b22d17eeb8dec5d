"""The frames that every benchmark is given: synthetic screens of 640 x 480 pixels with a needle and a recess."""

from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from imaging.frame import Frame, GreyPixels
from imaging.geometry import PixelSpacing, SpacingSource
from imaging.raster import decode_grey, encode_jpeg
from models.phantom import make_frame, on_screen

MODEL = Path(__file__).resolve().parents[1] / "models" / "suprapatellar"
SEED = 20


@dataclass(frozen=True, eq=False)
class Input:
    """One synthetic frame: on the network's grid, as a JPEG of a screen, and decoded."""

    grey: GreyPixels
    jpeg: bytes
    frame: Frame

    @property
    def spacing_mm(self) -> tuple[float, float]:
        """Pixel spacing (row, column)."""
        spacing = self.frame.require_spacing()
        return spacing.row_mm, spacing.column_mm


def synthetic_input(seed: int = SEED) -> Input:
    """Frame of a seed, on the first of its screens that is 640 x 480."""
    phantom = make_frame(seed)
    screen = next(screen for screen in map(partial(on_screen, phantom), count()) if screen.pixels.shape == (480, 640))
    jpeg = encode_jpeg(screen.pixels)
    spacing = PixelSpacing(screen.spacing.row_mm, screen.spacing.column_mm, SpacingSource.CALLER)
    return Input(phantom.pixels, jpeg, Frame(decode_grey(jpeg), spacing, screen.bmode))
