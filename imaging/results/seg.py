"""Segmentation (SEG) over an ultrasound image or cine, on the image's own grid (PS3.3 A.51, A.87).

Ultrasound cines have no frame of reference, so a frame of the segmentation belongs to a frame of the image by the
reference in its Derivation Image Sequence alone. Plane position and orientation are there because viewers wait for
them; they say where a pixel lies in the picture, not in a patient.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydicom.dataset import Dataset
from pydicom.uid import UID, SegmentationStorage

from imaging.errors import NotRepresentable
from imaging.results.author import Author
from imaging.results.head import Kind, result_object
from imaging.results.judged import SEGMENTS, JudgedFrame
from imaging.results.references import referenced_series, say_compression
from imaging.results.sealing import DicomResult, sealed
from imaging.results.seg_frames import FrameOfSegment, per_frame_groups, shared_groups
from imaging.results.seg_pixels import label_pixels, overlapping, packed_pixels
from imaging.results.segments import background, require_coded, segment_items
from imaging.results.source import SourceImage
from imaging.results.uids import derived_uid
from imaging.segmentation import Tissue

LABEL_MAP_SEGMENTATION_STORAGE = UID("1.2.840.10008.5.1.4.1.1.66.7")


class SegmentationType(StrEnum):
    """How segments are stored: a bit plane each, or one label per pixel."""

    BINARY = "BINARY"
    LABELMAP = "LABELMAP"


@dataclass(frozen=True, slots=True)
class SegOptions:
    """What a segmentation holds.

    Parameters
    ----------
    segments
        Tissues, numbered from 1 in this order.
    empty_frames
        Whether frames without any pixel of a segment are kept: then an image frame that shows no recess can be told
        from one that was not judged.
    """

    kind: SegmentationType = SegmentationType.BINARY
    segments: tuple[Tissue, ...] = SEGMENTS
    empty_frames: bool = True


_KINDS = {
    SegmentationType.BINARY: Kind("SEG", SegmentationStorage, "SEG", 901, "Recess and needle, segmented"),
    SegmentationType.LABELMAP: Kind(
        "LABELMAP", LABEL_MAP_SEGMENTATION_STORAGE, "SEG", 905, "Recess and needle, label map"
    ),
}


def build_seg(
    source: SourceImage, frames: Sequence[JudgedFrame], author: Author, options: SegOptions | None = None
) -> DicomResult:
    """Segmentation of every judged frame.

    Raises
    ------
    NotRepresentable
        If it would have no frame, or a tissue is asked for that has no code.
    """
    options = options or SegOptions()
    require_coded(options.segments)
    kept = _kept(frames, options)
    result = result_object(source, author, _KINDS[options.kind])
    _describe(result, source, frames, options)
    items = segment_items(source, author, options.segments)
    result.SegmentSequence = [*([background()] if options.kind is SegmentationType.LABELMAP else []), *items]
    result.SharedFunctionalGroupsSequence = [shared_groups(frames[0].spacing)]
    result.PerFrameFunctionalGroupsSequence = per_frame_groups(source, kept)
    _index_dimensions(result, source, by_segment=options.kind is SegmentationType.BINARY)
    result.NumberOfFrames = len(kept)
    return sealed(result, _write_pixels(result, kept, options))


def _kept(frames: Sequence[JudgedFrame], options: SegOptions) -> list[FrameOfSegment]:
    """Frames of the segmentation in order: segment by segment, or each image frame once."""
    everything = [
        FrameOfSegment(frame, number, (tissue,))
        for number, tissue in enumerate(options.segments, start=1)
        for frame in frames
    ]
    if options.kind is SegmentationType.LABELMAP:
        everything = [FrameOfSegment(frame, None, options.segments) for frame in frames]
    kept = [frame for frame in everything if options.empty_frames or not frame.is_empty]
    if not kept:
        msg = f"nothing was found in {len(frames)} frames: a segmentation without empty frames would have no frame"
        raise NotRepresentable(msg)
    return kept


def _describe(result: Dataset, source: SourceImage, frames: Sequence[JudgedFrame], options: SegOptions) -> None:
    """Segmentation Image module (PS3.3 C.8.20.2), less its pixels."""
    result.ImageType = ["DERIVED", "PRIMARY"]
    result.ContentLabel = "SONOPLACE"
    result.ContentDescription = "For research and quality assurance. Not for diagnosis."
    result.ContentCreatorName = None
    result.PatientOrientation = None
    result.SegmentationType = options.kind.value
    result.SegmentsOverlap = "YES" if _overlap(frames, options) else "NO"
    result.Rows, result.Columns = frames[0].height, frames[0].width
    result.SamplesPerPixel, result.PhotometricInterpretation = 1, "MONOCHROME2"
    result.PixelRepresentation = 0
    result.ReferencedSeriesSequence = referenced_series(source)
    say_compression(result, source)


def _overlap(frames: Sequence[JudgedFrame], options: SegOptions) -> bool:
    if options.kind is SegmentationType.LABELMAP:
        return False
    return any(overlapping([frame.bits[tissue] for tissue in options.segments]) for frame in frames)


def _index_dimensions(result: Dataset, source: SourceImage, *, by_segment: bool) -> None:
    """Multi-frame Dimension module (PS3.3 C.7.6.17): segment, then position in the cine."""
    organization = derived_uid("dimensions", source.sop_instance_uid)
    item = Dataset()
    item.DimensionOrganizationUID = organization
    result.DimensionOrganizationSequence = [item]
    pointers = [(0x0062000B, 0x0062000A, "Segment")] if by_segment else []
    pointers.append((0x00209128, 0x00209111, "Position in the cine"))
    result.DimensionIndexSequence = []
    for pointer, group, label in pointers:
        index = Dataset()
        index.DimensionOrganizationUID = organization
        index.DimensionIndexPointer, index.FunctionalGroupPointer = pointer, group
        index.DimensionDescriptionLabel = label
        result.DimensionIndexSequence.append(index)


def _write_pixels(result: Dataset, kept: Sequence[FrameOfSegment], options: SegOptions) -> UID:
    if options.kind is SegmentationType.LABELMAP:
        return label_pixels(result, kept)
    return packed_pixels(result, kept)
