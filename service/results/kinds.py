"""Which DICOM objects a procedure gives."""

from enum import StrEnum


class ResultKind(StrEnum):
    """Objects that a procedure gives; the value is the name of the file."""

    SEG = "seg"
    SR = "sr"
    SC = "sc"
    PS = "ps"


EVERY_KIND = tuple(ResultKind)
