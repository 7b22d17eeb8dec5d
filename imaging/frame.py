"""One ultrasound frame: grey pixels, where the tissue is in them, and what a pixel measures."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from imaging.errors import BadInput, NotCalibrated
from imaging.geometry import BoxPx, PixelSpacing

GreyPixels = npt.NDArray[np.uint8]
"""Grey levels ``[row, column]``."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Grey pixels of one B-mode picture.

    Parameters
    ----------
    pixels
        Luma, ``[row, column]``; taken as it is and made read-only.
    spacing
        Millimetres per pixel, or None where nothing says: then only pixel geometry can be had.
    bmode
        Rectangle of the picture that shows tissue; all else is screen furniture.
    index
        0-based position in the source.
    captured_at_ns
        Capture time in nanoseconds on the sender's clock, if it is known.
    """

    pixels: GreyPixels
    spacing: PixelSpacing | None
    bmode: BoxPx
    index: int = 0
    captured_at_ns: int | None = None

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or self.pixels.dtype != np.uint8:
            msg = f"frame pixels are {self.pixels.dtype} {self.pixels.shape}: expected uint8 [rows, columns]"
            raise BadInput(msg)
        self.bmode.require_inside(self.width, self.height)
        self.pixels.setflags(write=False)

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.pixels.shape[0])

    def require_spacing(self) -> PixelSpacing:
        """Pixel spacing, for whoever needs millimetres.

        Raises
        ------
        NotCalibrated
            If nothing said what a pixel measures.
        """
        if self.spacing is None:
            msg = f"frame {self.index} carries no pixel spacing: expected it from the DICOM region or from the caller"
            raise NotCalibrated(msg)
        return self.spacing

    @cached_property
    def pixels_sha256(self) -> str:
        """Hash of what was judged, whatever file it came in: size, B-mode rectangle and the grey levels in it.

        What stands around the rectangle (names among it) is not kept and does not count.
        """
        box = self.bmode
        digest = hashlib.sha256(f"{self.height}x{self.width}:{box.xyxy()}:".encode())
        digest.update(np.ascontiguousarray(self.pixels[box.y0 : box.y1, box.x0 : box.x1]).data)
        return digest.hexdigest()
