"""The application: built by a function, its parts made and closed by its lifespan; nothing happens at import."""

import asyncio
import http
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import FastAPI

from imaging.rules import ScoringRules
from imaging.second_thread import SecondThread
from imaging.segmentation import Segmenter
from service.access.control import AccessControl
from service.access.documentation import document_access
from service.access.middleware import AccessGate
from service.answer import code_version
from service.decoding import ask as decoding
from service.engine import Engine, EngineSlot
from service.http import problems
from service.http.body import BodyLimits
from service.http.body_limit import MOST_MEGABYTES, BodyLimit
from service.http.edge import Edge
from service.http.queries import QueryGate, document_queries
from service.http.security import let_in_pages_of
from service.live.recording import RecordingLimits
from service.live.sessions import LivePolicy, LiveSessions
from service.metrics import Metrics
from service.operation.choice import SharedChoice
from service.operation.swap import ModelSwap
from service.pacs.link import link_archive
from service.procedures.comparing import Comparisons
from service.procedures.runner import ProcedureRunner, Tools
from service.procedures.shelf import Shelf
from service.routes import (
    archive,
    comparisons,
    courses,
    dicomweb,
    exports,
    frames,
    live,
    operation,
    page,
    procedures,
    pushes,
    records,
    reports,
    results,
    reviews,
    session,
    verification,
)
from service.settings import Settings
from service.state import Services, State
from service.store.store import open_store
from service.tracing.spans import Tracing, tracing_for
from service.work import Work

LoadSegmenter = Callable[[Path], Segmenter]
"""Gives the network of a model folder."""

_DESCRIPTION = """Says in millimetres, with a probability and a reason, whether a needle tip lies in the suprapatellar
recess. Research and quality assurance use. No overlay means not assessed, not safe."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the parts of a service are made from."""

    settings: Settings
    load: LoadSegmenter
    metrics: Metrics
    tracing: Tracing
    access: AccessControl
    choice: SharedChoice | None


def create_app(
    settings: Settings, load_segmenter: LoadSegmenter | None = None, choice: SharedChoice | None = None
) -> FastAPI:
    """Application for these settings.

    Parameters
    ----------
    load_segmenter
        Replaces the loading of the ONNX model.
    choice
        Where the processes of one service agree on a model, if there are several.

    Raises
    ------
    MissingExtra
        If the settings ask for traces and the optional part for them is not installed.
    """
    metrics = Metrics()
    access = AccessControl(settings, metrics.registry)
    plan = _Plan(settings, load_segmenter or onnx_loader(settings), metrics, tracing_for(settings), access, choice)
    app = FastAPI(
        title="SonoPlace",
        version=code_version(),
        description=_DESCRIPTION,
        lifespan=_lifespan(plan),
        # Its own spans would hold paths and queries; ours hold routes (`service.tracing`).
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    pictures = (frames, procedures, courses, records, reviews, comparisons, archive, results, reports, exports, live)
    rooms = (*pictures, dicomweb, pushes, verification, session, operation, page)
    app.add_middleware(QueryGate, routes=[route for room in rooms for route in room.router.routes])
    app.add_middleware(BodyLimit, limits=BodyLimits.of(settings, MOST_MEGABYTES))
    app.add_middleware(AccessGate, control=plan.access)
    let_in_pages_of(app, settings.allowed_origins)
    app.add_middleware(Edge, metrics=plan.metrics, tracing=plan.tracing)
    problems.install(app)
    app.add_exception_handler(http.HTTPStatus.NOT_FOUND, page.not_found)
    for room in rooms:
        app.include_router(room.router)
    app.mount("/page", page.page_files(), name="page")
    document_queries(app)
    document_access(app)
    return app


def onnx_loader(settings: Settings) -> LoadSegmenter:
    """Loads ONNX models as the settings say they are to be run; inferences of all of them are counted together."""
    second_thread = SecondThread() if settings.second_thread else None

    def load(folder: Path) -> Segmenter:
        from imaging.onnx_model import load_model

        return load_model(folder, second_thread)

    return load


def _lifespan(plan: _Plan) -> Callable[[FastAPI], AbstractAsyncContextManager[State]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[State]:
        app.state.services = services = _services(plan)
        tasks = [asyncio.create_task(part) for part in (_warm_up(services), services.models.follow())]
        await services.live.recover()
        services.runner.resume()
        services.archive.start()
        try:
            yield State(services=services)
        finally:
            for task in tasks:
                task.cancel()
            await services.live.close()
            await services.runner.close()
            await services.comparisons.close()
            await services.archive.close()
            services.work.close()
            services.access.close()
            services.store.close()
            await asyncio.to_thread(plan.tracing.close)

    return lifespan


def _services(plan: _Plan) -> Services:
    settings, metrics = plan.settings, plan.metrics
    chosen = plan.choice.read() if plan.choice else None
    engines = EngineSlot(Engine(plan.load(chosen.folder if chosen else settings.model_dir), ScoringRules()))
    metrics.answers_with(engines.current.segmenter.identity)
    models = ModelSwap(settings.model_dir, plan.load, engines, metrics, plan.choice)
    store = open_store(settings)
    plan.access.open(store.identifiers)
    work = Work(settings.workers, settings.queue_bound, metrics.waiting.set)
    tools = Tools(engines, work, store, metrics)
    runner = ProcedureRunner(tools, settings.max_procedures_queued)
    recording = RecordingLimits(settings.max_frames, settings.live_record_mb, coded_beside=not settings.second_thread)
    policy = LivePolicy(settings.live_sessions, settings.live_resume_s, recording)
    sessions = LiveSessions(settings.data_dir / "live", policy, tools, runner)
    archive = link_archive(settings, store, engines, metrics)
    shelf = Shelf(settings.model_dir, settings.models_dir, plan.load)
    others = Comparisons(shelf, tools, settings.data_dir / "comparisons")
    return Services(settings, plan.access, engines, models, work, store, runner, sessions, others, archive, metrics)


async def _warm_up(services: Services) -> None:
    elapsed_ms = await services.work.run_patiently(services.engine.warm_up)
    await services.work.run_patiently(decoding.warm_up)
    services.warm.set()
    services.metrics.ready.set(0 if services.stopping.asked else 1)
    structlog.get_logger().info("ready", warm_up_ms=round(elapsed_ms, 1))
