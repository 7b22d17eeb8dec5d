"""A stored procedure judged once more by another network: held in memory for a while, never stored."""

import asyncio
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field, replace

import structlog

from imaging.errors import ImagingError
from service.answer import identity
from service.engine import Engine
from service.errors import Busy, NotFound, NotReady, ServiceError, code_of
from service.procedures.analysis import Judging
from service.procedures.runner import Tools
from service.procedures.shelf import Network, Shelf
from service.store.frames import FrameRecord
from service.store.sealing import Conclusion
from service.store.tables import ProcedureRow

_MOST_RUNNING = 2
_MOST_HELD = 6
_MOST_LOADED = 2


@dataclass(slots=True)
class Comparison:
    """One procedure and what another network says of it, as far as it has come.

    ``conclusion`` is None until it is done; ``failure`` is the code of what ended it before.
    """

    row: ProcedureRow
    network: Network
    identity: dict[str, str] = field(default_factory=dict)
    conclusion: Conclusion | None = None
    failure: str | None = None
    _frames: list[FrameRecord] = field(default_factory=list)

    @property
    def model(self) -> str:
        """Name of the network in an address."""
        return self.network.key

    @property
    def running(self) -> bool:
        """Whether it is still under way."""
        return self.conclusion is None and self.failure is None

    @property
    def frames_done(self) -> int:
        """Number of frames judged so far."""
        return len(self._frames)

    @property
    def answers(self) -> list[bytes]:
        """Answers so far, in order, as JSON."""
        return [zlib.decompress(record.answer) for record in self._frames]

    def take(self, record: FrameRecord) -> None:
        """Hold the answer to the next frame."""
        packed = replace(record, answer=zlib.compress(record.answer), overlay=zlib.compress(record.overlay))
        self._frames.append(packed)

    def frame(self, index: int) -> FrameRecord:
        """Answer to a frame.

        Raises
        ------
        NotReady
            If it has not come so far.
        NotFound
            If there is no such frame.
        """
        if not 0 <= index < self.row.frame_count:
            msg = f"frame {index} was asked for: there are frames 0 to {self.row.frame_count - 1}"
            raise NotFound(msg)
        if index >= len(self._frames):
            msg = f"frame {index} is not judged yet: {len(self._frames)} of {self.row.frame_count} are"
            raise NotReady(msg)
        held = self._frames[index]
        return replace(held, answer=zlib.decompress(held.answer), overlay=zlib.decompress(held.overlay))


class Comparisons:
    """Comparisons under way and held in this process. Use it from one event loop."""

    def __init__(self, shelf: Shelf, tools: Tools) -> None:
        self.shelf = shelf
        self._tools = tools
        self._held: OrderedDict[tuple[str, str], Comparison] = OrderedDict()
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._loading = threading.Lock()

    def start(self, row: ProcedureRow, network: Network) -> Comparison:
        """Judge an answered procedure by a network, unless that is held or under way.

        Raises
        ------
        NotReady
            If there is no answer yet to compare with.
        Busy
            If as many comparisons are under way as may.
        """
        if row.status != "done":
            msg = f"the procedure is {row.status}: expected one that is answered"
            raise NotReady(msg)
        key = (row.id, network.key)
        known = self._held.get(key)
        if known is not None and known.failure is None:
            self._held.move_to_end(key)
            return known
        if len(self._tasks) >= _MOST_RUNNING:
            raise Busy(len(self._tasks), retry_after_s=5)
        comparison = self._held[key] = Comparison(row, network)
        self._tasks[key] = asyncio.create_task(self._run(comparison))
        self._tasks[key].add_done_callback(lambda _: self._ended(key))
        return comparison

    def held(self, procedure_id: str, model: str) -> Comparison:
        """Comparison that is under way or held.

        Raises
        ------
        NotFound
            If there is none; it can be asked for again.
        """
        comparison = self._held.get((procedure_id, model))
        if comparison is None:
            msg = "no such comparison is held: post it again"
            raise NotFound(msg)
        return comparison

    async def wait(self, comparison: Comparison) -> None:
        """Until a comparison has ended; whoever waits may leave, it goes on."""
        task = self._tasks.get((comparison.row.id, comparison.model))
        if task is not None:
            await asyncio.wait({task})

    async def close(self) -> None:
        """Stop; nothing is lost that cannot be asked for again."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, comparison: Comparison) -> None:
        try:
            await self._judge(comparison)
        except (ImagingError, ServiceError) as error:
            comparison.failure = code_of(error)

    async def _judge(self, comparison: Comparison) -> None:
        """Judge in steps of one frame, so that all who ask take turns."""
        work, store = self._tools.work, self._tools.store
        engine = await work.run_patiently(self._engine, comparison)
        comparison.identity = identity(engine.segmenter.identity, engine.rules.sha256)
        judging = await work.run_patiently(Judging, store, comparison.row, engine)
        while not judging.done:
            comparison.take(await work.run_patiently(judging.next))
        comparison.conclusion = await work.run_patiently(judging.conclude)

    def _engine(self, comparison: Comparison) -> Engine:
        """Network of a comparison with the rules that answer now; the last ones loaded are kept."""
        network, present = comparison.network, self._tools.engine
        if network.manifest.sha256 == present.segmenter.identity.sha256:
            return present
        with self._loading:
            if network.key not in self._engines:
                self._engines[network.key] = Engine(self.shelf.loaded(network), present.rules)
            self._engines.move_to_end(network.key)
            while len(self._engines) > _MOST_LOADED:
                self._engines.popitem(last=False)
            return self._engines[network.key]

    def _ended(self, key: tuple[str, str]) -> None:
        task = self._tasks.pop(key)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            structlog.get_logger().error("comparison failed", procedure=key[0], error=type(error).__name__)
            self._held[key].failure = "unexpected"
        finished = [name for name, held in self._held.items() if not held.running]
        for name in finished[: max(len(self._held) - _MOST_HELD, 0)]:
            del self._held[name]
