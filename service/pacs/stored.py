"""What became of each instance of a store request, and the answer that says so in DICOM's own terms.

References
----------
DICOM PS3.18 10.5.3 (status codes and payload) and I.2 (Store Instances Response module), PS3.4 B.2.3 (failure reasons).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from imaging.errors import (
    BadInput,
    ImageTooLarge,
    ImagingError,
    MissingExtra,
    UnreadableImage,
    UnsupportedImage,
)
from service.decoding.ask import InstanceName
from service.errors import Busy, ServiceError, StoreUnreachable, WrongStudy

REFERENCED_CLASS, REFERENCED_UID = "00081150", "00081155"
_RETRIEVE_URL, FAILURE_REASON = "00081190", "00081197"
FAILED, REFERENCED, OTHER_FAILURES = "00081198", "00081199", "0008119A"

PROCESSING_FAILURE, OUT_OF_RESOURCES, MISMATCH = 0x0110, 0xA700, 0xA900
DUPLICATE = 0x0111
CANNOT_UNDERSTAND, CLASS_NOT_SUPPORTED, SYNTAX_NOT_SUPPORTED = 0xC000, 0x0122, 0xC122

_REASONS: tuple[tuple[type[Exception], int], ...] = (
    (Busy, OUT_OF_RESOURCES),
    (StoreUnreachable, OUT_OF_RESOURCES),
    (WrongStudy, MISMATCH),
    (ImageTooLarge, OUT_OF_RESOURCES),
    (UnsupportedImage, CLASS_NOT_SUPPORTED),
    (UnreadableImage, CANNOT_UNDERSTAND),
    (MissingExtra, SYNTAX_NOT_SUPPORTED),
    (BadInput, MISMATCH),
)
"""Failure reason of a refusal; the first class that fits. C122 is PS3.18's "Transfer Syntax not supported"."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One instance of a request: accepted if it has no failure; nameless if it could not be read so far."""

    name: InstanceName | None
    failure: int | None = None


def failure_reason(error: ImagingError | ServiceError) -> int:
    """DICOM's code for a refusal."""
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), PROCESSING_FAILURE)


def status_of(stored: Sequence[Stored]) -> HTTPStatus:
    """Status of the whole request (PS3.18 table 10.5.3-1)."""
    failures = [item.failure for item in stored if item.failure is not None]
    if not failures:
        return HTTPStatus.OK
    if len(failures) < len(stored):
        return HTTPStatus.ACCEPTED
    if all(failure == OUT_OF_RESOURCES for failure in failures):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.CONFLICT


def response_module(stored: Sequence[Stored]) -> dict[str, Any]:
    """Store Instances Response module in the DICOM JSON model (PS3.18 F.2, 10.5.3.2).

    Retrieve URLs stay empty: what is kept is judged here, and fetched from the archive that it came from.
    """
    accepted = [_reference(item.name) for item in stored if item.failure is None and item.name]
    failed = [
        {**_reference(item.name), **_reason(item.failure)} for item in stored if item.failure is not None and item.name
    ]
    nameless = [_reason(item.failure) for item in stored if item.failure is not None and not item.name]
    module: dict[str, Any] = {_RETRIEVE_URL: {"vr": "UR"}}
    for tag, items in ((FAILED, failed), (REFERENCED, accepted), (OTHER_FAILURES, nameless)):
        if items:
            module[tag] = {"vr": "SQ", "Value": items}
    return module


def _reference(name: InstanceName) -> dict[str, Any]:
    return {
        REFERENCED_CLASS: {"vr": "UI", "Value": [name.sop_class_uid]},
        REFERENCED_UID: {"vr": "UI", "Value": [name.sop_uid]},
    }


def _reason(failure: int) -> dict[str, Any]:
    return {FAILURE_REASON: {"vr": "US", "Value": [failure]}}
