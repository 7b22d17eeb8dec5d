"""A DICOMweb server as an archive: studies by QIDO-RS (PS3.18 10.6), instances by WADO-RS (PS3.18 10.4)."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import requests
from dicomweb_client import DICOMwebClient

from imaging.dicom.header import refusing
from service.audit.archive import Selection, without_secrets
from service.errors import ArchiveUnreachable, NotFound

_T = TypeVar("_T")
_PAGE = 100
_PATIENCE_S = (1.0, 4.0)
"""Waits before a second and a third try."""
_TIMEOUT_S = 60.0
_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


@dataclass(frozen=True, slots=True)
class DicomWebArchive:
    """All ultrasound instances of a server, named ``study/series/instance`` by their UIDs."""

    url: str

    @property
    def identity(self) -> str:
        """The address."""
        return without_secrets(self.url)

    def names(self, selection: Selection) -> Iterator[str]:
        """Instances of studies in the wanted period, asked for a page of studies at a time.

        Ultrasound is asked for; what comes is looked at again in each file, as descriptions are.
        """
        client = _client(self.url)
        for study in _studies(client, _filters(selection)):
            for series in _series(client, study):
                yield from _instances(client, study, series)

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """Instance in a temporary file, in the transfer syntax it is stored in."""
        study, series, instance = name.split("/")
        client = _client(self.url)
        answer = _answered(lambda: client.retrieve_instance(study, series, instance, (("application/dicom", "*"),)))
        with tempfile.NamedTemporaryFile(prefix="sonoplace-", suffix=".dcm") as file:
            with refusing("instance that the server sent"):
                answer.save_as(file.name, enforce_file_format=True)
            yield Path(file.name)


def _filters(selection: Selection) -> dict[str, str]:
    period = f"{selection.since or ''}-{selection.until or ''}" if selection.since or selection.until else ""
    days = "-".join(day.strftime("%Y%m%d") if day else "" for day in (selection.since, selection.until))
    return {"ModalitiesInStudy": "US"} | ({"StudyDate": days} if period else {})


def _studies(client: DICOMwebClient, filters: dict[str, str]) -> Iterator[str]:
    offset, before = 0, list[str]()
    while True:
        ask = partial(client.search_for_studies, limit=_PAGE, offset=offset, search_filters=filters)
        page = [_value(study, _STUDY) for study in _answered(ask)]
        if not page or page == before:  # a server that knows no offset sends the same page for ever
            return
        yield from page
        offset, before = offset + len(page), page


def _series(client: DICOMwebClient, study: str) -> Iterator[str]:
    for series in _answered(lambda: client.search_for_series(study, search_filters={"Modality": "US"})):
        yield _value(series, _SERIES)


def _instances(client: DICOMwebClient, study: str, series: str) -> Iterator[str]:
    for instance in _answered(lambda: client.search_for_instances(study, series)):
        yield f"{study}/{series}/{_value(instance, _INSTANCE)}"


def _value(item: dict[str, Any], tag: str) -> str:
    """First value of an element in the DICOM JSON model (PS3.18 F.2).

    Raises
    ------
    ArchiveUnreachable
        If the server's answer lacks it.
    """
    try:
        return str(item[tag]["Value"][0])
    except (LookupError, TypeError) as error:
        msg = f"the server's answer has no element {tag}"
        raise ArchiveUnreachable(msg) from error


@cache
def _client(url: str) -> DICOMwebClient:
    """Client of an address; one per process, so that connections are kept."""
    return DICOMwebClient(url, timeout=_TIMEOUT_S, permissive_uid=True)


def _answered(ask: Callable[[], _T]) -> _T:
    """Answer of the server, asked again where it does not come.

    Raises
    ------
    NotFound
        If there is no such instance.
    UnreadableImage
        If what comes is not DICOM.
    ArchiveUnreachable
        If no answer comes.
    """
    for wait_s in (*_PATIENCE_S, None):
        try:
            return _asked(ask)
        except requests.RequestException as error:
            status = error.response.status_code if error.response is not None else None
            if status in _GONE:
                msg = "the server has no such instance any more"
                raise NotFound(msg) from error
            if wait_s is None:
                msg = f"the DICOMweb server does not answer ({type(error).__name__}, status {status})"
                raise ArchiveUnreachable(msg) from error
            time.sleep(wait_s)
    raise AssertionError  # the last round returns or raises


def _asked(ask: Callable[[], _T]) -> _T:
    answer: list[_T] = []
    failed: requests.RequestException | None = None
    with refusing("instance that the server sent"):
        try:
            answer.append(ask())
        except requests.RequestException as error:  # an OSError, which would pass for a damaged file
            failed = error
    if failed is not None:
        raise failed
    return answer[0]
