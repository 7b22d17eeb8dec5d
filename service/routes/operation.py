"""What those who run the service ask: is it alive, is it ready, how is it doing, what answers."""

import asyncio
from dataclasses import asdict

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from imaging.model_folder import models_beside
from service.access.errors import AccessLogUnwritable
from service.answer import identity
from service.errors import BadQuery, NotReady, StoreUnreachable
from service.http.problems import problem_docs
from service.operation.errors import ModelNotUsable, ServiceStopping
from service.procedures.shelf import installed
from service.state import ServicesDep
from service.store.trouble import StoreUnwritable
from service.wire import Health, Identity, ModelAnswer
from service.wire.swap import ModelSwapped, ModelWanted

router = APIRouter(tags=["operation"])

_NOT_READY = problem_docs(NotReady, ServiceStopping, StoreUnreachable, StoreUnwritable, AccessLogUnwritable)
_PROBE_S = 2.5


@router.get("/livez", summary="The process answers")
async def livez() -> Health:
    """Restart the process if this fails."""
    return Health(status="alive")


@router.get("/readyz", summary="A warm-up inference has passed, and the store takes something in", responses=_NOT_READY)
async def readyz(services: ServicesDep) -> Health:
    """Send requests only while this holds."""
    if services.stopping.asked:
        raise ServiceStopping
    if not services.warm.is_set():
        msg = "the warm-up inference has not passed yet"
        raise NotReady(msg)
    services.access.probe()
    try:
        async with asyncio.timeout(_PROBE_S):
            await asyncio.to_thread(services.store.probe)
    except TimeoutError as error:
        msg = f"the store did not answer within {_PROBE_S:g} s: see to the database and the disk"
        raise StoreUnreachable(msg) from error
    return Health(status="ready")


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(services: ServicesDep) -> Response:
    """Requests, time per stage, verdicts and the length of the queue, over all processes behind this address."""
    return Response(services.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/model", summary="The network and the rules that answer")
def model(services: ServicesDep) -> ModelAnswer:
    """Identity that every answer carries, the thresholds behind the rules' hash, and other networks at hand."""
    engine = services.engine
    in_use = engine.segmenter.identity
    beside = models_beside(services.settings.model_dir)
    return ModelAnswer(
        identity=Identity(**identity(in_use, engine.rules.sha256)),
        rules=asdict(engine.rules),
        installed=installed(beside, in_use.sha256),
    )


@router.post("/v1/model", summary="Let another network answer", responses=problem_docs(BadQuery, ModelNotUsable))
async def swap_model(wanted: ModelWanted, services: ServicesDep) -> ModelSwapped:
    """Load and warm up a network beside the one in use, then exchange them in one step.

    Work that has begun ends with the one before; live sessions go on and lose no frame. It holds until the next start,
    which goes by the settings.
    """
    rules = services.engine.rules.sha256
    done = await services.models.to(wanted.model)
    return ModelSwapped(
        identity=Identity(**identity(done.after, rules)),
        before=Identity(**identity(done.before, rules)),
        elapsed_ms=round(done.elapsed_ms, 1),
    )
