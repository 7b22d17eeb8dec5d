"""What those who run the service ask: is it alive, is it ready, how is it doing, what answers."""

from dataclasses import asdict

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.answer import identity
from service.errors import NotReady
from service.http.problems import problem_docs
from service.state import ServicesDep
from service.wire import Health, Identity, ModelAnswer

router = APIRouter(tags=["operation"])


@router.get("/livez", summary="The process answers")
async def livez() -> Health:
    """Restart the process if this fails."""
    return Health(status="alive")


@router.get("/readyz", summary="A warm-up inference has passed", responses=problem_docs(NotReady))
async def readyz(services: ServicesDep) -> Health:
    """Send requests only while this holds."""
    if not services.warm.is_set():
        msg = "the warm-up inference has not passed yet"
        raise NotReady(msg)
    return Health(status="ready")


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(services: ServicesDep) -> Response:
    """Requests, time per stage, verdicts and the length of the queue."""
    services.metrics.waiting.set(services.work.waiting)
    return Response(services.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/model", summary="The network and the rules that answer")
async def model(services: ServicesDep) -> ModelAnswer:
    """Identity that every answer carries, and the thresholds behind the rules' hash."""
    engine = services.engine
    return ModelAnswer(
        identity=Identity(**identity(engine.segmenter.identity, engine.rules.sha256)), rules=asdict(engine.rules)
    )
