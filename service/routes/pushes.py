"""``/v1/pushes``: results on their way to the archive, and those that were given up."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from service.errors import BadQuery, NotFound
from service.http.problems import problem_docs
from service.pacs.outbox import Outbox, Push, PushState
from service.state import Services, ServicesDep
from service.wire import Wire

router = APIRouter(prefix="/v1/pushes", tags=["archive"])


class PushAnswer(Wire):
    """Results of one procedure on their way; which image they are about is not repeated."""

    procedure_id: str
    state: PushState
    attempts: int
    due_at: datetime
    changed_at: datetime
    problem: str | None


class PushList(Wire):
    """Pushes, the one that changed first first."""

    pushes: list[PushAnswer]


@router.get("", summary="Results on their way to the archive", responses=problem_docs(BadQuery))
def list_pushes(services: ServicesDep, state: PushState | None = None) -> PushList:
    """What waits, what was delivered, and with ``state=dead`` what was given up."""
    outbox = services.archive.outbox
    found = [] if outbox is None else outbox.listed(*([state] if state else []))
    return PushList(pushes=[push_answer(push) for push in found])


@router.post(
    "/{procedure_id}/retry",
    summary="Push results again that were given up",
    status_code=202,
    response_class=Response,
    responses=problem_docs(BadQuery, NotFound),
)
def retry(procedure_id: str, services: ServicesDep) -> Response:
    """Start again from the first attempt."""
    _outbox(services).retry([procedure_id])
    return Response(status_code=202)


def push_answer(push: Push) -> PushAnswer:
    """Public answer for a push."""
    return PushAnswer(
        procedure_id=push.procedure_id,
        state=push.state,
        attempts=push.attempts,
        due_at=datetime.fromtimestamp(push.due_at, UTC),
        changed_at=datetime.fromtimestamp(push.changed_at, UTC),
        problem=push.problem,
    )


def _outbox(services: Services) -> Outbox:
    if services.archive.outbox is None:
        msg = "no archive is set that results are pushed to"
        raise NotFound(msg)
    return services.archive.outbox
