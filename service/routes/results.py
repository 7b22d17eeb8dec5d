"""``/v1/procedures/{id}/results``: what was said about a procedure, as DICOM objects."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from imaging.errors import NotRepresentable
from imaging.results.seg import SegmentationType, SegOptions
from service.errors import BadQuery, NotFound, NotReady, Superseded
from service.http.problems import problem_docs
from service.procedures.answer import PREFIX
from service.results.build import stored_results
from service.results.kinds import ResultKind
from service.routes.upload_docs import BINARY
from service.state import ServicesDep
from service.store.ended import ProcedureFailed

router = APIRouter(prefix=PREFIX, tags=["procedures"])

DICOM = "application/dicom"
_PRIVATE = {"Cache-Control": "private, no-store"}
_OBJECT: dict[int | str, dict[str, Any]] = {200: {"content": {DICOM: BINARY}}}


@router.get(
    "/{procedure_id}/results/{kind}.dcm",
    summary="Result as a DICOM object",
    response_class=Response,
    responses={**_OBJECT, **problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed, NotRepresentable, Superseded)},
)
async def get_result(
    procedure_id: str,
    kind: ResultKind,
    services: ServicesDep,
    segmentation: Annotated[
        SegmentationType, Query(description="how a SEG stores its segments")
    ] = SegmentationType.BINARY,
    *,
    empty_frames: Annotated[bool, Query(description="keep the frames of a SEG in which nothing was found")] = True,
) -> Response:
    """Segmentation, measurement report, secondary capture or presentation state of a procedure that came as DICOM.

    It belongs to the study of the de-identified copy that is kept, and is the same to the byte at every call.
    """
    options = SegOptions(kind=segmentation, empty_frames=empty_frames)
    files = await services.work.run(stored_results, services.store, procedure_id, services.engine, (kind,), options)
    headers = _PRIVATE | {"Content-Disposition": f'attachment; filename="{procedure_id[:8]}.{kind.value}.dcm"'}
    return Response(files[kind], headers=headers, media_type=DICOM)
