"""Secondary Capture: the judged pictures with the overlay burned in, and a strip that says what they are not for.

Multi-frame True Color Secondary Capture (PS3.3 A.8.5) in baseline JPEG. The strip is put below the picture, so that it
hides nothing of it.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, MultiFrameTrueColorSecondaryCaptureImageStorage

from imaging.errors import NotRepresentable
from imaging.frame import GreyPixels
from imaging.overlay import Drawing
from imaging.painting import paint
from imaging.results.author import Author
from imaging.results.head import Kind, result_object
from imaging.results.references import source_image
from imaging.results.sealing import DicomResult, sealed
from imaging.results.source import SourceImage

BANNER = "NOT FOR DIAGNOSIS  research and quality assurance only"
_KIND = Kind(
    "SC",
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    "OT",
    903,
    "Overlay burned in, not for diagnosis",
    names_side=True,
)
_QUALITY = 90
_STRIP_SHARE = 24.0
"""The strip is as high as the picture divided by this, and at least `_STRIP_LEAST_PX`."""
_STRIP_LEAST_PX = 18
_SAMPLES = 3
_TIMING = ("FrameTime", "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate")


def captured(pixels: GreyPixels, drawing: Drawing) -> bytes:
    """JPEG of a picture with its overlay and the strip below."""
    picture = _with_strip(paint(drawing, pixels))
    sampling = int(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422)
    options = [int(cv2.IMWRITE_JPEG_QUALITY), _QUALITY, int(cv2.IMWRITE_JPEG_SAMPLING_FACTOR), sampling]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    return bytes(data.tobytes())


def build_sc(source: SourceImage, size: tuple[int, int], pictures: Sequence[bytes], author: Author) -> DicomResult:
    """Secondary Capture of every picture.

    Parameters
    ----------
    size
        Width and height of the judged frames.
    pictures
        What `captured` gave for each frame, in order.

    Raises
    ------
    NotRepresentable
        If there is no picture.
    """
    if not pictures:
        msg = "a secondary capture of no picture was asked for: expected at least one"
        raise NotRepresentable(msg)
    result = result_object(source, author, _KIND)
    result.ConversionType = "WSD"
    result.ImageType = ["DERIVED", "SECONDARY"]
    result.DerivationDescription = "Grey levels with overlay burned in; strip below. Not for diagnosis."
    result.SourceImageSequence = [source_image(source)]
    result.SourceImageSequence[0].SpatialLocationsPreserved = "NO"
    result.BurnedInAnnotation = "YES" if source.may_identify else "NO"
    result.PatientOrientation = None
    _describe_pixels(result, *shape_with_strip(*size))
    _say_timing(result, source, len(pictures))
    _say_loss(result, pictures)
    result.PixelData = encapsulate(list(pictures))
    result["PixelData"].VR = "OB"
    result["PixelData"].is_undefined_length = True
    return sealed(result, JPEGBaseline8Bit)


def shape_with_strip(width: int, height: int) -> tuple[int, int]:
    """Rows and columns of a captured picture; 4:2:2 sampling wants an even number of columns."""
    return height + _strip_px(height), width + width % 2


def _strip_px(height: int) -> int:
    return max(round(height / _STRIP_SHARE), _STRIP_LEAST_PX)


def _with_strip(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = picture.shape[:2]
    rows, columns = shape_with_strip(width, height)
    larger = np.zeros((rows, columns, _SAMPLES), np.uint8)
    larger[:height, :width] = picture
    strip, face = rows - height, cv2.FONT_HERSHEY_SIMPLEX
    (wide, _), _ = cv2.getTextSize(BANNER, face, 1.0, 1)
    scale = min(cv2.getFontScaleFromHeight(face, 100) * strip * 0.5 / 100.0, 0.96 * width / wide)
    at = (round(0.02 * width), height + round(0.72 * strip))
    cv2.putText(larger, BANNER, at, face, scale, (255, 255, 255), 1, cv2.LINE_AA)
    return larger


def _describe_pixels(result: Dataset, rows: int, columns: int) -> None:
    result.Rows, result.Columns = rows, columns
    result.SamplesPerPixel, result.PhotometricInterpretation = _SAMPLES, "YBR_FULL_422"
    result.PlanarConfiguration, result.PixelRepresentation = 0, 0
    result.BitsAllocated, result.BitsStored, result.HighBit = 8, 8, 7


def _say_timing(result: Dataset, source: SourceImage, frames: int) -> None:
    """Frames run as fast as the image's own; a lone frame needs no pointer to a time (PS3.3 C.8.6.3)."""
    result.NumberOfFrames = frames
    header = source.header
    for keyword in _TIMING:
        if header.get(keyword):
            result[keyword] = header[keyword]
    if "FrameTime" in result and "FrameTimeVector" in result:
        del result["FrameTimeVector"]
    for keyword in ("FrameTime", "FrameTimeVector"):
        if keyword in result:
            result.FrameIncrementPointer = result[keyword].tag
    if "FrameIncrementPointer" not in result and frames > 1:
        result.PageNumberVector = [str(number) for number in range(1, frames + 1)]
        result.FrameIncrementPointer = 0x00182001


def _say_loss(result: Dataset, pictures: Iterable[bytes]) -> None:
    sizes = [len(picture) for picture in pictures]
    uncompressed = result.Rows * result.Columns * _SAMPLES * len(sizes)
    result.LossyImageCompression = "01"
    result.LossyImageCompressionRatio = f"{uncompressed / sum(sizes):.2f}"
    result.LossyImageCompressionMethod = "ISO_10918_1"
