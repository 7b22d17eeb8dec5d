"""One procedure over time: what a timeline is drawn from."""

from fastapi import APIRouter, Response

from service.ask import JSON
from service.errors import BadQuery, NotFound, NotReady, Superseded
from service.http.problems import problem_docs
from service.procedures.answer import PREFIX
from service.report.course import course_answer, events_answer
from service.state import ServicesDep
from service.store.ended import ProcedureFailed
from service.wire.course import CourseAnswer, EventsAnswer

router = APIRouter(prefix=PREFIX, tags=["procedures"])

_SAME_FOR = {"Cache-Control": "private, max-age=3600"}
"""Numbers without pictures, the same at every call: a browser need not have them computed twice in a sitting."""


@router.get(
    "/{procedure_id}/course",
    summary="Answers to all frames as columns",
    response_model=CourseAnswer,
    responses=problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed),
)
async def get_course(procedure_id: str, services: ServicesDep) -> Response:
    """Probability, distance and verdict of each frame, as stored."""
    answer = await services.work.run(course_answer, services.store, procedure_id)
    return Response(answer.model_dump_json(), headers=_SAME_FOR, media_type=JSON)


@router.get(
    "/{procedure_id}/events",
    summary="Events, key frames and handling",
    response_model=EventsAnswer,
    responses=problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed, Superseded),
)
async def get_events(procedure_id: str, services: ServicesDep) -> Response:
    """What happened in a procedure. One that was answered before this was kept is judged again, which takes a while."""
    answer = await services.work.run(events_answer, services.store, procedure_id, services.engine)
    return Response(answer.model_dump_json(), headers=_SAME_FOR, media_type=JSON)
