"""Analysis of accepted procedures in the background: frame by frame, each in its turn."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat

import structlog

from imaging.analysis import Analysis
from imaging.errors import ImagingError
from service.engine import Engine, EngineSlot
from service.errors import Busy, LostRun, ServiceError, StoreUnreachable, code_of
from service.metrics import Metrics
from service.procedures.analysis import StoredAnalysis
from service.procedures.under_way import UnderWay
from service.store.store import Store
from service.work import Work

_FIRST_WAITS_S, _LAST_WAIT_S = (0.5, 1.0, 2.0, 5.0), 10.0
"""From one try to the next while the store is away."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the runner works with."""

    engines: EngineSlot
    work: Work
    store: Store
    metrics: Metrics

    @property
    def engine(self) -> Engine:
        """The engine in use now: take it once for each procedure."""
        return self.engines.current


class ProcedureRunner:
    """Procedures under way in this process. Use it from one event loop."""

    def __init__(self, tools: Tools, most_queued: int) -> None:
        self._tools = tools
        self._most_queued = most_queued
        self._under_way: UnderWay[str, None] = UnderWay(self._ended)

    def require_room(self) -> None:
        """Refuse another procedure while too many wait.

        Raises
        ------
        Busy
            If as many are under way as may.
        """
        if len(self._under_way) >= self._most_queued:
            raise Busy(len(self._under_way), retry_after_s=5)

    def submit(self, procedure_id: str) -> None:
        """Analyse a stored procedure, unless that is being done."""
        self._under_way.begin(procedure_id, partial(self._run, procedure_id))

    def resume(self) -> None:
        """Take up what was accepted and not answered before the last stop."""
        for procedure_id in self._tools.store.unfinished():
            self.submit(procedure_id)

    async def wait(self, procedure_id: str) -> None:
        """Until the procedure is done or has failed; whoever waits may leave, the analysis goes on."""
        await self._under_way.wait(procedure_id)

    async def close(self) -> None:
        """Stop; unfinished procedures are taken up at the next start."""
        await self._under_way.stop()

    async def _run(self, procedure_id: str) -> None:
        """Until it is answered or has failed: that the store or a decoder is away says nothing about a procedure."""
        for wait_s in chain(_FIRST_WAITS_S, repeat(_LAST_WAIT_S)):
            try:
                await self._try(procedure_id)
            except (StoreUnreachable, Busy) as error:
                told = {"procedure": procedure_id, "reason": code_of(error), "again_in_s": wait_s}
                structlog.get_logger().warning("analysis waits", **told)
                await asyncio.sleep(wait_s)
            else:
                return

    async def _try(self, procedure_id: str) -> None:
        work, store = self._tools.work, self._tools.store
        try:
            verdict = await self._analyse(procedure_id)
        except (StoreUnreachable, Busy):
            raise
        except LostRun:
            structlog.get_logger().info("another process took over", procedure=procedure_id)
        except (ImagingError, ServiceError) as error:
            await work.run_patiently(store.fail, procedure_id, code_of(error))
            self._tools.metrics.procedures.labels(code_of(error)).inc()
        else:
            self._tools.metrics.procedures.labels(verdict).inc()

    async def _analyse(self, procedure_id: str) -> str:
        """Analyse in steps of one frame, so that procedures take turns."""
        tools = self._tools
        analysis = await tools.work.run_patiently(StoredAnalysis, tools.store, procedure_id, tools.engine, self._count)
        while await tools.work.run_patiently(analysis.step):
            pass
        return await tools.work.run_patiently(analysis.finish)

    def _count(self, analysis: Analysis, timing_ms: Mapping[str, float]) -> None:
        self._tools.metrics.observe_frame(analysis.placement.verdict.value, timing_ms)

    def _ended(self, procedure_id: str, error: BaseException | None) -> None:
        if error is not None:
            structlog.get_logger().error("procedure failed", procedure=procedure_id, error=type(error).__name__)
            with suppress(StoreUnreachable):  # taken up at the next start then
                self._tools.store.fail(procedure_id, "unexpected")
