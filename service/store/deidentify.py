"""What is kept of a file: its picture and the numbers needed to judge it again, and nothing about a person.

A list of what is kept, not of what is removed: an attribute that nobody thought of stays out (PS3.15 table E.1-1 names
hundreds, private ones not counted). Text burned into the picture is not touched; it belongs to the pixels that were
judged.
"""

from pathlib import Path

from pydicom import Dataset, FileDataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from imaging.dicom.header import reading_elements
from imaging.raster import decode_grey, encode_png
from service.media import Media
from service.store.identifiers import IdentifierKey

_KEPT = (
    "SOPClassUID",
    "Modality",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "FrameIncrementPointer",
    "FrameTime",
    "FrameTimeVector",
    "CineRate",
    "RecommendedDisplayFrameRate",
    "Laterality",
    "ImageLaterality",
    "Rows",
    "Columns",
    "PixelSpacing",
    "PixelAspectRatio",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "WindowCenter",
    "WindowWidth",
    "RescaleIntercept",
    "RescaleSlope",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "LossyImageCompression",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "PixelData",
)
_KEPT_OF_REGION = (
    "RegionSpatialFormat",
    "RegionDataType",
    "RegionFlags",
    "RegionLocationMinX0",
    "RegionLocationMinY0",
    "RegionLocationMaxX1",
    "RegionLocationMaxY1",
    "ReferencePixelX0",
    "ReferencePixelY0",
    "PhysicalUnitsXDirection",
    "PhysicalUnitsYDirection",
    "PhysicalDeltaX",
    "PhysicalDeltaY",
    "ReferencePixelPhysicalValueX",
    "ReferencePixelPhysicalValueY",
)


def write_kept(source: Path, target: Path, media: Media, key: IdentifierKey) -> None:
    """Write what is kept of a file that was read without complaint."""
    if media is Media.DICOM:
        _write_dicom(source, target, key)
    else:
        # Decoded and encoded again: text chunks and EXIF stay behind, the grey levels are the same.
        target.write_bytes(encode_png(decode_grey(source.read_bytes())))


def _write_dicom(source: Path, target: Path, key: IdentifierKey) -> None:
    with reading_elements():  # values in pydicom's warnings and errors would end in the log
        _write_only(dcmread(source), target, key)


def _write_only(original: FileDataset, target: Path, key: IdentifierKey) -> None:
    kept = _only(original, _KEPT)
    kept.SOPInstanceUID = _uid(key, str(original.get("SOPInstanceUID", "")))
    kept.StudyInstanceUID = _uid(key, str(original.get("StudyInstanceUID", "")))
    regions = original.get("SequenceOfUltrasoundRegions")
    if regions is not None:
        kept.SequenceOfUltrasoundRegions = [_only(region, _KEPT_OF_REGION) for region in regions]
    kept.file_meta = FileMetaDataset()
    kept.file_meta.TransferSyntaxUID = original.file_meta.TransferSyntaxUID
    dcmwrite(target, kept, enforce_file_format=True)


def _only(original: Dataset | FileDataset, keywords: tuple[str, ...]) -> Dataset:
    kept = Dataset()
    for keyword in keywords:
        if keyword in original:
            kept[keyword] = original[keyword]
    return kept


def _uid(key: IdentifierKey, identifier: str) -> UID:
    """UID made from a keyed hash (PS3.5 B.2: root 2.25 and a 128-bit number)."""
    return UID(f"2.25.{int(key.hashed(identifier)[:32], 16)}")
