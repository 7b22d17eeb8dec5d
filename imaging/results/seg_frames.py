"""Functional groups of a segmentation's frames (PS3.3 C.7.6.16): which image frame and which segment each one is."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from imaging.geometry import PixelSpacing
from imaging.results import codes
from imaging.results.judged import JudgedFrame
from imaging.results.references import source_image
from imaging.results.source import SourceImage
from imaging.segmentation import Tissue

_IN_PICTURE = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
"""Rows run along x, columns along y."""


@dataclass(frozen=True, slots=True)
class FrameOfSegment:
    """One frame of a segmentation; ``number`` is that of its one segment, None where all share the frame."""

    judged: JudgedFrame
    number: int | None
    tissues: tuple[Tissue, ...]

    @property
    def is_empty(self) -> bool:
        """Whether no pixel belongs to any of its tissues."""
        return not any(any(self.judged.bits[tissue]) for tissue in self.tissues)


def shared_groups(spacing: PixelSpacing | None) -> Dataset:
    """What all frames share.

    Pixel Measures is left out where nothing says how large a pixel is: with a Derivation Image Sequence the standard
    does not require it (PS3.3 table A.51-2), and a made-up size would be measured with.
    """
    shared = Dataset()
    if spacing is not None:
        measures = Dataset()
        measures.PixelSpacing = [_decimal(spacing.row_mm), _decimal(spacing.column_mm)]
        shared.PixelMeasuresSequence = [measures]
    orientation = Dataset()
    orientation.ImageOrientationPatient = _IN_PICTURE
    shared.PlaneOrientationSequence = [orientation]
    return shared


def per_frame_groups(source: SourceImage, kept: Sequence[FrameOfSegment]) -> list[Dataset]:
    """What differs from frame to frame, in their order."""
    position = Dataset()
    position.ImagePositionPatient = [0.0, 0.0, 0.0]
    derivation = codes.coded(codes.SEGMENTATION)
    return [_groups(source, frame, position, derivation) for frame in kept]


def _groups(source: SourceImage, frame: FrameOfSegment, position: Dataset, derivation: list[Dataset]) -> Dataset:
    groups, content, derived = Dataset(), Dataset(), Dataset()
    place = frame.judged.index + 1
    content.TemporalPositionIndex = place
    content.DimensionIndexValues = [place] if frame.number is None else [frame.number, place]
    groups.FrameContentSequence = [content]
    groups.PlanePositionSequence = [position]
    derived.SourceImageSequence = [source_image(source, frame.judged.index)]
    derived.DerivationCodeSequence = derivation
    groups.DerivationImageSequence = [derived]
    if frame.number is not None:
        segment = Dataset()
        segment.ReferencedSegmentNumber = frame.number
        groups.SegmentIdentificationSequence = [segment]
    return groups


def _decimal(value: float) -> str:
    """A number as a decimal string of at most 16 characters (VR DS)."""
    return f"{value:.10g}"
