"""What people add to a procedure: record and follow-ups, and the history of all of it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.ask import JSON
from service.errors import BadQuery, NotFound
from service.http.asker import AskerDep
from service.http.problems import problem_docs
from service.procedures.answer import PREFIX
from service.record.adding import add_follow_up, put_record, require_past
from service.record.outcomes import outcome_table
from service.record.reading import follow_ups_of, history_of, record_of
from service.routes.asking import SightDep
from service.routes.choosing import MOST_ROWS
from service.state import ServicesDep
from service.wire import (
    FollowUp,
    FollowUpAnswer,
    LinkAnswer,
    OutcomeTable,
    ProcedureRecord,
    RecordAnswer,
)

router = APIRouter(tags=["records"])

_RECORD = f"{PREFIX}/{{procedure_id}}/record"
_FOLLOW_UPS = f"{PREFIX}/{{procedure_id}}/follow-ups"
_REFUSALS = problem_docs(BadQuery, NotFound)


@router.put(
    _RECORD,
    summary="Record what belongs to a procedure",
    response_model=RecordAnswer,
    responses={201: {"model": RecordAnswer, "description": "recorded, as a new version"}, **_REFUSALS},
)
def put_procedure_record(
    procedure_id: str, record: ProcedureRecord, services: ServicesDep, asked_by: AskerDep
) -> Response:
    """The whole record each time. The one before stays in the chain; the same again changes nothing.

    A date that has not come yet is refused.
    """
    require_past("performed_on", record.performed_on, services.settings.record_dates, datetime.now(UTC).date())
    answer, created = put_record(services.store, services.store.procedure(procedure_id), record, asked_by)
    return Response(answer.model_dump_json(), 201 if created else 200, media_type=JSON)


@router.get(_RECORD, summary="Record of a procedure", responses=_REFUSALS)
def get_procedure_record(
    procedure_id: str,
    services: ServicesDep,
    version: Annotated[int | None, Query(ge=1, le=MOST_ROWS, description="the newest if not given")] = None,
) -> RecordAnswer:
    """What was recorded last, or in an earlier version, and what does not fit together in it."""
    row = services.store.procedure(procedure_id)
    answer = record_of(services.store, row.id, version)
    if answer is None:
        msg = "nothing was recorded with this procedure yet"
        raise NotFound(msg)
    return answer


@router.post(_FOLLOW_UPS, summary="Add a visit", status_code=201, responses=_REFUSALS)
def post_follow_up(procedure_id: str, follow_up: FollowUp, services: ServicesDep, asked_by: AskerDep) -> FollowUpAnswer:
    """Pain, function and adverse events at a visit. A correction is another one of the same date.

    A date that has not come yet is refused.
    """
    require_past("visited_on", follow_up.visited_on, services.settings.record_dates, datetime.now(UTC).date())
    return add_follow_up(services.store, services.store.procedure(procedure_id), follow_up, asked_by)


@router.get(_FOLLOW_UPS, summary="Visits", responses=_REFUSALS)
def get_follow_ups(procedure_id: str, services: ServicesDep) -> list[FollowUpAnswer]:
    """In the order in which they were added."""
    return follow_ups_of(services.store, services.store.procedure(procedure_id).id)


@router.get(f"{PREFIX}/{{procedure_id}}/history", summary="Links of a procedure in the chain", responses=_REFUSALS)
def get_history(procedure_id: str, services: ServicesDep, sight: SightDep) -> list[LinkAnswer]:
    """What was accepted, answered and added, oldest first; without reviews that this reader may not see yet."""
    return history_of(services.store, services.store.procedure(procedure_id).id, sight)


@router.get("/v1/outcomes", summary="Placement beside outcome")
def get_outcomes(services: ServicesDep) -> OutcomeTable:
    """Follow-up by verdict, with the sentence that placement is not shown to predict outcome."""
    return outcome_table(services.store)
