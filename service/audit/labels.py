"""What a file says about its procedure beside the picture: read to select and to group by, never kept as it is."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from pydicom import Dataset, dcmread

from imaging.dicom.header import reading_elements
from service.store.identifiers import IdentifierKey

_WANTED = [
    "SpecificCharacterSet", "StudyDate", "StudyDescription", "SeriesDescription", "InstitutionName",
    "PerformingPhysicianName", "OperatorsName", "StudyInstanceUID", "SOPInstanceUID",
]  # fmt: skip


class DatePrecision(StrEnum):
    """How much of a study date is kept."""

    NONE = "none"
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    DAY = "day"

    def cut(self, day: date | None) -> str | None:
        """Date in this precision: 2026, 2026-Q1, 2026-01 or 2026-01-31."""
        if day is None or self is DatePrecision.NONE:
            return None
        forms = {
            DatePrecision.YEAR: f"{day:%Y}",
            DatePrecision.QUARTER: f"{day:%Y}-Q{(day.month + 2) // 3}",
            DatePrecision.MONTH: f"{day:%Y-%m}",
            DatePrecision.DAY: f"{day:%Y-%m-%d}",
        }
        return forms[self]


@dataclass(frozen=True, slots=True)
class Labels:
    """Attributes of a file; "" where it says nothing."""

    study_date: date | None = None
    descriptions: tuple[str, ...] = ()
    site: str = ""
    operator: str = ""
    study_uid: str = ""
    sop_uid: str = ""

    def hashed(self, key: IdentifierKey) -> dict[str, str | None]:
        """What is kept of the identifiers: keyed hashes, null for nothing."""
        names = {"site": self.site, "operator": self.operator, "study": self.study_uid, "sop": self.sop_uid}
        return {f"{name}_hmac": key.hashed(value) if value else None for name, value in names.items()}


def read_labels(path: Path) -> Labels:
    """Labels of a DICOM file that was found readable before.

    Raises
    ------
    UnreadableImage
        If an attribute is damaged.
    """
    with reading_elements():
        dataset = dcmread(path, stop_before_pixels=True, specific_tags=list(_WANTED))
        return Labels(
            study_date=_date(_text(dataset, "StudyDate")),
            descriptions=tuple(_text(dataset, name) for name in ("StudyDescription", "SeriesDescription")),
            site=_text(dataset, "InstitutionName"),
            operator=_text(dataset, "PerformingPhysicianName") or _text(dataset, "OperatorsName"),
            study_uid=_text(dataset, "StudyInstanceUID"),
            sop_uid=_text(dataset, "SOPInstanceUID"),
        )


def _text(dataset: Dataset, keyword: str) -> str:
    """Value as text; several ones as DICOM writes them."""
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()


def _date(text: str) -> date | None:
    """Date of the form YYYYMMDD (PS3.5 6.2); anything else is none."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a study date has no time zone
    except ValueError:
        return None
