"""Which instance of which study a file is: the four identifiers, and nothing else of its header."""

from dataclasses import dataclass
from pathlib import Path

from imaging.dicom.header import DEFAULT_LIMITS, read_head, reading_elements, uid


@dataclass(frozen=True, slots=True)
class InstanceName:
    """Identifiers of a DICOM instance as they are in its file; study and series are "" where it has none."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class_uid: str


def read_instance_name(path: Path) -> InstanceName:
    """Identifiers of a file.

    Raises
    ------
    imaging.errors.BadInput
        If it is not a DICOM file, or a damaged one, or names no instance.
    """
    head = read_head(path, DEFAULT_LIMITS)
    with reading_elements():
        return InstanceName(
            study_uid=uid(head.elements, "StudyInstanceUID", ""),
            series_uid=uid(head.elements, "SeriesInstanceUID", ""),
            sop_uid=uid(head.elements, "SOPInstanceUID"),
            sop_class_uid=uid(head.elements, "SOPClassUID"),
        )
