"""The door for machines that speak DIMSE: C-STORE and C-ECHO in, the service's own STOW-RS behind it.

A process of its own, so that the association protocol shares nothing with the service but its HTTP interface: the same
intake, limits and refusals hold. An instance is on disk, never in memory, while it passes.

References
----------
DICOM PS3.4 annex B (Storage service class; B.2.3 status codes), annex A (Verification).
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import structlog

from imaging.dicom.pixels import ENCAPSULATED, NATIVE
from imaging.dicom.video import VIDEO
from imaging.errors import MissingExtra
from service.access.environment import key_at_hand
from service.errors import PayloadTooLarge, outcome_of
from service.pacs.stored import FAILED, FAILURE_REASON, OTHER_FAILURES, OUT_OF_RESOURCES, PROCESSING_FAILURE
from service.settings import MEGABYTE

if TYPE_CHECKING:
    from pynetdicom import events
    from pynetdicom.ae import ApplicationEntity
    from pynetdicom.association import Association
    from pynetdicom.transport import ThreadedAssociationServer

_SUCCESS = 0x0000
_STORAGE = "1.2.840.10008.5.1.4.1.1."
_SOP_CLASSES = tuple(_STORAGE + end for end in ("6.1", "3.1", "6", "3", "7", "7.1", "7.2", "7.3", "7.4"))
"""Ultrasound and Secondary Capture images, as `imaging.dicom` reads them; anything else is not negotiated."""
_BOUNDARY = b"sonoplace-instance-6d1f0c2e9b7a"
_CHUNK = 1 << 20
_MOST_PDU_BYTES = 1 << 18
"""Largest piece a sender may put in one message: 256 KiB, so that sixteen senders hold 4 MiB."""
_UNANSWERED_S = 60.0


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """Where the gateway listens, whom it takes instances from, and where it brings them.

    Parameters
    ----------
    service_url
        Address of the service.
    ae_title
        Its own name; whoever calls must know it.
    callers
        Names it takes instances from; nobody is asked for their name if empty.
    most_associations
        Senders at a time; one more is turned away.
    most_mb
        Largest instance, in megabytes.
    patience_s
        So long an instance waits for room in the service before its sender is told to come back.
    """

    service_url: str
    host: str = "127.0.0.1"
    port: int = 11112
    ae_title: str = "SONOPLACE"
    callers: tuple[str, ...] = ()
    most_associations: int = 16
    most_mb: float = 512.0
    patience_s: float = 60.0


@dataclass(frozen=True, eq=False)
class Gateway:
    """Takes instances while it is open."""

    options: GatewayOptions
    _received: "WeakKeyDictionary[Association, int]" = field(default_factory=WeakKeyDictionary)

    def open(self) -> "ThreadedAssociationServer":
        """Begin to listen; ``shutdown()`` of what is given ends it.

        Raises
        ------
        MissingExtra
            If the optional part for it is not installed.
        """
        pynetdicom = _pynetdicom()
        pynetdicom._config.STORE_RECV_CHUNKED_DATASET = True  # noqa: SLF001 - the library's documented switch
        evt = pynetdicom.evt
        handlers: list[Any] = [
            (evt.EVT_C_ECHO, lambda _: _SUCCESS),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_DATA_RECV, self._count),
        ]
        address = (self.options.host, self.options.port)
        server = _entity(pynetdicom, self.options).start_server(address, block=False, evt_handlers=handlers)
        return cast("ThreadedAssociationServer", server)  # None only for one that blocks

    def _count(self, event: "events.Event") -> None:
        """Break off a sender whose instance passes the limit before it fills the disk."""
        received = self._received.get(event.assoc, 0) + len(event.data)
        self._received[event.assoc] = received
        if received > self.options.most_mb * MEGABYTE:
            structlog.get_logger().warning("instance too large", limit_mb=self.options.most_mb)
            event.assoc.abort()

    def _store(self, event: "events.Event") -> int:
        self._received[event.assoc] = 0
        status = self._bring(Path(event.dataset_path))
        structlog.get_logger().info("instance", status=f"{status:04X}")
        return status

    def _bring(self, path: Path) -> int:
        """C-STORE status of an instance that was handed to the service."""
        import httpx2

        until = time.monotonic() + self.options.patience_s
        with httpx2.Client(timeout=_UNANSWERED_S, headers=_authorization()) as client:
            while True:
                status = _handed_over(client, f"{self.options.service_url.rstrip('/')}/dicom-web/studies", path)
                if status != OUT_OF_RESOURCES or time.monotonic() >= until:
                    return status
                time.sleep(min(1.0, self.options.patience_s / 10))


def _entity(pynetdicom: Any, options: GatewayOptions) -> "ApplicationEntity":  # noqa: ANN401 - a module
    entity = pynetdicom.AE(ae_title=options.ae_title)
    entity.maximum_associations = options.most_associations
    entity.maximum_pdu_size = _MOST_PDU_BYTES
    entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = _UNANSWERED_S
    entity.require_called_aet = True
    entity.require_calling_aet = list(options.callers)
    entity.add_supported_context(pynetdicom.sop_class.Verification)
    for sop_class in _SOP_CLASSES:
        entity.add_supported_context(sop_class, sorted(ENCAPSULATED | NATIVE | VIDEO))
    return entity  # type: ignore[no-any-return] # as above


def _authorization() -> dict[str, str]:
    """Header with the key of access, where there is one."""
    key = key_at_hand()
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def _handed_over(client: Any, url: str, path: Path) -> int:  # noqa: ANN401 - an httpx client
    import httpx2

    content_type = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY.decode()}'
    try:
        answer = client.post(url, content=_body(path), headers={"Content-Type": content_type})
    except httpx2.HTTPError:
        return OUT_OF_RESOURCES  # for the sender it is the same: not now
    if answer.status_code == HTTPStatus.OK:
        return _SUCCESS
    if answer.status_code == outcome_of(PayloadTooLarge).status:
        return OUT_OF_RESOURCES
    try:
        return next(_reasons(answer.json()), PROCESSING_FAILURE)
    except ValueError:
        return PROCESSING_FAILURE


def _reasons(module: dict[str, Any]) -> Iterator[int]:
    for tag in (FAILED, OTHER_FAILURES):
        for item in module.get(tag, {}).get("Value", []):
            yield int(item[FAILURE_REASON]["Value"][0])


def _body(path: Path) -> Iterable[bytes]:
    yield b"--" + _BOUNDARY + b"\r\nContent-Type: application/dicom\r\n\r\n"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
    yield b"\r\n--" + _BOUNDARY + b"--\r\n"


def _pynetdicom() -> Any:  # noqa: ANN401 - a module
    try:
        import httpx2  # noqa: F401 - the other half of the same optional part
        import pynetdicom
        import pynetdicom.sop_class
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="pacs", purpose="taking instances by C-STORE") from error
    return pynetdicom
