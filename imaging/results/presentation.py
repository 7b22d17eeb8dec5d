"""Presentation state: the overlay as graphics over the untouched image (PS3.3 A.33.1 grey, A.33.2 colour).

Grey images get a grayscale softcopy presentation state, all others a colour one: the standard lets neither refer to
the other kind.
"""

from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.uid import ColorSoftcopyPresentationStateStorage, GrayscaleSoftcopyPresentationStateStorage

from imaging.dicom.attributes import code
from imaging.geometry import PixelSpacing
from imaging.results.author import Author
from imaging.results.colour import cielab
from imaging.results.graphics import LAYERS, annotations
from imaging.results.head import Kind, result_object
from imaging.results.icc import srgb_profile
from imaging.results.judged import JudgedFrame
from imaging.results.references import referenced
from imaging.results.sealing import DicomResult, sealed
from imaging.results.source import SourceImage

_SERIES = ("PR", 904, "Overlay, not for diagnosis", "PresentationCreation", True)
_COLOUR = Kind("PS", ColorSoftcopyPresentationStateStorage, *_SERIES)
_GREY = Kind("PS", GrayscaleSoftcopyPresentationStateStorage, *_SERIES)


def build_ps(source: SourceImage, frames: Sequence[JudgedFrame], author: Author) -> DicomResult:
    """Presentation state with the overlay of every judged frame."""
    grey = code(source.header, "PhotometricInterpretation").startswith("MONOCHROME")
    result = result_object(source, author, _GREY if grey else _COLOUR)
    result.ContentLabel = "SONOPLACE"
    result.ContentDescription = "For research and quality assurance. Not for diagnosis."
    result.ContentCreatorName = None
    series = Dataset()
    series.SeriesInstanceUID = source.series_instance_uid
    series.ReferencedImageSequence = [referenced(source)]
    result.ReferencedSeriesSequence = [series]
    result.DisplayedAreaSelectionSequence = [_displayed_area(frames[0])]
    result.GraphicAnnotationSequence = [item for frame in frames for item in annotations(source, frame)]
    result.GraphicLayerSequence = _layers(result.GraphicAnnotationSequence)
    if grey:
        result.PresentationLUTShape = "IDENTITY"
        _keep_window(result, source)
    else:
        result.ICCProfile = srgb_profile()
    return sealed(result)


def _displayed_area(frame: JudgedFrame) -> Dataset:
    """The whole picture (PS3.3 C.10.4); pixels count from 1 here."""
    item = Dataset()
    item.DisplayedAreaTopLeftHandCorner = [1, 1]
    item.DisplayedAreaBottomRightHandCorner = [frame.width, frame.height]
    item.PresentationSizeMode = "SCALE TO FIT"
    _say_shape_of_pixel(item, frame.spacing)
    return item


def _say_shape_of_pixel(item: Dataset, spacing: PixelSpacing | None) -> None:
    if spacing is None:
        item.PresentationPixelAspectRatio = [1, 1]
    else:
        item.PresentationPixelSpacing = [f"{spacing.row_mm:.10g}", f"{spacing.column_mm:.10g}"]


def _layers(items: Sequence[Dataset]) -> list[Dataset]:
    used = {item.GraphicLayer for item in items}
    layers = []
    for order, (name, colour) in enumerate(((n, c) for n, c in LAYERS.items() if n in used), start=1):
        layer = Dataset()
        layer.GraphicLayer, layer.GraphicLayerOrder = name, order
        layer.GraphicLayerRecommendedDisplayCIELabValue = cielab(colour)
        layers.append(layer)
    return layers


def _keep_window(result: Dataset, source: SourceImage) -> None:
    """The image's own window, if it states one: the state shows the image as the image asks to be shown."""
    window = Dataset()
    for keyword in ("WindowCenter", "WindowWidth"):
        if source.header.get(keyword) is not None:
            window[keyword] = source.header[keyword]
    if len(window) == 2:
        result.SoftcopyVOILUTSequence = [window]
