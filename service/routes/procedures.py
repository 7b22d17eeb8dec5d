"""``/v1/procedures``: pictures and cines that are analysed and kept."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from service.ask import JSON, PNG, SVG
from service.errors import BadQuery, NotFound, NotReady, Superseded
from service.http.asker import AskerDep
from service.http.body import BodyLimits, receive_body
from service.http.problems import problem_docs
from service.media import PROCEDURE_MEDIA
from service.procedures.answer import PREFIX, listed, procedure_answer
from service.reading import Reading, reading
from service.routes.choosing import MOST_ROWS, ChoiceDep, FrameIndex
from service.routes.intake import take_in
from service.routes.upload_docs import BINARY, UPLOAD_REFUSALS, body_docs
from service.state import Services, ServicesDep
from service.store.ended import ProcedureFailed
from service.store.tables import ProcedureRow
from service.stored_frames import answered, overlaid_png, picture_png
from service.wire import FrameAnswer, ProcedureAnswer, ProcedurePage

router = APIRouter(prefix=PREFIX, tags=["procedures"])

_PRIVATE = {"Cache-Control": "private, no-store"}
"""Pictures of people are not left in a browser's cache."""
_PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {PNG: BINARY}}}
_DRAWING: dict[int | str, dict[str, Any]] = {200: {"content": {SVG: {"schema": {"type": "string"}}}}}


@router.post(
    "",
    summary="Analyse and keep a picture or cine",
    status_code=201,
    response_model=ProcedureAnswer,
    responses={
        200: {"model": ProcedureAnswer, "description": "the same procedure was there already"},
        202: {"model": ProcedureAnswer, "description": "accepted; ask again at `Location`"},
        **problem_docs(*UPLOAD_REFUSALS),
    },
    openapi_extra=body_docs(PROCEDURE_MEDIA),
)
async def post_procedure(
    request: Request,
    services: ServicesDep,
    wanted: Annotated[Reading, Depends(reading)],
    asked_by: AskerDep,
    *,
    wait: Annotated[bool, Query(description="answer only when the analysis is done")] = True,
) -> Response:
    """Take in a DICOM image or cine, or one PNG or JPEG picture.

    What identifies a person is left out before anything is kept. The same bytes read the same way are the same
    procedure.
    """
    services.runner.require_room()
    row, created = await _receive(request, services, wanted, asked_by)
    if wait and row.frame_count <= services.settings.max_wait_frames:
        await services.runner.wait(row.id)
    row = await services.work.run_patiently(services.store.procedure, row.id)
    finished = row.status in ("done", "failed")
    status = (201 if created else 200) if finished else 202
    answer = await services.work.run_patiently(procedure_answer, services.store, row)
    return Response(answer.model_dump_json(), status, {"Location": answer.links.self}, JSON)


async def _receive(request: Request, services: Services, wanted: Reading, asked_by: str) -> tuple[ProcedureRow, bool]:
    path = services.store.blobs.temporary()
    try:
        limits = BodyLimits.of(services.settings, services.settings.max_upload_mb)
        await receive_body(request, path, limits, services.work.way)
        return await take_in(path, request.headers.get("content-type"), wanted, services, asked_by)
    finally:
        path.unlink(missing_ok=True)


@router.get("", summary="List procedures, newest first", responses=problem_docs(BadQuery))
def list_procedures(
    services: ServicesDep,
    choice: ChoiceDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=MOST_ROWS)] = 0,
) -> ProcedurePage:
    """Some of the stored procedures: those that fit everything that is asked for."""
    total, rows = services.store.page(limit, offset, choice)
    return ProcedurePage(total=total, limit=limit, offset=offset, procedures=[listed(row) for row in rows])


@router.get("/{procedure_id}", summary="One procedure", responses=problem_docs(BadQuery, NotFound))
def get_procedure(procedure_id: str, services: ServicesDep) -> ProcedureAnswer:
    """Verdict, numbers and links of a procedure."""
    return procedure_answer(services.store, services.store.procedure(procedure_id))


@router.get(
    "/{procedure_id}/frames/{index}",
    summary="Answer to one frame",
    response_model=FrameAnswer,
    responses=problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed),
)
def get_frame(procedure_id: str, index: FrameIndex, services: ServicesDep) -> Response:
    """The stored answer, byte for byte the same at every call."""
    store = services.store
    content = answered(store.frame_answer, store, procedure_id, index)
    return Response(content, headers=_PRIVATE, media_type=JSON)


@router.get(
    "/{procedure_id}/frames/{index}/overlay.svg",
    summary="Overlay of one frame",
    response_class=Response,
    responses={**_DRAWING, **problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed)},
)
def get_overlay_svg(procedure_id: str, index: FrameIndex, services: ServicesDep) -> Response:
    """The overlay alone, transparent, in the frame's own pixels."""
    store = services.store
    content = answered(store.frame_overlay, store, procedure_id, index)
    return Response(content, headers=_PRIVATE, media_type=SVG)


@router.get(
    "/{procedure_id}/frames/{index}/overlay.png",
    summary="One frame with its overlay",
    response_class=Response,
    responses={**_PICTURE, **problem_docs(BadQuery, NotFound, Superseded)},
)
async def get_overlay_png(procedure_id: str, index: FrameIndex, services: ServicesDep) -> Response:
    """A copy of the picture with the overlay painted on it."""
    content = await services.work.run(overlaid_png, services.store, procedure_id, index, services.engine)
    return Response(content, headers=_PRIVATE, media_type=PNG)


@router.get(
    "/{procedure_id}/frames/{index}/picture.png",
    summary="One frame as it was",
    response_class=Response,
    responses={**_PICTURE, **problem_docs(BadQuery, NotFound)},
)
async def get_picture(procedure_id: str, index: FrameIndex, services: ServicesDep) -> Response:
    """The grey levels that were judged, untouched."""
    content = await services.work.run(picture_png, services.store, procedure_id, index)
    return Response(content, headers=_PRIVATE, media_type=PNG)
