"""What took a procedure's pictures, as far as its row keeps it: to list and compare scanners by, and sealed with it."""

from service.source import DicomSource, Source
from service.store.tables import ProcedureRow

COLUMNS = ("manufacturer", "scanner", "transducer")
"""Of a procedure's row; see `imaging.dicom.equipment` for what they hold."""


def equipment_of(source: Source) -> dict[str, str | None]:
    """Columns of what took the pictures of a source; None where it does not say."""
    image = source.image if isinstance(source, DicomSource) else None
    said = (image.manufacturer, image.manufacturer_model, image.transducer) if image else ("",) * len(COLUMNS)
    return {name: value or None for name, value in zip(COLUMNS, said, strict=True)}


def sealed_equipment(row: ProcedureRow) -> dict[str, str]:
    """What is known of it; rows older than these columns say nothing, and their links neither."""
    return {name: value for name in COLUMNS if (value := getattr(row, name)) is not None}
