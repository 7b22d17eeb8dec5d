"""The application: built by a function, its parts made and closed by its lifespan; nothing happens at import."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import structlog
from fastapi import FastAPI

from imaging.rules import ScoringRules
from imaging.segmentation import Segmenter
from service.access.control import AccessControl
from service.access.middleware import AccessGate
from service.answer import code_version
from service.engine import Engine
from service.http import problems
from service.http.edge import Edge
from service.http.security import let_in_pages_of
from service.live.recording import RecordingLimits
from service.live.sessions import LivePolicy, LiveSessions
from service.metrics import Metrics
from service.pacs.link import link_archive
from service.procedures.comparing import Comparisons
from service.procedures.runner import ProcedureRunner, Tools
from service.procedures.shelf import Shelf
from service.routes import (
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
from service.work import Work

LoadSegmenter = Callable[[Path], Segmenter]
"""Gives the network of a model folder."""

_DESCRIPTION = """Says in millimetres, with a probability and a reason, whether a needle tip lies in the suprapatellar
recess. Research and quality assurance use. No overlay means not assessed, not safe."""


def create_app(settings: Settings, load_segmenter: LoadSegmenter | None = None) -> FastAPI:
    """Application for these settings; ``load_segmenter`` replaces the loading of the ONNX model."""
    metrics = Metrics()
    access = AccessControl(settings, metrics.registry)
    app = FastAPI(
        title="SonoPlace",
        version=code_version(),
        description=_DESCRIPTION,
        lifespan=_lifespan(settings, metrics, access, load_segmenter or _load_onnx),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.add_middleware(AccessGate, control=access)
    let_in_pages_of(app, settings.allowed_origins)
    app.add_middleware(Edge, metrics=metrics)
    problems.install(app)
    pictures = (frames, procedures, courses, records, reviews, comparisons, results, reports, exports, live)
    for room in (*pictures, dicomweb, pushes, verification, session, operation, page):
        app.include_router(room.router)
    app.mount("/page", page.page_files(), name="page")
    return app


def _load_onnx(folder: Path) -> Segmenter:
    from imaging.onnx_model import load_model

    return load_model(folder)


def _lifespan(
    settings: Settings, metrics: Metrics, access: AccessControl, load_segmenter: LoadSegmenter
) -> Callable[[FastAPI], AbstractAsyncContextManager[State]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        services = _services(settings, metrics, access, load_segmenter)
        warming = asyncio.create_task(_warm_up(services))
        await services.live.recover()
        services.runner.resume()
        services.archive.start()
        try:
            yield State(services=services)
        finally:
            warming.cancel()
            await services.live.close()
            await services.runner.close()
            await services.comparisons.close()
            await services.archive.close()
            services.work.close()
            services.access.close()
            services.store.close()

    return lifespan


def _services(
    settings: Settings, metrics: Metrics, access: AccessControl, load_segmenter: LoadSegmenter
) -> Services:
    engine = Engine(load_segmenter(settings.model_dir), ScoringRules())
    store = open_store(settings)
    access.open(store.identifiers)
    work = Work(settings.workers, settings.queue_bound)
    tools = Tools(engine, work, store, metrics)
    runner = ProcedureRunner(tools, settings.max_procedures_queued)
    recording = RecordingLimits(settings.max_frames, settings.live_record_mb)
    policy = LivePolicy(settings.live_sessions, settings.live_resume_s, recording)
    sessions = LiveSessions(settings.data_dir / "live", policy, tools, runner)
    archive = link_archive(settings, store, engine, metrics)
    others = Comparisons(Shelf(settings.model_dir, settings.models_dir, load_segmenter), tools)
    return Services(settings, access, engine, work, store, runner, sessions, others, archive, metrics)


async def _warm_up(services: Services) -> None:
    elapsed_ms = await services.work.run_patiently(services.engine.warm_up)
    services.warm.set()
    services.metrics.ready.set(1)
    structlog.get_logger().info("ready", warm_up_ms=round(elapsed_ms, 1))
