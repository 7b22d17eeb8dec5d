"""Analysis of accepted procedures in the background: frame by frame, in batches that are committed as they come."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import structlog

from imaging.errors import ImagingError
from imaging.frame import Frame
from imaging.overlay import to_svg
from imaging.procedure import AssessmentRules, assess_procedure, observed
from imaging.tracking import Observation
from service.answer import frame_json, summary_answer
from service.engine import Engine
from service.errors import Busy, ServiceError, code_of
from service.metrics import Metrics
from service.store.store import FrameRecord, Store
from service.stored_frames import stored_source
from service.work import Work

_BATCH = 16
"""Frames per commit: about as long to analyse as a screen stays unchanged before one wonders."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the runner works with."""

    engine: Engine
    work: Work
    store: Store
    metrics: Metrics


class ProcedureRunner:
    """Procedures under way in this process. Use it from one event loop."""

    def __init__(self, tools: Tools, most_queued: int) -> None:
        self._tools = tools
        self._most_queued = most_queued
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def require_room(self) -> None:
        """Refuse another procedure while too many wait.

        Raises
        ------
        Busy
            If as many are under way as may.
        """
        if len(self._tasks) >= self._most_queued:
            raise Busy(len(self._tasks), retry_after_s=5)

    def submit(self, procedure_id: str) -> None:
        """Analyse a stored procedure, unless that is being done."""
        if procedure_id in self._tasks:
            return
        task = asyncio.create_task(self._run(procedure_id))
        self._tasks[procedure_id] = task
        task.add_done_callback(lambda ended: self._ended(procedure_id, ended))

    def resume(self) -> None:
        """Take up what was accepted and not answered before the last stop."""
        for procedure_id in self._tools.store.unfinished():
            self.submit(procedure_id)

    async def wait(self, procedure_id: str) -> None:
        """Until the procedure is done or has failed; whoever waits may leave, the analysis goes on."""
        task = self._tasks.get(procedure_id)
        if task is not None:
            await asyncio.wait({task})

    async def close(self) -> None:
        """Stop; unfinished procedures are taken up at the next start."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, procedure_id: str) -> None:
        work, store = self._tools.work, self._tools.store
        try:
            summary = await self._analyse(procedure_id)
        except (ImagingError, ServiceError) as error:
            await work.run_patiently(store.fail, procedure_id, code_of(error))
            self._tools.metrics.procedures.labels(code_of(error)).inc()
        else:
            self._tools.metrics.procedures.labels(summary).inc()

    async def _analyse(self, procedure_id: str) -> str:
        work, store = self._tools.work, self._tools.store
        row = await work.run_patiently(store.procedure, procedure_id)
        await work.run_patiently(store.begin, procedure_id)
        source = await work.run_patiently(stored_source, store, row)
        frames = source.frames()
        seen: list[Observation] = []
        records: list[FrameRecord] = []
        while len(seen) < row.frame_count:
            records.append(await work.run_patiently(self._answer, frames, seen, row.frame_time_ms))
            if len(records) == _BATCH or len(seen) == row.frame_count:
                await work.run_patiently(store.add_frames, procedure_id, records)
                records = []
        rules = AssessmentRules(scoring=self._tools.engine.rules)
        assessed = await work.run_patiently(
            partial(assess_procedure, seen, rules, timed=source.frame_time_ms is not None)
        )
        verdicts = assessed.timeline.verdict
        await work.run_patiently(store.finish, procedure_id, summary_answer(assessed), verdicts)
        return assessed.verdict.value

    def _answer(self, frames: Iterator[Frame], seen: list[Observation], frame_time_ms: float | None) -> FrameRecord:
        """Answer the next frame, and append what following the needle needs of it."""
        engine, frame = self._tools.engine, next(frames)
        analysis = engine.analyse(frame)
        self._tools.metrics.observe_frame(analysis.placement.verdict.value, analysis.timing_ms)
        seen.append(observed(frame, analysis, frame_time_ms, seen[-1] if seen else None))
        overlay = to_svg(engine.draw(analysis)).encode()
        return FrameRecord(analysis.frame_index, frame_json(analysis, {}), overlay)

    def _ended(self, procedure_id: str, task: asyncio.Task[None]) -> None:
        del self._tasks[procedure_id]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            structlog.get_logger().error("procedure failed", procedure=procedure_id, error=type(error).__name__)
            self._tools.store.fail(procedure_id, "unexpected")
