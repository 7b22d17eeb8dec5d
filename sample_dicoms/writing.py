"""Grey cines as DICOM Ultrasound Multi-frame Image files (PS3.3 A.7), JPEG baseline, deterministic to the byte."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEGBaseline8Bit, UltrasoundMultiFrameImageStorage

from imaging.frame import GreyPixels
from imaging.geometry import BoxPx

_NAMESPACE = uuid.UUID("6f0e3b0a-52b7-4d0c-8f0b-2f4d3c1a9e77")
_CENTIMETRES = 3
_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Region:
    """One calibrated 2-D region: its rectangle and the size of its pixels in millimetres."""

    box: BoxPx
    spacing_mm: float


@dataclass(frozen=True, slots=True)
class CineDescription:
    """What a sample file says about itself."""

    name: str
    frame_time_ms: float
    regions: tuple[Region, ...]


def uid(*parts: str) -> str:
    """UID under 2.25 (PS3.5 B.2) that is the same for the same names."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(parts)).int}"


def write_cine(path: Path, frames: Iterable[GreyPixels], description: CineDescription) -> None:
    """Write frames ``[rows, columns]`` of one size as one multi-frame file without a patient."""
    pictures = list(frames)
    dataset = FileDataset(str(path), {}, file_meta=_file_meta(description.name), preamble=b"\0" * 128)
    _identify(dataset, description)
    _describe_pixels(dataset, pictures, description)
    dataset.SequenceOfUltrasoundRegions = [_region(region) for region in description.regions]
    dataset.PixelData = encapsulate([_jpeg(picture) for picture in pictures])
    dataset["PixelData"].VR = "OB"
    dataset.save_as(path, enforce_file_format=True)


def _file_meta(name: str) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    meta.MediaStorageSOPInstanceUID = UID(uid(name, "instance"))
    meta.TransferSyntaxUID = JPEGBaseline8Bit
    meta.ImplementationClassUID = UID(uid("implementation"))
    return meta


def _identify(dataset: Dataset, description: CineDescription) -> None:
    """Patient, study, series, equipment and instance modules; type 2 attributes without a value stay empty."""
    for keyword in (
        "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "ReferringPhysicianName", "AccessionNumber",
        "StudyID", "StudyTime", "Laterality", "PatientOrientation",
    ):  # fmt: skip
        setattr(dataset, keyword, None)
    dataset.SOPClassUID = UltrasoundMultiFrameImageStorage
    dataset.SOPInstanceUID = uid(description.name, "instance")
    dataset.StudyInstanceUID = uid(description.name, "study")
    dataset.SeriesInstanceUID = uid(description.name, "series")
    dataset.StudyDate = "20260101"
    dataset.Modality = "US"
    dataset.Manufacturer = "SonoPlace phantom"
    dataset.SeriesDescription = f"Synthetic: {description.name}"
    dataset.SeriesNumber, dataset.InstanceNumber = 1, 1
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]


def _describe_pixels(dataset: Dataset, pictures: Sequence[GreyPixels], description: CineDescription) -> None:
    rows, columns = pictures[0].shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "YBR_FULL_422"
    dataset.PlanarConfiguration, dataset.PixelRepresentation = 0, 0
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.NumberOfFrames = len(pictures)
    dataset.FrameTime = f"{description.frame_time_ms:.3f}"
    dataset.FrameIncrementPointer = 0x00181063
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"


def _region(region: Region) -> Dataset:
    """One item of Sequence of Ultrasound Regions (PS3.3 C.8.5.5); the lower right corner is inclusive."""
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = 1, 1, 0
    item.RegionLocationMinX0, item.RegionLocationMinY0 = region.box.x0, region.box.y0
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = region.box.x1 - 1, region.box.y1 - 1
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = _CENTIMETRES
    item.PhysicalDeltaX = item.PhysicalDeltaY = region.spacing_mm / 10.0
    return item


def _jpeg(picture: GreyPixels) -> bytes:
    """Three components with 4:2:2 sampling, as scanners write them."""
    colour = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    factor = int(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422)
    options = [int(cv2.IMWRITE_JPEG_QUALITY), _QUALITY, int(cv2.IMWRITE_JPEG_SAMPLING_FACTOR), factor]
    _, encoded = cv2.imencode(".jpg", colour, options)
    return np.asarray(encoded).tobytes()
