"""Plain values out of the elements of a DICOM header, read with distrust.

Everything here runs inside `reading_elements`, so a value of the wrong kind ends as `UnreadableImage`. Values that a
picture can be judged without (laterality, times, a region with a missing part) are left out when they are
malformed; the rest is refused.
"""

import math
import re
from itertools import accumulate

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import ExplicitVRBigEndian

from imaging.dicom.header import DicomHead
from imaging.dicom.palette import Palette, plain_palette, segmented_palette
from imaging.dicom.pixels import PixelLayout
from imaging.dicom.regions import UltrasoundRegion
from imaging.errors import UnreadableImage
from imaging.geometry import PixelSpacing, SpacingSource

_CODE = re.compile(r"[A-Z0-9_ ]{1,16}")
_LATERALITIES = frozenset("RLUB")
_FRAME_TIME, _FRAME_TIME_VECTOR = 0x00181063, 0x00181065
_MS_PER_S = 1000.0
_SEGMENTED = ("Segmented", segmented_palette)


def code(elements: Dataset, keyword: str) -> str:
    """Value of a code string (VR CS), "" where it is absent or not one; safe to repeat in a message."""
    value = elements.get(keyword)
    return value.strip() if isinstance(value, str) and _CODE.fullmatch(value) else ""


def integer(elements: Dataset, keyword: str, default: int | None = None) -> int:
    """Value of a whole number.

    Raises
    ------
    UnreadableImage
        If it is absent and has no default, or is not one number.
    """
    value = elements.get(keyword)
    if value is None or value == "":
        value = default
    if value is None:
        msg = f"{keyword} is absent"
        raise UnreadableImage(msg)
    return int(value)


def laterality(elements: Dataset) -> str | None:
    """Side of the body: R, L, U (unpaired) or B (both); None where nothing says."""
    for keyword in ("ImageLaterality", "Laterality"):
        if code(elements, keyword) in _LATERALITIES:
            return code(elements, keyword)
    return None


def regions(elements: Dataset) -> tuple[UltrasoundRegion, ...]:
    """Ultrasound regions in the order of the file."""
    return tuple(_region(item) for item in elements.get("SequenceOfUltrasoundRegions") or ())


def _region(item: Dataset) -> UltrasoundRegion:
    corners = [item.get(f"RegionLocation{end}") for end in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
    units = [item.get(f"PhysicalUnits{axis}Direction") for axis in "XY"]
    delta = [item.get(f"PhysicalDelta{axis}") for axis in "XY"]
    kinds = [item.get("RegionSpatialFormat"), item.get("RegionDataType")]
    if any(value is None for value in (*corners, *units, *delta, *kinds)):
        # Keeps its place in the sequence, and is not a calibrated picture of anything.
        return UltrasoundRegion(spatial_format=0, data_type=0, corners=(0, 0, 0, 0), units=(0, 0), delta=(0.0, 0.0))
    x0, y0, x1, y1 = (int(value) for value in corners)
    return UltrasoundRegion(
        spatial_format=int(kinds[0]),
        data_type=int(kinds[1]),
        corners=(x0, y0, x1, y1),
        units=(int(units[0]), int(units[1])),
        delta=(float(delta[0]), float(delta[1])),
    )


def pixel_spacing(elements: Dataset) -> PixelSpacing | None:
    """PixelSpacing (row, column in mm), for files without ultrasound regions."""
    value = elements.get("PixelSpacing")
    if value is None or isinstance(value, str) or len(value) != 2:
        return None
    return PixelSpacing(float(value[0]), float(value[1]), SpacingSource.DICOM_PIXEL_SPACING)


def frame_times_ms(elements: Dataset, frames: int) -> tuple[float, ...]:
    """Milliseconds from the first frame to each frame; empty where nothing says.

    FrameTimeVector is the time since the frame before, its first number 0 (DICOM PS3.3 C.7.6.5.1.2). The increment
    pointer decides between it and FrameTime; without either the cine rate does, then the display rate.
    """
    vector = _numbers(elements, "FrameTimeVector")
    single = _numbers(elements, "FrameTime")[:1]
    if len(vector) == frames and not (single and elements.get("FrameIncrementPointer") == _FRAME_TIME):
        return tuple(accumulate((0.0, *vector[1:])))
    rates = (_numbers(elements, keyword)[:1] for keyword in ("CineRate", "RecommendedDisplayFrameRate"))
    intervals = (*single, *(_MS_PER_S / rate[0] for rate in rates if rate and rate[0] > 0))
    usable = [interval for interval in intervals if interval > 0]
    return tuple(i * usable[0] for i in range(frames)) if usable else ()


def _numbers(elements: Dataset, keyword: str) -> tuple[float, ...]:
    """Finite, not negative numbers of an element; nothing if one of its values is anything else."""
    value = elements.get(keyword)
    many = value if isinstance(value, MultiValue) else () if value is None else (value,)
    try:
        numbers = tuple(float(one) for one in many)
    except (TypeError, ValueError):
        return ()
    return numbers if all(math.isfinite(one) and one >= 0 for one in numbers) else ()


def pixel_layout(head: DicomHead) -> PixelLayout:
    """How the samples of a frame are written.

    Raises
    ------
    UnreadableImage
        If a required element is absent or makes no sense.
    UnsupportedImage
        If the samples are of a kind that is not read.
    """
    elements, syntax = head.elements, head.transfer_syntax_uid
    big_endian = syntax == ExplicitVRBigEndian
    return PixelLayout(
        transfer_syntax_uid=syntax,
        rows=integer(elements, "Rows"),
        columns=integer(elements, "Columns"),
        samples=integer(elements, "SamplesPerPixel", 1),
        photometric=code(elements, "PhotometricInterpretation"),
        planar=integer(elements, "PlanarConfiguration", 0) == 1,
        bits_allocated=integer(elements, "BitsAllocated"),
        bits_stored=integer(elements, "BitsStored"),
        signed=integer(elements, "PixelRepresentation", 0) == 1,
        big_endian=big_endian,
        swap_words=big_endian and head.place.is_words,
        palette=_palette(elements, big_endian=big_endian),
    )


def _palette(elements: Dataset, *, big_endian: bool) -> Palette | None:
    if code(elements, "PhotometricInterpretation") != "PALETTE COLOR":
        return None
    descriptor = elements["RedPaletteColorLookupTableDescriptor"].value
    prefix, build = ("", plain_palette) if "RedPaletteColorLookupTableData" in elements else _SEGMENTED
    channels = [elements[f"{prefix}{colour}PaletteColorLookupTableData"].value for colour in ("Red", "Green", "Blue")]
    return build(descriptor, channels, big_endian=big_endian)
