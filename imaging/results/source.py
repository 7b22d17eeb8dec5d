"""The image that results are about: its identity, patient and study, as its header states them."""

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID

from imaging.dicom.attributes import code, integer
from imaging.dicom.header import reading_elements, uid
from imaging.errors import NotRepresentable

PATIENT_AND_STUDY = (
    "SpecificCharacterSet", "TimezoneOffsetFromUTC",
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientBirthTime",
    "OtherPatientNames", "EthnicGroup", "PatientComments", "PatientIdentityRemoved", "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "PatientAge", "PatientSize", "PatientWeight", "AdditionalPatientHistory",
    "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "StudyDescription",
    "ReferringPhysicianName", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy",
    "LongitudinalTemporalInformationModified",
    "ClinicalTrialSponsorName", "ClinicalTrialProtocolID", "ClinicalTrialProtocolName", "ClinicalTrialSiteID",
    "ClinicalTrialSiteName", "ClinicalTrialSubjectID", "ClinicalTrialSubjectReadingID", "ClinicalTrialTimePointID",
)  # fmt: skip
"""Attributes that every object of a study shares."""
_IMAGE = (
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "Manufacturer", "ManufacturerModelName",
    "Laterality", "ImageLaterality", "NumberOfFrames", "Rows", "Columns", "PhotometricInterpretation",
    "SamplesPerPixel", "BurnedInAnnotation", "LossyImageCompression", "LossyImageCompressionRatio",
    "LossyImageCompressionMethod", "FrameTime", "FrameTimeVector", "FrameIncrementPointer", "CineRate",
    "RecommendedDisplayFrameRate", "ContentDate", "ContentTime", "AcquisitionDateTime", "AcquisitionDate",
    "AcquisitionTime", "SeriesDate", "SeriesTime", "WindowCenter", "WindowWidth",
)  # fmt: skip
_IMAGE_CLASS = "1.2.840.10008.5.1.4.1.1."
_MULTIFRAME = frozenset(_IMAGE_CLASS + end for end in ("3.1", "3", "7.1", "7.2", "7.3", "7.4"))
_SUCCESSORS = {_IMAGE_CLASS + "6": _IMAGE_CLASS + "6.1", _IMAGE_CLASS + "3": _IMAGE_CLASS + "3.1"}
"""Retired ultrasound classes, and what took their place."""
_MOMENTS = (("ContentDate", "ContentTime"), ("AcquisitionDate", "AcquisitionTime"), ("SeriesDate", "SeriesTime"))
_STUDY_MOMENT = ("StudyDate", "StudyTime")


@dataclass(frozen=True, eq=False)
class SourceImage:
    """Header of the image that was judged.

    Raises
    ------
    NotRepresentable
        If it names no study, series or instance that results could refer to, or has several frames that no reference
        can tell apart.
    """

    header: Dataset

    def __post_init__(self) -> None:
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            if not self.header.get(keyword):
                msg = f"the image has no {keyword}: expected one for results to refer to"
                raise NotRepresentable(msg)
        if self.frame_count > 1 and not self.is_multiframe:
            msg = (
                f"the image has {self.frame_count} frames in SOP class {self.sop_class_uid}, which is for single ones: "
                "a reference can name none of them (PS3.3 10.3)"
            )
            raise NotRepresentable(msg)

    @property
    def sop_class_uid(self) -> UID:
        """Kind of image."""
        return UID(uid(self.header, "SOPClassUID"))

    @property
    def present_class_uid(self) -> UID:
        """Kind of image, that of its successor where it is retired."""
        return UID(_SUCCESSORS.get(self.sop_class_uid, self.sop_class_uid))

    @property
    def sop_instance_uid(self) -> UID:
        """The image itself."""
        return UID(uid(self.header, "SOPInstanceUID"))

    @property
    def series_instance_uid(self) -> UID:
        """Series of the image."""
        return UID(uid(self.header, "SeriesInstanceUID"))

    @property
    def study_instance_uid(self) -> UID:
        """Study of the image, and of its results."""
        return UID(uid(self.header, "StudyInstanceUID"))

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return integer(self.header, "NumberOfFrames", 1)

    @property
    def is_multiframe(self) -> bool:
        """Whether references to the image name a frame."""
        return self.sop_class_uid in _MULTIFRAME

    @property
    def laterality(self) -> str | None:
        """R or L; None where nothing says."""
        for keyword in ("ImageLaterality", "Laterality"):
            if code(self.header, keyword) in ("R", "L"):
                return code(self.header, keyword)
        return None

    @property
    def is_lossy(self) -> bool:
        """Whether the image has been compressed with loss."""
        return code(self.header, "LossyImageCompression") == "01"

    @property
    def may_identify(self) -> bool:
        """Whether text in the picture may name the patient; only an explicit NO rules it out (PS3.3 C.7.6.1)."""
        return code(self.header, "BurnedInAnnotation") != "NO"

    def moment(self) -> tuple[str, str] | None:
        """Date and time of the image's content (DA, TM), midnight if only a date is known; None where nothing says."""
        stated = [(self._text(day), self._text(time)) for day, time in (*_MOMENTS, _STUDY_MOMENT)]
        whole = [(day, time) for day, time in stated if day and time]
        dated = [(day, "000000") for day, _ in stated if day]
        return next(iter((*whole, *dated)), None)

    def _text(self, keyword: str) -> str:
        value = str(self.header.get(keyword) or "")
        form = "%Y%m%d" if keyword.endswith("Date") else "%H%M%S"
        try:
            return datetime.strptime(value.partition(".")[0], form).strftime(form)  # noqa: DTZ007 - DICOM states no zone
        except ValueError:
            return ""


def read_source(file: bytes | Path) -> SourceImage:
    """Header of an image file that `imaging.dicom.read_dicom` has accepted, so that its limits hold.

    Raises
    ------
    UnreadableImage
        If the header is damaged.
    NotRepresentable
        If results could not refer to the image.
    """
    wanted = [*PATIENT_AND_STUDY, *_IMAGE]
    with reading_elements():
        stream = io.BytesIO(file) if isinstance(file, bytes) else file
        read = dcmread(stream, stop_before_pixels=True, specific_tags=wanted)
        header = Dataset()
        for element in read:  # converts every value now, while odd ones are kept quiet
            header.add(element)
    return SourceImage(header)
