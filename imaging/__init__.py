"""From an ultrasound frame to a judged needle placement; knows nothing of HTTP, storage or training.

Names are loaded on first use, so that ``import imaging`` costs nothing and values cost numpy alone.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imaging.analysis import Analysis, analyse
    from imaging.bmode import find_bmode
    from imaging.dicom import DicomImage, read_dicom
    from imaging.errors import AmbiguousRegions, BadInput, ImagingError, NotCalibrated
    from imaging.frame import Frame
    from imaging.geometry import BoxPx, PixelSpacing, PointPx, SegmentPx, SpacingSource
    from imaging.measurement import Needle, Recess
    from imaging.onnx_model import OnnxSegmenter, load_model
    from imaging.overlay import Style, draw, to_svg
    from imaging.painting import paint
    from imaging.placement import PathAhead, Placement, Verdict
    from imaging.raster import decode_grey, encode_png
    from imaging.reasons import Reason
    from imaging.rules import ScoringRules
    from imaging.segmentation import ModelIdentity, Segmentation, Segmenter, Tissue, ViewScores

_HOME = {
    "AmbiguousRegions": "errors",
    "Analysis": "analysis",
    "BadInput": "errors",
    "BoxPx": "geometry",
    "DicomImage": "dicom",
    "Frame": "frame",
    "ImagingError": "errors",
    "ModelIdentity": "segmentation",
    "Needle": "measurement",
    "NotCalibrated": "errors",
    "OnnxSegmenter": "onnx_model",
    "PathAhead": "placement",
    "PixelSpacing": "geometry",
    "Placement": "placement",
    "PointPx": "geometry",
    "Reason": "reasons",
    "Recess": "measurement",
    "ScoringRules": "rules",
    "SegmentPx": "geometry",
    "Segmentation": "segmentation",
    "Segmenter": "segmentation",
    "SpacingSource": "geometry",
    "Style": "overlay",
    "Tissue": "segmentation",
    "Verdict": "placement",
    "ViewScores": "segmentation",
    "analyse": "analysis",
    "decode_grey": "raster",
    "draw": "overlay",
    "encode_png": "raster",
    "find_bmode": "bmode",
    "load_model": "onnx_model",
    "paint": "painting",
    "read_dicom": "dicom",
    "to_svg": "overlay",
}

__all__ = [
    "AmbiguousRegions",
    "Analysis",
    "BadInput",
    "BoxPx",
    "DicomImage",
    "Frame",
    "ImagingError",
    "ModelIdentity",
    "Needle",
    "NotCalibrated",
    "OnnxSegmenter",
    "PathAhead",
    "PixelSpacing",
    "Placement",
    "PointPx",
    "Reason",
    "Recess",
    "ScoringRules",
    "SegmentPx",
    "Segmentation",
    "Segmenter",
    "SpacingSource",
    "Style",
    "Tissue",
    "Verdict",
    "ViewScores",
    "analyse",
    "decode_grey",
    "draw",
    "encode_png",
    "find_bmode",
    "load_model",
    "paint",
    "read_dicom",
    "to_svg",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        msg = f"module 'imaging' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"imaging.{_HOME[name]}"), name)
