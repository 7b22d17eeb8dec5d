"""Finished procedures' results, brought to the archive in the background: at least once, and harmless if twice.

What is to be pushed is read from the outbox and the store at every look, so a stop at any point loses nothing. The
results are made when they are sent: the image's header is asked of the archive first, which puts them beside the image
under the name that the archive has for the patient now, and costs no analysis while the archive is away.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

import structlog
from pydicom.dataset import Dataset

from imaging.errors import ImagingError
from imaging.results import SourceImage, read_source
from service.engine import EngineSlot
from service.errors import ArchiveSilent, PushDelayed, ServiceError, StoreUnreachable, Superseded, code_of
from service.metrics import Metrics
from service.pacs.archive import Archive
from service.pacs.outbox import Outbox, Push, PushState
from service.pacs.policy import PushPolicy
from service.results.build import ResultOptions, build_results
from service.store.store import Store
from service.stored_frames import stored_source


@dataclass(frozen=True, slots=True)
class PushTools:
    """What the pusher works with."""

    outbox: Outbox
    archive: Archive
    store: Store
    engines: EngineSlot
    metrics: Metrics


class Pusher:
    """Brings results to one archive, one procedure at a time. Use it from one event loop."""

    def __init__(self, tools: PushTools, policy: PushPolicy) -> None:
        self._tools = tools
        self._policy = policy
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look after the queue."""
        self._task = asyncio.create_task(self._look_after())

    async def close(self) -> None:
        """Stop; what is under way is pushed again at the next start."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._tools.archive.close()
        self._tools.outbox.close()

    async def look(self) -> None:
        """Go through the queue once: see which analyses have ended, and push what is due."""
        await asyncio.to_thread(self._see_what_is_analysed)
        for push in await asyncio.to_thread(self._tools.outbox.due, time.time()):
            if not await self._push(push):
                break
        self._count()

    async def _look_after(self) -> None:
        while True:
            try:
                await self.look()
            except StoreUnreachable as error:
                structlog.get_logger().warning("the store is away, results wait", reason=code_of(error))
            await asyncio.sleep(self._policy.look_every_s)

    def _see_what_is_analysed(self) -> None:
        outbox, store = self._tools.outbox, self._tools.store
        for push in outbox.listed(PushState.ANALYSING):
            row = store.find(push.procedure_id)
            if row is None or row.status == "failed":
                outbox.withdraw(push.procedure_id)
            elif row.status == "done":
                outbox.ready(push.procedure_id)

    async def _push(self, push: Push) -> bool:
        """Try once; False if the archive is silent, so that nothing else needs to be tried now."""
        outbox = self._tools.outbox
        try:
            header = await self._tools.archive.header(push.image)
            instances = await asyncio.to_thread(self._results, push.procedure_id, header)
            await self._tools.archive.store(instances)
        except PushDelayed as error:
            await asyncio.to_thread(self._postpone, push, error)
            return not isinstance(error, ArchiveSilent)
        except StoreUnreachable:
            raise  # says nothing about these results: they stay due
        except (ServiceError, ImagingError) as error:
            await asyncio.to_thread(outbox.bury, push.procedure_id, _problem(error))
            structlog.get_logger().error("results given up", procedure=push.procedure_id, reason=code_of(error))
        else:
            await asyncio.to_thread(outbox.delivered, push.procedure_id)
            structlog.get_logger().info("results delivered", procedure=push.procedure_id, objects=len(instances))
        return True

    def _postpone(self, push: Push, error: PushDelayed) -> None:
        attempts = push.attempts + 1
        if attempts >= self._policy.attempts:
            self._tools.outbox.bury(push.procedure_id, _problem(error))
            structlog.get_logger().error("results given up", procedure=push.procedure_id, reason=code_of(error))
            return
        due_at = time.time() + self._policy.wait_s(attempts)
        self._tools.outbox.postpone(push.procedure_id, due_at, _problem(error))

    def _results(self, procedure_id: str, header: Dataset) -> list[bytes]:
        """Results as files, for the image as the archive describes it."""
        store, engine = self._tools.store, self._tools.engines.current
        row = store.procedure(procedure_id)
        if row.identity["model_sha256"] != engine.segmenter.identity.sha256:
            msg = "another model answered this procedure: its results would say something else now"
            raise Superseded(msg)
        # The pictures are those of the kept copy, so what its header says of text in them is what holds.
        header.BurnedInAnnotation = read_source(store.blobs.path(row.blob_sha256)).header.BurnedInAnnotation
        made = build_results(
            SourceImage(header), stored_source(store, row), engine, self._policy.kinds, ResultOptions()
        )
        return list(made.values())

    def _count(self) -> None:
        for state, number in self._tools.outbox.counts().items():
            self._tools.metrics.pushes.labels(state.value).set(number)


def _problem(error: Exception) -> str:
    """What may be kept of a failure: these messages quote no identifier."""
    return f"{code_of(error)}: {error}"[:200]
