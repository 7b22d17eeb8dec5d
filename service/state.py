"""What the lifespan makes and every route is handed: one typed value per process."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, TypedDict, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from service.access.control import AccessControl
from service.engine import Engine, EngineSlot
from service.live.sessions import LiveSessions
from service.metrics import Metrics
from service.operation.stopping import Stopping
from service.operation.swap import ModelSwap
from service.pacs.link import ArchiveLink
from service.procedures.comparing import Comparisons
from service.procedures.runner import ProcedureRunner
from service.settings import Settings
from service.store.store import Store
from service.work import Work


@dataclass(frozen=True, slots=True)
class Services:
    """Parts of a running service."""

    settings: Settings
    access: AccessControl
    engines: EngineSlot
    models: ModelSwap
    work: Work
    store: Store
    runner: ProcedureRunner
    live: LiveSessions
    comparisons: Comparisons
    archive: ArchiveLink
    metrics: Metrics
    warm: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a warm-up inference has passed."""
    stopping: Stopping = field(default_factory=Stopping)

    @property
    def engine(self) -> Engine:
        """The engine in use now: take it once for each answer."""
        return self.engines.current


class State(TypedDict):
    """State that the lifespan yields."""

    services: Services


async def services_of(connection: HTTPConnection) -> Services:
    """Parts of the service that a request or socket belongs to.

    Like everything that a request depends on it is a coroutine: FastAPI calls a plain function in a thread, and the way
    there and back costs more than what is done.
    """
    return cast(Services, connection.state.services)


ServicesDep = Annotated[Services, Depends(services_of)]
