"""Answers as files for other programs: CSV, Parquet and FHIR, and what readers corrected as a labelled folder."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from imaging.errors import MissingExtra
from service.errors import BadQuery, NotFound, NotReady
from service.export.columns import FRAMES, PROCEDURES
from service.export.fhir import bundle
from service.export.files import as_csv, as_parquet
from service.export.rows import frame_rows, procedure_rows
from service.http.problems import problem_docs
from service.procedures.answer import PREFIX
from service.procedures.labels import labelled_frames, reviewed
from service.procedures.labels_archive import labels_zip, require_bounded
from service.record.sight import Sight
from service.routes.asking import SightDep
from service.routes.choosing import MOST_ROWS, ChoiceDep
from service.routes.upload_docs import BINARY
from service.state import Services, ServicesDep
from service.store.choice import Choice
from service.store.ended import ProcedureFailed

router = APIRouter(tags=["exports"])

CSV, PARQUET, FHIR = "text/csv", "application/vnd.apache.parquet", "application/fhir+json"
ZIP = "application/zip"
_REFUSALS = problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed, MissingExtra)


def _docs(media: str) -> dict[str, Any]:
    shape = {"schema": {"type": "object"}} if media == FHIR else BINARY
    return {"response_class": Response, "responses": {200: {"content": {media: shape}}, **_REFUSALS}}


def _file(content: bytes, media: str, name: str) -> Response:
    return Response(content, headers=_kept_as(name), media_type=media)


def _kept_as(name: str) -> dict[str, str]:
    return {"Cache-Control": "private, no-store", "Content-Disposition": f'attachment; filename="{name}"'}


@router.get(f"{PREFIX}/{{procedure_id}}/export.csv", summary="Answers to all frames as CSV", **_docs(CSV))
def get_frames_csv(procedure_id: str, services: ServicesDep) -> Response:
    """One row a frame."""
    rows = frame_rows(services.store, services.store.procedure(procedure_id))
    return _file(as_csv(rows, FRAMES), CSV, f"{procedure_id[:8]}.csv")


@router.get(f"{PREFIX}/{{procedure_id}}/export.parquet", summary="Answers to all frames as Parquet", **_docs(PARQUET))
def get_frames_parquet(procedure_id: str, services: ServicesDep) -> Response:
    """One row a frame, with units and meaning of every column; needs the extra ``audit``."""
    rows = frame_rows(services.store, services.store.procedure(procedure_id))
    return _file(as_parquet(rows, FRAMES), PARQUET, f"{procedure_id[:8]}.parquet")


@router.get(f"{PREFIX}/{{procedure_id}}/export.fhir.json", summary="Procedure as FHIR R4", **_docs(FHIR))
def get_fhir(procedure_id: str, services: ServicesDep) -> Response:
    """Bundle of Device, ImagingStudy, Procedure and Observation that names nobody; needs the extra ``fhir``."""
    content = bundle(services.store, [services.store.procedure(procedure_id)])
    return _file(content, FHIR, f"{procedure_id[:8]}.fhir.json")


@router.get("/v1/exports/procedures.csv", summary="Procedures as CSV", **_docs(CSV))
def get_procedures_csv(services: ServicesDep, choice: ChoiceDep) -> Response:
    """One row for each procedure that fits the filters of the list, with what the site recorded.

    A code that a spreadsheet would take for a formula (``-A1``) has an apostrophe before it; Parquet has it as it is.
    """
    return _file(as_csv(procedure_rows(services.store, choice), PROCEDURES), CSV, _named("procedures.csv", choice))


@router.get("/v1/exports/procedures.parquet", summary="Procedures as Parquet", **_docs(PARQUET))
def get_procedures_parquet(services: ServicesDep, choice: ChoiceDep) -> Response:
    """The same with units and meaning of every column; needs the extra ``audit``."""
    return _file(
        as_parquet(procedure_rows(services.store, choice), PROCEDURES),
        PARQUET,
        _named("procedures.parquet", choice),
    )


@router.get("/v1/exports/procedures.fhir.json", summary="Answered procedures as FHIR R4", **_docs(FHIR))
def get_procedures_fhir(
    services: ServicesDep,
    choice: ChoiceDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=MOST_ROWS)] = 0,
) -> Response:
    """One Bundle of some of the procedures that fit the filters of the list, newest first.

    Those without an answer are left out.
    """
    rows = services.store.page(limit, offset, choice)[1]
    content = bundle(services.store, [row for row in rows if row.status == "done"])
    return _file(content, FHIR, _named("procedures.fhir.json", choice))


def _named(name: str, choice: Choice) -> str:
    """Name that tells a selection from everything, without the codes that were asked for."""
    stem, dot, suffix = name.partition(".")
    return f"{stem}-selection{dot}{suffix}" if choice.conditions() else name


@router.get(f"{PREFIX}/{{procedure_id}}/labels.zip", summary="Corrections as a labelled folder", **_docs(ZIP))
async def get_labels(procedure_id: str, services: ServicesDep, sight: SightDep) -> Response:
    """Frames that readers corrected or confirmed, as ``sonoplace evaluate`` and training read them.

    By others only once this reader has signed a review of the whole procedure.
    """
    row = await services.work.run(services.store.procedure, procedure_id)
    return await _labels(services, [row.id], sight, f"labels-{row.id[:8]}")


@router.get("/v1/exports/labels.zip", summary="Corrections of all procedures as a labelled folder", **_docs(ZIP))
async def get_all_labels(services: ServicesDep, choice: ChoiceDep, sight: SightDep) -> Response:
    """The same of every reviewed procedure that fits the filters of the list, sent while it is made.

    At most 20,000 frames: ``sonoplace export-labels`` writes any number.
    """
    chosen = await services.work.run(reviewed, services.store, choice)
    return await _labels(services, chosen, sight, _named("labels", choice))


async def _labels(services: Services, procedure_ids: Sequence[str], sight: Sight, name: str) -> Response:
    await services.work.run(require_bounded, services.store, procedure_ids, sight)
    parts = labels_zip(labelled_frames(services.store, procedure_ids, sight), name)
    first = await services.work.run(next, parts, b"")  # what cannot be begun is refused in words

    async def sent() -> AsyncIterator[bytes]:
        part = first
        while part:
            yield part
            part = await services.work.run_patiently(next, parts, b"")

    return StreamingResponse(sent(), headers=_kept_as(f"{name}.zip"), media_type=ZIP)
