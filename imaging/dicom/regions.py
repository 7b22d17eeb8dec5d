"""What a pixel measures and where the tissue lies, from DICOM's Sequence of Ultrasound Regions.

Works on plain values, so that every trap in it can be tested without a file. Files get these regions wrong in ways
that all occur in the wild: a first region that is not spatial, a negative distance, a last column that is one too
far, boxes left over from before the picture was scaled.

References
----------
DICOM PS3.3 C.8.5.5, US Region Calibration Module.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from imaging.errors import AmbiguousRegions, BadBox, BadInput
from imaging.geometry import BoxPx, PixelSpacing, SpacingSource

_TWO_DIMENSIONAL = 1
_TISSUE = 1
_COLOUR_FLOW = 2
_CENTIMETRES = 3
_MM_PER_CM = 10.0
_SAME_SCALE = 1e-3
"""Relative difference up to which two regions have one scale; vendors round to four digits or more."""


@dataclass(frozen=True, slots=True)
class UltrasoundRegion:
    """One item of the sequence, as stored.

    Parameters
    ----------
    spatial_format, data_type
        RegionSpatialFormat (1 = 2-D) and RegionDataType (1 = tissue, 2 = colour flow).
    corners
        RegionLocationMinX0, MinY0, MaxX1, MaxY1; the standard counts the last column and row in.
    units
        PhysicalUnitsXDirection and YDirection (3 = cm).
    delta
        PhysicalDeltaX and Y: those units per pixel, negative where the axis runs the other way.
    """

    spatial_format: int
    data_type: int
    corners: tuple[int, int, int, int]
    units: tuple[int, int]
    delta: tuple[float, float]

    @property
    def is_calibrated_2d(self) -> bool:
        """Whether the region shows a 2-D picture of tissue or flow and is measured in cm along both axes."""
        return (
            self.spatial_format == _TWO_DIMENSIONAL
            and self.data_type in (_TISSUE, _COLOUR_FLOW)
            and self.units == (_CENTIMETRES, _CENTIMETRES)
        )

    def spacing(self) -> PixelSpacing:
        """Millimetres per pixel.

        Raises
        ------
        BadSpacing
            If a distance is zero or not finite.
        """
        x_mm, y_mm = (abs(cm) * _MM_PER_CM for cm in self.delta)
        return PixelSpacing(row_mm=y_mm, column_mm=x_mm, source=SpacingSource.DICOM_REGION)

    def box(self, width: int, height: int) -> BoxPx:
        """Rectangle in an image of this size.

        Raises
        ------
        BadBox
            If the corners are inverted or lie outside the image. One column or row too many is no error: those files
            count the last one out.
        """
        x0, y0, x1, y1 = self.corners
        if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
            msg = f"ultrasound region {self.corners} does not fit an image of {width} x {height} pixels"
            raise BadBox(msg)
        return BoxPx(x0, y0, min(x1 + 1, width), min(y1 + 1, height))


def choose_region(regions: Sequence[UltrasoundRegion], named: int | None = None) -> UltrasoundRegion | None:
    """Region that shows the B-mode picture, or None where no region is a calibrated 2-D picture.

    Colour flow counts only where no region is tissue. Of several regions with one scale the largest is taken, the
    first of equals.

    Parameters
    ----------
    regions
        In the order of the sequence.
    named
        0-based position of the region that the caller wants, whatever the others are.

    Raises
    ------
    AmbiguousRegions
        If regions differ in scale and none is named.
    BadInput
        If the named region does not exist or is not a calibrated 2-D picture.
    """
    if named is not None:
        return _named(regions, named)
    pictures = [region for region in regions if region.is_calibrated_2d]
    tissue = [region for region in pictures if region.data_type == _TISSUE] or pictures
    if not tissue:
        return None
    scales = [region.spacing() for region in tissue]
    if not all(_same_scale(scales[0], scale) for scale in scales[1:]):
        told = ", ".join(f"{scale.row_mm:.4g} x {scale.column_mm:.4g} mm" for scale in scales)
        msg = f"{len(tissue)} 2-D ultrasound regions have different pixel spacings ({told}): expected one to be named"
        raise AmbiguousRegions(msg)
    return max(tissue, key=_area)


def _named(regions: Sequence[UltrasoundRegion], named: int) -> UltrasoundRegion:
    if not 0 <= named < len(regions):
        msg = f"ultrasound region {named} was named: expected 0 to {len(regions) - 1} of {len(regions)}"
        raise BadInput(msg)
    if not regions[named].is_calibrated_2d:
        msg = f"ultrasound region {named} was named: expected a 2-D region that is measured in cm"
        raise BadInput(msg)
    return regions[named]


def _same_scale(a: PixelSpacing, b: PixelSpacing) -> bool:
    return math.isclose(a.row_mm, b.row_mm, rel_tol=_SAME_SCALE) and math.isclose(
        a.column_mm, b.column_mm, rel_tol=_SAME_SCALE
    )


def _area(region: UltrasoundRegion) -> int:
    x0, y0, x1, y1 = region.corners
    return (x1 - x0) * (y1 - y0)
