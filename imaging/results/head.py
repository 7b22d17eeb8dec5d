"""What every result object has: the image's patient and study, a series of its own, and the equipment that made it."""

from dataclasses import dataclass

from pydicom.config import IGNORE, RAISE
from pydicom.datadict import dictionary_VM, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pydicom.valuerep import validate_value

from imaging.results import codes
from imaging.results.author import MANUFACTURER, Author
from imaging.results.source import PATIENT_AND_STUDY, SourceImage
from imaging.results.uids import derived_uid

_TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber",
    "StudyID", "ReferringPhysicianName",
)  # fmt: skip
_SEXES = ("", "M", "F", "O")


@dataclass(frozen=True, slots=True)
class Kind:
    """Kind of result: its SOP class, modality, and what its series is called.

    ``moment`` names the date and time that the SOP class has for its content. ``names_side`` is for those whose series
    states the side of a paired body part, if only by an empty value (PS3.3 C.7.3.1; type 2C).
    """

    name: str
    sop_class_uid: UID
    modality: str
    series_number: int
    series_description: str
    moment: str = "Content"
    names_side: bool = False


def result_object(source: SourceImage, author: Author, kind: Kind) -> Dataset:
    """Dataset of this kind in the image's study, without content and not yet `sealed`."""
    result = Dataset()
    _patient_and_study(result, source)
    result.SOPClassUID = kind.sop_class_uid
    result.Modality, result.SeriesNumber, result.InstanceNumber = kind.modality, kind.series_number, 1
    result.SeriesDescription = kind.series_description
    result.SeriesInstanceUID = derived_uid("series", kind.name, source.sop_instance_uid, author.device_uid)
    if kind.names_side:
        result.Laterality = source.laterality
    _equipment(result, source, author)
    day, time = author.moment(source)
    for event in (kind.moment, "InstanceCreation", "Series"):
        setattr(result, f"{event}Date", day)
        setattr(result, f"{event}Time", time)
    result.CodingSchemeIdentificationSequence = codes.scheme_identification()
    return result


def _patient_and_study(result: Dataset, source: SourceImage) -> None:
    for keyword in _TYPE_2:
        setattr(result, keyword, None)
    for keyword in PATIENT_AND_STUDY:
        if keyword in source.header:
            element = _as_in_dictionary(source.header[keyword])
            if _conforms(element):
                result.add(element)


def _as_in_dictionary(element: DataElement) -> DataElement:
    """Element with the VR that the dictionary has for it; some machines write another."""
    vr = dictionary_VR(element.tag)
    return element if vr == element.VR else DataElement(element.tag, vr, element.value, validation_mode=IGNORE)


def _conforms(element: DataElement) -> bool:
    """Whether a value may be written as its VR; the image's own faults are not passed on."""
    if element.VR == "SQ":
        return True
    if element.VM > 1 and dictionary_VM(element.tag) == "1":
        return False
    try:
        for value in element.value if element.VM > 1 else [element.value]:
            validate_value(element.VR, "" if value is None else str(value), RAISE)
    except ValueError:
        return False
    if element.VR == "DA":
        return len(str(element.value or "")) in (0, 8)
    return element.keyword != "PatientSex" or (element.value or "") in _SEXES


def _equipment(result: Dataset, source: SourceImage, author: Author) -> None:
    """Enhanced General Equipment (PS3.3 C.7.5.2): the network's hash stands where a device has its serial number."""
    result.Manufacturer = MANUFACTURER
    result.ManufacturerModelName = author.model.name
    result.DeviceSerialNumber = author.model.sha256[:64]
    result.SoftwareVersions = author.versions()
    scanner = source.header.get("Manufacturer")
    if scanner:
        item = Dataset()
        item.PurposeOfReferenceCodeSequence = codes.coded(codes.ACQUISITION_EQUIPMENT)
        item.Manufacturer = scanner
        if source.header.get("ManufacturerModelName"):
            item.ManufacturerModelName = source.header.ManufacturerModelName
        result.ContributingEquipmentSequence = [item]
