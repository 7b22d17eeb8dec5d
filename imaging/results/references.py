"""References from a result to the image it is about."""

from pydicom.dataset import Dataset

from imaging.results import codes
from imaging.results.source import SourceImage


def referenced(source: SourceImage, frame_index: int | None = None) -> Dataset:
    """Image SOP Instance Reference (PS3.3 10.3); frames count from 1 there, and no number means all of them."""
    item = Dataset()
    item.ReferencedSOPClassUID = source.sop_class_uid
    item.ReferencedSOPInstanceUID = source.sop_instance_uid
    if frame_index is not None and source.is_multiframe:
        item.ReferencedFrameNumber = frame_index + 1
    return item


def referenced_series(source: SourceImage) -> list[Dataset]:
    """Referenced Series Sequence of Common Instance Reference (PS3.3 C.12.2)."""
    item = Dataset()
    item.SeriesInstanceUID = source.series_instance_uid
    item.ReferencedInstanceSequence = [referenced(source)]
    return [item]


def evidence(source: SourceImage) -> list[Dataset]:
    """Current Requested Procedure Evidence Sequence (PS3.3 C.17.2)."""
    series = Dataset()
    series.SeriesInstanceUID = source.series_instance_uid
    series.ReferencedSOPSequence = [referenced(source)]
    study = Dataset()
    study.StudyInstanceUID = source.study_instance_uid
    study.ReferencedSeriesSequence = [series]
    return [study]


def source_image(source: SourceImage, frame_index: int | None = None) -> Dataset:
    """Item of a Source Image Sequence, for a result on the image's own grid."""
    item = referenced(source, frame_index)
    item.PurposeOfReferenceCodeSequence = codes.coded(codes.SOURCE_IMAGE)
    item.SpatialLocationsPreserved = "YES"
    return item


def say_compression(result: Dataset, source: SourceImage) -> None:
    """Lossy compression that the image has been through is that of whatever is derived from it."""
    result.LossyImageCompression = "01" if source.is_lossy else "00"
    if source.is_lossy:
        for keyword in ("LossyImageCompressionRatio", "LossyImageCompressionMethod"):
            if source.header.get(keyword) is not None:
                result[keyword] = source.header[keyword]
