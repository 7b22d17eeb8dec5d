"""An image archive as a DICOMweb client sees it: whose image is this, and please keep these results beside it.

References
----------
DICOM PS3.18 10.4 (WADO-RS metadata), 10.5 (STOW-RS).
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset

from imaging.dicom.header import reading_elements
from imaging.errors import MissingExtra, UnreadableImage
from service.decoding.ask import InstanceName
from service.errors import ArchiveSilent, PushDelayed, PushRefused, SourceMissing
from service.pacs.stored import DUPLICATE, FAILED, FAILURE_REASON, OTHER_FAILURES, OUT_OF_RESOURCES, REFERENCED

if TYPE_CHECKING:
    import httpx2

_DICOM_JSON = "application/dicom+json"
_CONNECT_TIMEOUT_S = 5.0
_LATER = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,  # a site's credentials are mended without the results being sent anew
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,  # so is its address
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
_WITH_OUTCOMES = (HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT)
_OUTCOMES = frozenset({FAILED, OTHER_FAILURES, REFERENCED})
_BULK = frozenset({"BulkDataURI", "InlineBinary"})


class Archive:
    """One DICOMweb server. Use it from one event loop.

    Parameters
    ----------
    url
        Root of its DICOMweb services; ``/studies`` is below it.
    authorization
        Value of that header, or None.
    timeout_s
        Longest silence within an answer.
    """

    def __init__(self, url: str, authorization: str | None = None, timeout_s: float = 60.0) -> None:
        httpx = _http()
        self._studies = f"{url.rstrip('/')}/studies"
        self._client: httpx2.AsyncClient = httpx.AsyncClient(
            headers={"Authorization": authorization} if authorization else {},
            timeout=httpx.Timeout(timeout_s, connect=_CONNECT_TIMEOUT_S),
        )

    async def close(self) -> None:
        """Give back all connections."""
        await self._client.aclose()

    async def header(self, image: InstanceName) -> Dataset:
        """Header of an image as the archive has it: patient and study may have been corrected there since.

        Raises
        ------
        PushDelayed
            If the archive does not answer, or has no such image.
        PushRefused
            If its answer cannot be used.
        """
        url = f"{self._studies}/{image.study_uid}/series/{image.series_uid}/instances/{image.sop_uid}/metadata"
        answer = await self._ask("GET", url, headers={"Accept": _DICOM_JSON})
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.NO_CONTENT):
            msg = "the archive has no such image"
            raise SourceMissing(msg)
        _require_success(answer.status_code)
        found = _json(answer)
        if not isinstance(found, list) or len(found) != 1:
            msg = "the archive answers a question for one image with none or several"
            raise PushRefused(msg)
        return _dataset(found[0])

    async def store(self, instances: Sequence[bytes]) -> None:
        """Store DICOM files; that some were there already is no error.

        Raises
        ------
        PushDelayed
            If the archive does not answer, or has no room now.
        PushRefused
            If it refuses one of them for another reason.
        """
        boundary = uuid.uuid4().hex
        content_type = f'multipart/related; type="application/dicom"; boundary={boundary}'
        body = b"".join(_parts(instances, boundary.encode()))
        headers = {"Content-Type": content_type, "Accept": _DICOM_JSON}
        answer = await self._ask("POST", self._studies, content=body, headers=headers)
        if answer.status_code in _WITH_OUTCOMES and answer.content:
            failures = _failures(answer)
            if failures is not None:
                _require_none(failures, len(instances))
                return
        _require_success(answer.status_code)

    async def _ask(self, method: str, url: str, **given: Any) -> "httpx2.Response":  # noqa: ANN401 - httpx's own
        try:
            return await self._client.request(method, url, **given)
        except _http().HTTPError as error:
            msg = f"the archive does not answer ({type(error).__name__})"
            raise ArchiveSilent(msg) from error


def _parts(instances: Iterable[bytes], boundary: bytes) -> Iterable[bytes]:
    for instance in instances:
        yield b"--" + boundary + b"\r\nContent-Type: application/dicom\r\n\r\n" + instance + b"\r\n"
    yield b"--" + boundary + b"--\r\n"


def _require_success(status: int) -> None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    msg = f"the archive answers with status {status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _LATER:
        raise PushDelayed(msg)
    raise PushRefused(msg)


def _failures(answer: "httpx2.Response") -> list[int] | None:
    """Failure reasons in a Store Instances Response module; None if the answer is something else.

    That an instance is there already is no failure: UIDs of results say what they were made from, so it is the same.
    """
    module = _json(answer)
    if not isinstance(module, dict) or not _OUTCOMES & set(module):
        return None
    items = [item for tag in (FAILED, OTHER_FAILURES) for item in (module.get(tag) or {}).get("Value") or []]
    return [reason for item in items if (reason := _number(item)) != DUPLICATE]


def _number(item: Mapping[str, Any]) -> int:
    values = (item.get(FAILURE_REASON) or {}).get("Value") or [0]
    return int(values[0])


def _require_none(failures: Sequence[int], sent: int) -> None:
    if not failures:
        return
    reasons = ", ".join(sorted({f"{reason:04X}" for reason in failures}))
    msg = f"the archive refuses {len(failures)} of {sent} instances, reasons {reasons}"
    if all(reason == OUT_OF_RESOURCES for reason in failures):
        raise PushDelayed(msg)
    raise PushRefused(msg)


def _json(answer: "httpx2.Response") -> Any:  # noqa: ANN401 - whatever the server sent
    try:
        return answer.json()
    except ValueError as error:
        msg = "the archive's answer is not JSON"
        raise PushRefused(msg) from error


def _dataset(attributes: Mapping[str, Any]) -> Dataset:
    """Data set of the DICOM JSON model, without bulk data."""
    plain = {tag: value for tag, value in attributes.items() if not _BULK & set(value)}
    try:
        with reading_elements():
            return Dataset.from_json(plain)
    except UnreadableImage as error:
        msg = "the archive's header of the image cannot be read"
        raise PushRefused(msg) from error


def _http() -> Any:  # noqa: ANN401 - a module
    try:
        import httpx2
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="pacs", purpose="pushing results to an archive") from error
    return httpx2
