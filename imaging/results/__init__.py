"""Results in the language of hospitals: DICOM objects about a judged image, in its own study.

A builder takes the image's header (`SourceImage`), the answers to its frames (`JudgedFrame`) and who gave them
(`Author`), and gives a `DicomResult`, a dataset and its file. No file is read, no clock is asked, and the same input
gives the same bytes. Names are loaded on first use, so that whoever wants a segmentation does not wait for the
templates of reports.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imaging.results.author import Author
    from imaging.results.capture import build_sc, captured
    from imaging.results.judged import JudgedFrame
    from imaging.results.presentation import build_ps
    from imaging.results.sealing import DicomResult
    from imaging.results.seg import SegmentationType, SegOptions, build_seg
    from imaging.results.source import SourceImage, read_source
    from imaging.results.sr import build_sr

_HOME = {
    "Author": "author",
    "DicomResult": "sealing",
    "JudgedFrame": "judged",
    "SegOptions": "seg",
    "SegmentationType": "seg",
    "SourceImage": "source",
    "build_seg": "seg",
    "build_sr": "sr",
    "build_sc": "capture",
    "captured": "capture",
    "build_ps": "presentation",
    "read_source": "source",
}

__all__ = [
    "Author",
    "DicomResult",
    "JudgedFrame",
    "SegOptions",
    "SegmentationType",
    "SourceImage",
    "build_ps",
    "build_sc",
    "build_seg",
    "build_sr",
    "captured",
    "read_source",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        msg = f"module 'imaging.results' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"imaging.results.{_HOME[name]}"), name)
