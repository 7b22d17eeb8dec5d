"""Segments of a segmentation: what each one is called, coded and coloured (PS3.3 C.8.20.4)."""

from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from imaging.errors import NotRepresentable
from imaging.overlay import Style
from imaging.results import codes
from imaging.results.author import Author
from imaging.results.colour import cielab
from imaging.results.source import SourceImage
from imaging.results.uids import tracking_uid
from imaging.segmentation import Tissue

_NAMES = {
    Tissue.RECESS: ("Suprapatellar recess", codes.RECESS),
    Tissue.NEEDLE: ("Needle", codes.NEEDLE),
    Tissue.BONE: ("Bone surface", codes.BONE),
    Tissue.SUPRAPATELLAR_FAT: ("Suprapatellar fat pad", codes.SUPRAPATELLAR_FAT),
    Tissue.PREFEMORAL_FAT: ("Prefemoral fat pad", codes.PREFEMORAL_FAT),
}
_COLOURS = {
    Tissue.RECESS: Style().recess,
    Tissue.NEEDLE: Style().needle,
    Tissue.BONE: (204, 121, 167),
    Tissue.SUPRAPATELLAR_FAT: (0, 158, 115),
    Tissue.PREFEMORAL_FAT: (213, 94, 0),
}


def require_coded(segments: Sequence[Tissue]) -> None:
    """Refuse tissues that have no code as a segment.

    Raises
    ------
    NotRepresentable
        If there is one, or no tissue at all.
    """
    uncoded = [tissue.name for tissue in segments if tissue not in _NAMES]
    if uncoded or not segments:
        msg = f"segments {[tissue.name for tissue in segments]} asked for: expected some of {[t.name for t in _NAMES]}"
        raise NotRepresentable(msg)


def segment_items(source: SourceImage, author: Author, segments: Sequence[Tissue]) -> list[Dataset]:
    """Segment Sequence, numbered from 1."""
    return [_segment(source, author, number, tissue) for number, tissue in enumerate(segments, start=1)]


def _segment(source: SourceImage, author: Author, number: int, tissue: Tissue) -> Dataset:
    label, kind = _NAMES[tissue]
    category = codes.PHYSICAL_OBJECT if tissue is Tissue.NEEDLE else codes.ANATOMICAL_STRUCTURE
    item = _described(number, label, category, kind)
    item.SegmentAlgorithmType, item.SegmentAlgorithmName = "AUTOMATIC", author.model.name
    item.SegmentationAlgorithmIdentificationSequence = author.algorithm()
    item.RecommendedDisplayCIELabValue = cielab(_COLOURS[tissue])
    item.TrackingID = label
    item.TrackingUID = tracking_uid(source.sop_instance_uid, label)
    return item


def background() -> Dataset:
    """Segment 0 of a label map: whatever belongs to no other."""
    item = _described(0, "Background", codes.BACKGROUND, codes.BACKGROUND)
    item.SegmentAlgorithmType = "AUTOMATIC"
    item.SegmentAlgorithmName = "none"
    return item


def _described(number: int, label: str, category: Code, kind: Code) -> Dataset:
    item = Dataset()
    item.SegmentNumber, item.SegmentLabel = number, label
    item.SegmentedPropertyCategoryCodeSequence = codes.coded(category)
    item.SegmentedPropertyTypeCodeSequence = codes.coded(kind)
    return item
