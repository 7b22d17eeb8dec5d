"""What a phantom frame is and what is known about it exactly."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from imaging.geometry import BoxPx, PixelSpacing, PointPx, SegmentPx, SpacingSource
from imaging.segmentation import Tissue

View = Literal["longitudinal", "transverse", "other"]


@dataclass(frozen=True, slots=True)
class GridSpec:
    """Size of the square-pixel grid a phantom is drawn on.

    Raises
    ------
    ValueError
        If a side is shorter than 16 pixels or the spacing is not within 0.05 to 1 mm.
    """

    rows: int = 256
    columns: int = 256
    spacing_mm: float = 0.2

    def __post_init__(self) -> None:
        if min(self.rows, self.columns) < 16 or not 0.05 <= self.spacing_mm <= 1.0:
            msg = f"grid is {self.rows} x {self.columns} at {self.spacing_mm} mm: expected >= 16 and 0.05 to 1 mm"
            raise ValueError(msg)

    @property
    def spacing(self) -> PixelSpacing:
        """Spacing as imaging knows it."""
        return PixelSpacing(self.spacing_mm, self.spacing_mm, SpacingSource.CALLER)

    @property
    def width_mm(self) -> float:
        """Width from edge to edge."""
        return self.columns * self.spacing_mm

    @property
    def height_mm(self) -> float:
        """Height from edge to edge."""
        return self.rows * self.spacing_mm

    def to_px(self, x_mm: float, y_mm: float) -> PointPx:
        """Position given from the grid's top-left CORNER in mm, as a position in pixels."""
        return PointPx(x_mm / self.spacing_mm - 0.5, y_mm / self.spacing_mm - 0.5)


@dataclass(frozen=True, slots=True)
class NeedleTruth:
    """Where the needle really is.

    Parameters
    ----------
    tip
        True tip, projected into the plane; shown only if ``tip_visible``.
    shaft
        From the first visible point to the tip, as a chord (a bent shaft leaves it by under 1 mm).
    tip_visible
        False where the tip has left the plane; the label map then ends where the shaft fades.
    angle_deg
        Acute angle between shaft and probe face.
    """

    tip: PointPx
    shaft: SegmentPx
    tip_visible: bool
    angle_deg: float
    gauge: int
    visible_length_mm: float


@dataclass(frozen=True, eq=False)
class PhantomFrame:
    """B-mode picture without screen furniture, and its truth.

    Parameters
    ----------
    pixels
        Grey levels, uint8 ``[row, column]``; 0 outside the picture.
    labels
        `imaging.segmentation.Tissue` per pixel, uint8, same shape; 0 outside the picture.
    needle
        The needle, or None where the frame shows none.
    recess_thickness_mm
        Greatest thickness along the beam of what can be seen of the recess; 0 where absent or hidden.
    quality
        0 to 1: 1 minus what gain and noise take away; a fifth of that where there is no tissue at all.
    picture
        Part of the grid that the B-mode picture covers.
    anatomy
        ``labels`` as they are under the needle: what tissue its tip is in.
    hidden
        Recess that the picture does not show (`models.phantom.visibility`), bool, same shape: it counts neither for
        nor against a reader.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    spacing: PixelSpacing
    needle: NeedleTruth | None
    recess_thickness_mm: float
    view: View
    quality: float
    seed: int
    picture: BoxPx
    anatomy: npt.NDArray[np.uint8]
    hidden: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        for name in ("pixels", "labels", "anatomy", "hidden"):
            plane, kind = getattr(self, name), np.bool_ if name == "hidden" else np.uint8
            if plane.shape != self.pixels.shape or plane.dtype != kind:
                msg = f"{name}: {plane.dtype} {plane.shape}, expected {np.dtype(kind)} {self.pixels.shape}"
                raise ValueError(msg)
            plane.setflags(write=False)

    @property
    def tissue_at_tip(self) -> Tissue | None:
        """Tissue in whose pixel the true tip lies, seen or not; None without a needle or outside the grid."""
        at = self._tip_pixel()
        return None if at is None else Tissue(int(self.anatomy[at]))

    @property
    def tip_in_hidden_recess(self) -> bool:
        """Whether the true tip lies in a part of the recess that the picture does not show."""
        at = self._tip_pixel()
        return at is not None and bool(self.hidden[at])

    def _tip_pixel(self) -> tuple[int, int] | None:
        if self.needle is None:
            return None
        column, row = round(self.needle.tip.x), round(self.needle.tip.y)
        inside = 0 <= row < self.anatomy.shape[0] and 0 <= column < self.anatomy.shape[1]
        return (row, column) if inside else None
