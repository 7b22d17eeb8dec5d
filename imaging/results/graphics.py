"""A drawing as graphic annotations of one frame (PS3.3 C.10.5): lines, rings and words, each in its colour's layer."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from imaging.geometry import Points
from imaging.overlay import Colour, Label, Line, Ring, Style
from imaging.placement import Verdict
from imaging.results.judged import JudgedFrame
from imaging.results.references import referenced
from imaging.results.source import SourceImage

CORNER = 0.5
"""DICOM counts graphic positions from the corner of the top left pixel (PS3.3 C.10.5.1.2), frames from its centre."""
_STYLE = Style()
LAYERS: dict[str, Colour] = {
    "RECESS": _STYLE.recess,
    "NEEDLE": _STYLE.needle,
    "OUTSIDE": _STYLE.verdict[Verdict.OUTSIDE],
    "NOT_ASSESSED": _STYLE.verdict[Verdict.NOT_ASSESSED],
    "SCALE": _STYLE.scale,
}
"""Layers and their colours; the verdicts that share a colour with a structure are drawn in its layer."""
_LAYER_OF = {colour: name for name, colour in LAYERS.items()}
_LETTER = 0.6
"""Width of an average letter as a share of the height of words."""


def annotations(source: SourceImage, frame: JudgedFrame) -> list[Dataset]:
    """Graphic annotations of one frame, one for each layer that its drawing uses; panels behind words are left out."""
    layers: defaultdict[str, list[Line | Ring | Label]] = defaultdict(list)
    for shape in frame.drawing.shapes:
        if shape.colour in _LAYER_OF:
            layers[_LAYER_OF[shape.colour]].append(shape)
    return [_annotation(source, frame, name, shapes) for name, shapes in sorted(layers.items())]


def _annotation(source: SourceImage, frame: JudgedFrame, layer: str, shapes: list[Line | Ring | Label]) -> Dataset:
    item = Dataset()
    item.ReferencedImageSequence = [referenced(source, frame.index)]
    item.GraphicLayer = layer
    words = [_words(shape, frame) for shape in shapes if isinstance(shape, Label)]
    lines = [_graphic(part, frame) for shape in shapes if not isinstance(shape, Label) for part in _parts(shape)]
    if words:
        item.TextObjectSequence = words
    if lines:
        item.GraphicObjectSequence = lines
    return item


def _parts(shape: Line | Ring) -> list[Line] | list[Ring]:
    """A dashed line as its dashes: graphic objects of this module are unbroken."""
    if isinstance(shape, Ring):
        return [shape]
    return [replace(shape, points=piece, dash_px=0.0) for piece in shape.pieces]


def placed(points: Points, frame: JudgedFrame) -> npt.NDArray[np.float32]:
    """Positions ``(n, 2)`` as DICOM counts them, none outside of the picture."""
    return np.clip(points + CORNER, 0.0, [frame.width, frame.height]).astype(np.float32)


def _graphic(shape: Line | Ring, frame: JudgedFrame) -> Dataset:
    item = Dataset()
    item.GraphicAnnotationUnits, item.GraphicDimensions = "PIXEL", 2
    if isinstance(shape, Ring):
        points, item.GraphicType = _circle(shape, frame), "CIRCLE"
    else:
        points, item.GraphicType = shape.points, "POLYLINE"
        if shape.closed:
            points = np.vstack([points, points[:1]])
    item.NumberOfGraphicPoints = len(points)
    item.GraphicData = placed(points, frame).ravel().tolist()
    if isinstance(shape, Ring) or shape.closed:
        item.GraphicFilled = "Y" if isinstance(shape, Line) and shape.filled else "N"
    return item


def _circle(ring: Ring, frame: JudgedFrame) -> Points:
    """Centre and a point on the circle, on the side that has room for it in the picture."""
    reach = ring.radius_px if ring.centre.x + ring.radius_px < frame.width else -ring.radius_px
    return np.array([[ring.centre.x, ring.centre.y], [ring.centre.x + reach, ring.centre.y]])


def _words(label: Label, frame: JudgedFrame) -> Dataset:
    """Words in a box that stands on the baseline."""
    right = label.at.x + _LETTER * label.height_px * len(label.text)
    corners = placed(np.array([[label.at.x, label.at.y - label.height_px], [right, label.at.y]]), frame).tolist()
    item = Dataset()
    item.BoundingBoxAnnotationUnits = "PIXEL"
    item.BoundingBoxTopLeftHandCorner, item.BoundingBoxBottomRightHandCorner = corners
    item.BoundingBoxTextHorizontalJustification = "LEFT"
    item.UnformattedTextValue = label.text
    return item
