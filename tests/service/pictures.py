"""Drawn pictures and DICOM files with answers one knows beforehand."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from imaging.segmentation import Tissue
from tests.service.fake_segmenter import LEVELS

WIDTH, HEIGHT = 240, 200
SPACING_MM = 0.2
INSIDE = (120, 100)
"""A tip in the middle of the drawn recess, its point 3.3 mm from the nearest wall."""
BELOW = (120, 150)
"""A tip in the prefemoral fat pad under it."""
PERSON = {
    "PatientName": "Featherstonehaugh^Araminta",
    "PatientID": "MRN-7731-XQ",
    "PatientBirthDate": "19570823",
    "ReferringPhysicianName": "Quillfeather^Ambrose",
    "InstitutionName": "Saint Swithuns Infirmary",
    "StudyDescription": "left knee of Araminta",
    "AccessionNumber": "ACC-99213-ZZ",
    "SeriesDescription": "Mrs Featherstonehaugh",
    "ImageComments": "seen by Quillfeather",
}
EQUIPMENT = {"Manufacturer": "GE Healthcare", "ManufacturerModelName": "LOGIQ e", "TransducerData": "12L-RS"}
SOP_UID = "1.2.826.0.1.3680043.8.498.11223344556677"
STUDY_UID = "1.2.826.0.1.3680043.8.498.99887766554433"


def picture(tip: tuple[int, int] | None = INSIDE) -> np.ndarray:
    """Recess as an ellipse of 160 x 36 pixels around (120, 100), bone below, a needle from the upper left."""
    grey = np.full((HEIGHT, WIDTH), LEVELS[Tissue.QUADRICEPS], np.uint8)
    grey[100:] = LEVELS[Tissue.PREFEMORAL_FAT]
    cv2.ellipse(grey, (120, 100), (80, 18), 0, 0, 360, LEVELS[Tissue.RECESS], cv2.FILLED)
    grey[170:176] = LEVELS[Tissue.BONE]
    if tip is not None:
        cv2.line(grey, (tip[0] - 100, tip[1] - 40), tip, LEVELS[Tissue.NEEDLE], 3)
    return grey


def png(tip: tuple[int, int] | None = INSIDE) -> bytes:
    return encoded(".png", picture(tip))


def encoded(suffix: str, grey: np.ndarray) -> bytes:
    done, data = cv2.imencode(suffix, grey)
    assert done
    return data.tobytes()


def dicom(
    frames: Sequence[np.ndarray],
    spacings_mm: Sequence[float] = (SPACING_MM,),
    frame_time_ms: float = 40.0,
    laterality: str = "",
    **elements: str,
) -> bytes:
    """Native US multi-frame file, full of a made-up person, with one region for each spacing."""
    file = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.SOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    file.SOPInstanceUID, file.StudyInstanceUID, file.SeriesInstanceUID = SOP_UID, STUDY_UID, STUDY_UID + ".1"
    file.Modality = "US"
    if laterality:
        file.Laterality = laterality
    for keyword, value in (PERSON | elements).items():
        setattr(file, keyword, value)
    rows, columns = frames[0].shape
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.Rows, file.Columns, file.NumberOfFrames = rows, columns, len(frames)
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 8, 8, 7, 0
    file.FrameTime = frame_time_ms
    file.FrameIncrementPointer = 0x00181063
    width = columns // max(len(spacings_mm), 1)
    file.SequenceOfUltrasoundRegions = [
        _region(index * width, (index + 1) * width - 1, rows - 1, spacing) for index, spacing in enumerate(spacings_mm)
    ]
    file.PixelData = b"".join(frame.tobytes() for frame in frames)
    file["PixelData"].VR = "OB"
    buffer = io.BytesIO()
    file.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _region(x0: int, x1: int, y1: int, spacing_mm: float) -> Dataset:
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = x0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = x1, y1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = spacing_mm / 10
    return region
