"""``/dicom-web/studies``: images stored by STOW-RS are analysed and kept like any other (PS3.18 10.5)."""

import asyncio
from pathlib import Path

import orjson
from fastapi import APIRouter, Request, Response

from imaging.errors import ImagingError
from service.decoding.ask import InstanceName, read_instance_name
from service.errors import (
    BadMultipart,
    BadQuery,
    NotAcceptable,
    PayloadTooLarge,
    ServiceError,
    UnsupportedMediaType,
    WrongStudy,
)
from service.http.asker import known_asker
from service.http.body import BodyLimits, chunks_of, giving_way
from service.http.negotiation import preferred
from service.http.problems import problem_docs
from service.pacs.parts import DICOM, PartWriter, boundary_of, receive_parts
from service.pacs.stored import Stored, failure_reason, response_module, status_of
from service.reading import Reading
from service.routes.intake import take_in
from service.routes.upload_docs import BINARY
from service.state import Services, ServicesDep

router = APIRouter(prefix="/dicom-web", tags=["dicomweb"])

_DICOM_JSON = "application/dicom+json"
_BODY_DOCS = {"requestBody": {"required": True, "content": {f'multipart/related; type="{DICOM}"': BINARY}}}
_ANSWERS = {
    200: {"content": {_DICOM_JSON: {}}, "description": "every instance was accepted; each is analysed in its turn"},
    202: {
        "content": {_DICOM_JSON: {}},
        "description": "some were accepted; FailedSOPSequence says why not all",
    },
    409: {"content": {_DICOM_JSON: {}}, "description": "none was accepted; FailedSOPSequence says why"},
    503: {"content": {_DICOM_JSON: {}}, "description": "none was accepted, as too many wait: store them again later"},
    **problem_docs(BadMultipart, BadQuery, NotAcceptable, PayloadTooLarge, UnsupportedMediaType),
}


@router.post("/studies", summary="Store instances", responses=_ANSWERS, openapi_extra=_BODY_DOCS)
async def store_instances(request: Request, services: ServicesDep) -> Response:
    """Take in DICOM images and cines of any study.

    The answer comes when all instances are on disk, not when they are analysed. What identifies a person is left out
    before anything is kept; there is no way to retrieve an instance from here.
    """
    return await _store(request, services, None)


@router.post("/studies/{study_uid}", summary="Store instances of a study", responses=_ANSWERS, openapi_extra=_BODY_DOCS)
async def store_instances_of_study(study_uid: str, request: Request, services: ServicesDep) -> Response:
    """Take in DICOM images and cines of one study; instances of another are refused."""
    return await _store(request, services, study_uid)


async def _store(request: Request, services: Services, study_uid: str | None) -> Response:
    preferred(request.headers.get("accept"), [_DICOM_JSON, "application/json"])
    boundary = boundary_of(request.headers.get("content-type"))
    limits = BodyLimits.of(services.settings, services.settings.max_upload_mb)
    writer = PartWriter(boundary, services.store.blobs.temporary)
    try:
        await receive_parts(giving_way(chunks_of(request, limits), services.work.way), writer)
        asked_by = known_asker(request)
        stored = [await _stored(path, study_uid, services, asked_by) for path in writer.files]
    finally:
        for path in writer.files:
            path.unlink(missing_ok=True)
    return Response(orjson.dumps(response_module(stored)), int(status_of(stored)), media_type=_DICOM_JSON)


async def _stored(path: Path, study_uid: str | None, services: Services, asked_by: str) -> Stored:
    """What becomes of one instance; a refusal is part of the answer and stops no other instance."""
    name: InstanceName | None = None
    try:
        name = await asyncio.to_thread(read_instance_name, path)
        _require_study(name, study_uid)
        services.runner.require_room()
        await take_in(path, DICOM, Reading(), services, asked_by)
    except (ImagingError, ServiceError) as error:
        return Stored(name, failure_reason(error))
    return Stored(name)


def _require_study(name: InstanceName, study_uid: str | None) -> None:
    if study_uid is not None and name.study_uid != study_uid:
        msg = "the instance belongs to another study than the one it was to be stored in"
        raise WrongStudy(msg)
