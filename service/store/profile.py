"""Header of a kept DICOM file: the Basic Application Confidentiality Profile, applied to a list of what may be kept.

Two layers, the stricter one first. The list below says which attributes exist at all: an attribute that nobody thought
of stays out, private ones with it, and none in the list is free text (PS3.15 table E.1-1 names 620 attributes, and
says nothing of a name in a field where none belongs). What the profile changes of those is left to ``dicomanonymizer``,
whose tables are made from the standard's; its replacements are overruled where they would be random (UIDs) or a date
that nobody meant.

References
----------
DICOM PS3.15 E.1 (Application Level Confidentiality Profiles), E.2 (Basic Profile), E.3.1 (Clean Pixel Data Option).
"""

from collections.abc import Callable, Iterable
from functools import cache

from pydicom import Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.uid import UID

from service.store.identifiers import IdentifierKey

_TagPair = tuple[int, int]
_Action = Callable[[Dataset, _TagPair], None]

_EMPTY_ALLOWED = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber",
    "ReferringPhysicianName", "StudyID", "Manufacturer", "SeriesNumber", "InstanceNumber", "ContentDate", "ContentTime",
    "PatientOrientation", "Laterality",
)  # fmt: skip
"""Type 2 attributes of an ultrasound image (PS3.3 A.6, A.7): present in every object, often empty."""
_IDENTITY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber",
    "ReferringPhysicianName", "StudyID", "ContentDate", "ContentTime", "SOPInstanceUID", "StudyInstanceUID",
    "SeriesInstanceUID", "FrameOfReferenceUID",
)  # fmt: skip
"""Handed to the profile, which empties or replaces them."""
_TECHNICAL = (
    "FrameTime", "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate", "PixelSpacing",
    "PixelAspectRatio", "SeriesNumber", "InstanceNumber",
)  # fmt: skip
_REGION = (
    "RegionSpatialFormat", "RegionDataType", "RegionFlags", "RegionLocationMinX0", "RegionLocationMinY0",
    "RegionLocationMaxX1", "RegionLocationMaxY1", "ReferencePixelX0", "ReferencePixelY0", "PhysicalUnitsXDirection",
    "PhysicalUnitsYDirection", "PhysicalDeltaX", "PhysicalDeltaY", "ReferencePixelPhysicalValueX",
    "ReferencePixelPhysicalValueY",
)  # fmt: skip
KEPT = (
    "SpecificCharacterSet", *_IDENTITY, *_TECHNICAL, "FrameIncrementPointer", "ImageLaterality", "Laterality",
    "SequenceOfUltrasoundRegions",
)  # fmt: skip
"""Everything that is read of a header to make the one that is kept."""
_FRAME_TIME = 0x00181063
_LATERALITIES = frozenset("RLUB")
_NUMBERS = frozenset(("DS", "IS", "FD", "FL", "US", "SS", "UL", "SL", "AT"))

_BASIC_PROFILE = ("113100", "Basic Application Confidentiality Profile")
_CLEAN_PIXELS = ("113101", "Clean Pixel Data Option")


def deidentified_header(original: Dataset, key: IdentifierKey) -> Dataset:
    """Attributes of a file that are kept, without those that describe or hold its pixels.

    Parameters
    ----------
    original
        Data set of the file; it is not changed. Its SOP Instance UID has been found to be one.
    key
        Maps UIDs and the patient's identifier.
    """
    header = _sound(original, (*_IDENTITY, *_TECHNICAL))
    if original.get("FrameIncrementPointer") == _FRAME_TIME and "FrameTime" in header and "FrameTimeVector" in header:
        del header.FrameTimeVector  # of two the file itself says which one holds
    _complete_uids(header)
    _apply_basic_profile(header, key)
    for keyword in _EMPTY_ALLOWED:
        if keyword not in header:
            setattr(header, keyword, None)
    for keyword in ("ImageLaterality", "Laterality"):
        if original.get(keyword) in _LATERALITIES:
            setattr(header, keyword, original[keyword].value)
    if "ImageLaterality" in header:
        del header.Laterality  # it is one or the other (PS3.3 C.7.3.1)
    regions = original.get("SequenceOfUltrasoundRegions")
    if regions is not None:
        header.SequenceOfUltrasoundRegions = [_sound(region, _REGION) for region in regions]
    return header


def state_what_was_done(header: Dataset, *, text_left: bool) -> None:
    """Say in a header how it was de-identified, and whether the picture still holds text.

    The Clean Pixel Data Option is claimed only where no text was found in what is left of the picture.
    """
    header.PatientIdentityRemoved = "YES"
    header.DeidentificationMethod = ["PS3.15 Basic Profile", "pixels outside the B-mode rectangle blanked"]
    header.DeidentificationMethodCodeSequence = [
        _code(*code) for code in (_BASIC_PROFILE, *([] if text_left else [_CLEAN_PIXELS]))
    ]
    header.LongitudinalTemporalInformationModified = "REMOVED"
    header.BurnedInAnnotation = "YES" if text_left else "NO"


def _sound(original: Dataset, keywords: Iterable[str]) -> Dataset:
    """Listed elements that are written as the dictionary has them and whose numbers are numbers."""
    kept = Dataset()
    for keyword in keywords:
        if keyword in original:
            element = original[keyword]
            if keyword.endswith("UID"):  # replaced by a hash, whatever it is and however it is written
                kept[keyword] = DataElement(element.tag, "UI", str(element.value or ""), validation_mode=IGNORE)
            elif dictionary_VR(element.tag) == element.VR and _is_sound(element):
                kept[keyword] = DataElement(element.tag, element.VR, element.value)
    return kept


def _is_sound(element: DataElement) -> bool:
    if element.VR not in _NUMBERS:
        return True
    values = element.value if element.VM > 1 else [element.value]
    return all(isinstance(value, (int, float)) or type(value).__name__ == "DSdecimal" for value in values)


_NOBODY = "ANONYMOUS"


def _complete_uids(header: Dataset) -> None:
    """Give a file without study or series one of its own: the standard wants both, and an empty one is no UID."""
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
        if not header.get(keyword):
            setattr(header, keyword, f"{header.SOPInstanceUID}/{keyword}")


def _apply_basic_profile(header: Dataset, key: IdentifierKey) -> None:
    from dicomanonymizer.simpledicomanonymizer import anonymize_dataset

    def keyed(dataset: Dataset, tag: _TagPair) -> None:
        if tag in dataset:
            dataset[tag].value = UID(key.uid(str(dataset[tag].value)))

    def pseudonym(dataset: Dataset, tag: _TagPair) -> None:
        if tag in dataset and dataset[tag].value:
            dataset[tag].value = key.pseudonym(str(dataset[tag].value))

    overruled: dict[_TagPair, _Action] = {_tag(keyword): keyed for keyword in _IDENTITY if keyword.endswith("UID")}
    overruled |= {_tag(keyword): _emptied for keyword in _IDENTITY if keyword.endswith(("Date", "Time"))}
    overruled[_tag("PatientID")] = pseudonym
    anonymize_dataset(header, {**overruled}, delete_private_tags=True, base_rules_gen=_rules)
    # The profile lets a name be empty or a dummy; validators and archives take an empty one for a mistake.
    header.PatientName = header.get("PatientID") or _NOBODY


@cache
def _standard_rules() -> dict[_TagPair, _Action]:
    from dicomanonymizer.simpledicomanonymizer import initialize_actions_2024b

    return dict(initialize_actions_2024b())


def _rules() -> dict[_TagPair, _Action]:
    return dict(_standard_rules())


def _emptied(dataset: Dataset, tag: _TagPair) -> None:
    """Zero length, where the library writes the first of January of the year 1."""
    if tag in dataset:
        dataset[tag].value = None


def _tag(keyword: str) -> _TagPair:
    number = tag_for_keyword(keyword) or 0
    return number >> 16, number & 0xFFFF


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item
