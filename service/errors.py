"""Everything the service refuses, as one tree, and the one table that turns a refusal into a status.

::

    ServiceError
    ├── BadQuery                a query parameter or header that cannot be used
    │   └── SpacingConflict     the caller's pixel spacing contradicts the file's own
    ├── BadMultipart            a body that is not the parts its content type announces
    ├── WrongStudy              an instance that belongs to another study than it was stored in
    ├── PayloadTooLarge         a body over its stated limit
    ├── UnsupportedMediaType    a content type that is not taken
    │   └── MediaTypeMismatch   the body is not what its content type says
    ├── NotAcceptable           nothing that is offered is accepted
    ├── NotFound                no such procedure or frame
    ├── NotReady                asked for something that is not there yet
    ├── Busy                    more work waits than is allowed to
    ├── Superseded              the model or rules changed since the stored answer was given
    ├── BadMessage              a live message that cannot be used
    │   └── UnexpectedMessage   a live message that is not allowed in the session's present state
    ├── SessionIdle             nothing came over a live connection for too long
    ├── SessionTooLong          a live connection reached its longest life
    ├── TakenOver               a newer connection continues this live session
    ├── ForeignOrigin           a page of another site asked for a live session
    ├── BadSetting              a setting that cannot be used
    ├── Unauthenticated, Forbidden, TooManyRequests, AccessLogUnwritable   see `service.access.errors`
    ├── ProcedureFailed         asked for the answer to what failed, see `service.store.ended`
    ├── LostRun                 another process analyses this procedure now
    ├── DamagedStore            what is kept is missing or not what it was
    ├── StoreUnreachable        the database or the object store does not answer
    ├── PushDelayed             the archive did not take results now; it may later
    │   ├── ArchiveSilent       the archive does not answer at all
    │   └── SourceMissing       the archive does not hold the image that the results are about
    ├── PushRefused             the archive will not take the results, however often they are sent
    └── AuditStopped            an audit ended before all was done; the same command goes on where it ended
        ├── ArchiveUnreachable  the archive that is audited does not answer
        ├── OtherAudit          the folder holds an audit that asked something else
        ├── AuditUnderWay       another process is at work on this folder
        ├── WorkerDiffers       a worker's model, rules or code are not the driver's
        └── FolderNotShared     a worker does not see the folder that the driver sees

``imaging`` has its own tree and has never heard of HTTP; the table below knows both. Messages say what was received
and what was expected, never what a picture shows and never an identifier from a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imaging.errors import (
    AmbiguousRegions,
    BadBox,
    BadInput,
    BadModel,
    BadSpacing,
    DecoderEnded,
    DecodingTooLong,
    ImageTooLarge,
    ImagingError,
    MissingExtra,
    NotCalibrated,
    NotRepresentable,
    UnreadableImage,
    UnsupportedImage,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a refusal looks like from outside: HTTP status, WebSocket close code and a title that never changes."""

    status: int
    close_code: int
    title: str


class ServiceError(Exception):
    """Base of every error that the service raises on purpose."""

    code = "service-error"

    def __init_subclass__(cls, outcome: Outcome | None = None) -> None:
        """Enter a room's own error into the one table: ``class Refused(ServiceError, outcome=Outcome(...))``."""
        super().__init_subclass__()
        if outcome is not None:
            OUTCOMES[cls] = outcome

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that belong to the refusal."""
        return {}


class BadQuery(ServiceError):
    """A query parameter or header that cannot be used."""

    code = "bad-query"


class SpacingConflict(BadQuery):
    """The caller's pixel spacing contradicts the one the file carries."""

    code = "spacing-conflict"


class BadMultipart(ServiceError):
    """A body that is not made of the parts that its content type announces."""

    code = "bad-multipart"


class WrongStudy(ServiceError):
    """An instance that belongs to another study than the one it was to be stored in."""

    code = "wrong-study"


class PayloadTooLarge(ServiceError):
    """A body over its stated limit."""

    code = "payload-too-large"

    def __init__(self, limit_mb: float) -> None:
        super().__init__(f"the body is over the limit of {limit_mb:g} MB")


class UnsupportedMediaType(ServiceError):
    """A content type that is not taken."""

    code = "unsupported-media-type"


class MediaTypeMismatch(UnsupportedMediaType):
    """The body is not what its content type says."""

    code = "media-type-mismatch"


class NotAcceptable(ServiceError):
    """Nothing that is offered is accepted."""

    code = "not-acceptable"


class NotFound(ServiceError):
    """No such procedure or frame."""

    code = "not-found"


class NotReady(ServiceError):
    """Asked for something that is not there yet."""

    code = "not-ready"

    @property
    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"Retry-After": "1"}


class Busy(ServiceError):
    """More work waits than is allowed to."""

    code = "busy"

    def __init__(self, waiting: int, retry_after_s: int = 1) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"{waiting} pieces of work wait already: try again in {retry_after_s} s")

    @property
    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"Retry-After": str(self.retry_after_s)}


class Superseded(ServiceError):
    """The model or the rules changed since the stored answer was given."""

    code = "superseded"


class BadMessage(ServiceError):
    """A live message that cannot be used."""

    code = "bad-message"


class UnexpectedMessage(BadMessage):
    """A live message that is not allowed in the session's present state."""

    code = "unexpected-message"


class SessionIdle(ServiceError):
    """Nothing came over a live connection for too long."""

    code = "session-idle"


class SessionTooLong(ServiceError):
    """A live connection reached its longest life."""

    code = "session-too-long"


class TakenOver(ServiceError):
    """A newer connection continues this live session."""

    code = "taken-over"


class ForeignOrigin(ServiceError):
    """A page of another site asked for a live session."""

    code = "foreign-origin"


class BadSetting(ServiceError):
    """A setting that cannot be used."""

    code = "bad-setting"


class LostRun(ServiceError):
    """Another process analyses this procedure now."""

    code = "lost-run"


class DamagedStore(ServiceError):
    """What is kept is missing or not what it was."""

    code = "damaged-store"


class StoreUnreachable(ServiceError):
    """The database or the object store does not answer."""

    code = "store-unreachable"

    @property
    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"Retry-After": "5"}


class PushDelayed(ServiceError):
    """The archive did not take the results now; it may later."""

    code = "push-delayed"


class ArchiveSilent(PushDelayed):
    """The archive does not answer at all, so nothing else needs to be tried on it now."""

    code = "archive-silent"


class SourceMissing(PushDelayed):
    """The archive does not hold the image that the results are about, or not yet."""

    code = "source-missing"


class PushRefused(ServiceError):
    """The archive will not take the results, however often they are sent."""

    code = "push-refused"


class AuditStopped(ServiceError):
    """The run ended before all was done."""

    code = "audit-stopped"


class ArchiveUnreachable(AuditStopped):
    """The archive does not answer."""

    code = "archive-unreachable"


class OtherAudit(AuditStopped):
    """The folder holds an audit that asked something else."""

    code = "other-audit"


class AuditUnderWay(AuditStopped):
    """Another process is at work on this folder."""

    code = "audit-under-way"


class WorkerDiffers(AuditStopped):
    """A worker's model, rules or code are not the driver's."""

    code = "worker-differs"


class FolderNotShared(AuditStopped):
    """A worker does not see the folder that the driver sees."""

    code = "folder-not-shared"


OUTCOMES: dict[type[Exception], Outcome] = {
    BadInput: Outcome(422, 4422, "The input cannot be used"),
    UnreadableImage: Outcome(422, 4422, "The image cannot be read"),
    DecoderEnded: Outcome(422, 4422, "The image ended its decoder"),
    DecodingTooLong: Outcome(422, 4422, "The image takes too long to decode"),
    UnsupportedImage: Outcome(422, 4422, "This kind of image is not analysed"),
    ImageTooLarge: Outcome(413, 1009, "The image is too large"),
    BadSpacing: Outcome(422, 4422, "The pixel spacing cannot be used"),
    BadBox: Outcome(422, 4422, "The rectangle does not fit the image"),
    AmbiguousRegions: Outcome(422, 4422, "The image has several regions of different scale"),
    NotCalibrated: Outcome(422, 4422, "The image is not calibrated"),
    NotRepresentable: Outcome(422, 4422, "The result does not fit into this DICOM object"),
    BadModel: Outcome(500, 1011, "The model cannot be used"),
    MissingExtra: Outcome(501, 4501, "An optional part is not installed"),
    ImagingError: Outcome(500, 1011, "The analysis failed"),
    BadQuery: Outcome(422, 4422, "The request cannot be used"),
    SpacingConflict: Outcome(422, 4422, "Two pixel spacings contradict each other"),
    BadMultipart: Outcome(400, 4400, "The body cannot be taken apart"),
    WrongStudy: Outcome(409, 4409, "The instance belongs to another study"),
    PayloadTooLarge: Outcome(413, 1009, "The body is too large"),
    UnsupportedMediaType: Outcome(415, 1003, "This media type is not taken"),
    MediaTypeMismatch: Outcome(415, 1003, "The body is not what its content type says"),
    NotAcceptable: Outcome(406, 4406, "No acceptable answer"),
    NotFound: Outcome(404, 4404, "Not found"),
    NotReady: Outcome(503, 1013, "Not ready yet"),
    Busy: Outcome(503, 1013, "Busy"),
    Superseded: Outcome(409, 4409, "The model or rules have changed since"),
    BadMessage: Outcome(400, 4400, "The message cannot be used"),
    UnexpectedMessage: Outcome(409, 4409, "This message is not allowed now"),
    SessionIdle: Outcome(408, 4408, "Nothing came for too long"),
    SessionTooLong: Outcome(408, 4408, "The connection reached its longest life"),
    TakenOver: Outcome(409, 4409, "A newer connection continues the session"),
    ForeignOrigin: Outcome(403, 4403, "Another site's page may not ask this"),
    BadSetting: Outcome(500, 1011, "A setting cannot be used"),
    LostRun: Outcome(409, 4409, "Another process analyses this procedure"),
    DamagedStore: Outcome(500, 1011, "What is kept is damaged"),
    StoreUnreachable: Outcome(503, 1013, "The store does not answer"),
    PushDelayed: Outcome(503, 1013, "The archive did not take the results yet"),
    ArchiveSilent: Outcome(504, 1013, "The archive does not answer"),
    SourceMissing: Outcome(409, 4409, "The archive does not hold the image"),
    PushRefused: Outcome(502, 1011, "The archive refuses the results"),
    AuditStopped: Outcome(503, 1013, "The audit stopped"),
    ArchiveUnreachable: Outcome(504, 1013, "The archive does not answer the audit"),
    OtherAudit: Outcome(409, 4409, "The folder holds another audit"),
    AuditUnderWay: Outcome(409, 4409, "Another process audits into this folder"),
    WorkerDiffers: Outcome(409, 4409, "A worker differs from the driver"),
    FolderNotShared: Outcome(500, 1011, "A worker does not see the folder"),
    ServiceError: Outcome(500, 1011, "The service failed"),
}
"""The one table: the nearest ancestor of an error decides."""

UNEXPECTED = Outcome(500, 1011, "Unexpected error")
"""For what nobody raised on purpose; its details go to the log alone."""


def outcome_of(kind: type[Exception]) -> Outcome:
    """How errors of a class look from outside."""
    for ancestor in kind.__mro__:
        if ancestor in OUTCOMES:
            return OUTCOMES[ancestor]
    return UNEXPECTED


def code_of(error: Exception) -> str:
    """Stable code of an error, the last part of its problem ``type``."""
    if isinstance(error, (ServiceError, ImagingError)):
        return error.code
    return "unexpected"


def detail_of(error: Exception) -> str:
    """What may be told of an error: all of it, unless it is the service's own fault."""
    return (
        str(error) if outcome_of(type(error)).status != UNEXPECTED.status else "the service cannot answer; see its log"
    )


def problem_of(error: Exception, instance: str) -> dict[str, Any]:
    """Problem document (RFC 9457) of an error, as plain values."""
    outcome, code = outcome_of(type(error)), code_of(error)
    return {
        "type": f"urn:sonoplace:problem:{code}",
        "title": outcome.title,
        "status": outcome.status,
        "detail": detail_of(error),
        "instance": instance,
        "code": code,
    }
