"""Networks at hand, and stored procedures judged once more by one of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from service.ask import JSON, SVG
from service.errors import BadQuery, Busy, NotFound, NotReady
from service.http.problems import problem_docs
from service.procedures.answer import PREFIX
from service.procedures.comparison import Comparison
from service.procedures.shelf import installed
from service.report.compared import comparison_answer
from service.state import Services, ServicesDep
from service.store.ended import ProcedureFailed
from service.wire import FrameAnswer
from service.wire.comparison import ComparisonAnswer, ModelsAnswer

router = APIRouter(tags=["comparisons"])

_COMPARISONS = f"{PREFIX}/{{procedure_id}}/comparisons"
_ONE = f"{_COMPARISONS}/{{model}}"
_PRIVATE = {"Cache-Control": "private, no-store"}
_DRAWING: dict[int | str, dict[str, Any]] = {200: {"content": {SVG: {"schema": {"type": "string"}}}}}
_REFUSALS = problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed)


@router.get("/v1/models", summary="Networks at hand")
def get_models(services: ServicesDep) -> ModelsAnswer:
    """The one in use and those that lie beside it, or in the folder of others; a broken one says why."""
    in_use = services.engine.segmenter.identity
    models = installed(services.comparisons.shelf.models(), in_use.sha256)
    return ModelsAnswer(in_use=in_use.version, models=models)


@router.post(
    _COMPARISONS,
    summary="Judge a stored procedure by another network",
    response_model=ComparisonAnswer,
    responses={
        202: {"model": ComparisonAnswer, "description": "under way; ask again at `Location`"},
        **problem_docs(BadQuery, Busy, NotFound, NotReady, ProcedureFailed),
    },
)
async def post_comparison(
    procedure_id: str,
    services: ServicesDep,
    model: Annotated[str, Query(max_length=128, description="folder or version of the network, see /v1/models")],
    *,
    wait: Annotated[bool, Query(description="answer only when it is done")] = True,
) -> Response:
    """The answer that is stored stays what it is: this one is held for a while, then forgotten."""
    network = await services.work.run(services.comparisons.shelf.named, model)
    row = await services.work.run(services.store.procedure, procedure_id)
    comparison = await services.comparisons.start(row, network)
    if wait and row.frame_count <= services.settings.max_wait_frames:
        await services.comparisons.wait(comparison)
    return await _answered(services, comparison)


@router.get(_ONE, summary="A comparison", response_model=ComparisonAnswer, responses=_REFUSALS)
async def get_comparison(procedure_id: str, model: str, services: ServicesDep) -> Response:
    """How far it has come and, when it is done, what both networks say. 202 while it is under way."""
    return await _answered(services, await _held(services, procedure_id, model))


@router.get(
    f"{_ONE}/frames/{{index}}",
    summary="The other network's answer to one frame",
    response_model=FrameAnswer,
    responses=_REFUSALS,
)
async def get_compared_frame(procedure_id: str, model: str, index: int, services: ServicesDep) -> Response:
    """In the shape of a stored answer, with the other network's identity."""
    held = (await _held(services, procedure_id, model)).frame(index)
    return Response(held.answer, headers=_PRIVATE, media_type=JSON)


@router.get(
    f"{_ONE}/frames/{{index}}/overlay.svg",
    summary="The other network's overlay of one frame",
    response_class=Response,
    responses={**_DRAWING, **_REFUSALS},
)
async def get_compared_overlay(procedure_id: str, model: str, index: int, services: ServicesDep) -> Response:
    """The overlay alone, transparent, in the frame's own pixels."""
    held = (await _held(services, procedure_id, model)).frame(index)
    return Response(held.overlay, headers=_PRIVATE, media_type=SVG)


async def _held(services: Services, procedure_id: str, model: str) -> Comparison:
    row = await services.work.run(services.store.procedure, procedure_id)
    return await services.comparisons.held(row, model)


async def _answered(services: Services, comparison: Comparison) -> Response:
    answer = await services.work.run(comparison_answer, services.store, comparison)
    status = 202 if answer.status == "running" else 200
    headers = {"Location": answer.links.self, **_PRIVATE}
    return Response(answer.model_dump_json(), status, headers, JSON)
