"""A stored procedure judged once more by another network: held for a while, never stored."""

import threading
from collections import OrderedDict
from functools import partial
from pathlib import Path

import structlog

from imaging.errors import ImagingError
from service.answer import code_version, identity
from service.engine import Engine
from service.errors import Busy, NotFound, ServiceError, code_of
from service.procedures.analysis import Judging
from service.procedures.comparison import Comparison, ComparisonFolder
from service.procedures.runner import Tools
from service.procedures.shelf import Network, Shelf
from service.procedures.under_way import UnderWay
from service.store.ended import require_answered
from service.store.tables import ProcedureRow

_MOST_RUNNING = 2
_MOST_HELD = 4
_MOST_KEPT = 24
"""In files: a comparison of 300 frames has some 0.5 MB."""
_MOST_LOADED = 2


class Comparisons:
    """Comparisons under way in this process, and those that all processes keep. Use it from one event loop."""

    def __init__(self, shelf: Shelf, tools: Tools, folder: Path) -> None:
        self.shelf = shelf
        self._tools = tools
        self._folder = ComparisonFolder(folder, _MOST_KEPT)
        self._held: OrderedDict[tuple[str, str], Comparison] = OrderedDict()
        self._under_way: UnderWay[tuple[str, str], None] = UnderWay(self._ended)
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._loading = threading.Lock()

    async def start(self, row: ProcedureRow, network: Network) -> Comparison:
        """Judge an answered procedure by a network, unless that is kept or under way.

        Raises
        ------
        NotReady, ProcedureFailed
            If there is no answer yet to compare with, or never will be.
        Busy
            If as many comparisons are under way as may.
        """
        require_answered(row)
        known = await self._known(row, network.key)
        if known is not None and known.failure is None:
            return known
        if len(self._under_way) >= _MOST_RUNNING:
            raise Busy(len(self._under_way), retry_after_s=5)
        key = (row.id, network.key)
        comparison = self._held[key] = Comparison(row, network.folder.name, network.key)
        self._under_way.begin(key, partial(self._run, comparison, network))
        return comparison

    async def held(self, row: ProcedureRow, model: str) -> Comparison:
        """Comparison that is under way here, or kept.

        Raises
        ------
        NotFound
            If there is none; it can be asked for again.
        """
        comparison = await self._known(row, model)
        if comparison is None:
            msg = "no such comparison is held: post it again"
            raise NotFound(msg)
        return comparison

    async def wait(self, comparison: Comparison) -> None:
        """Until a comparison has ended; whoever waits may leave, it goes on."""
        await self._under_way.wait((comparison.row.id, comparison.model))

    async def close(self) -> None:
        """Stop; nothing is lost that cannot be asked for again."""
        await self._under_way.stop()

    async def _known(self, row: ProcedureRow, model: str) -> Comparison | None:
        key = (row.id, model)
        if key not in self._held:
            kept = await self._tools.work.run(self._folder.find, row, model)
            if kept is None or not self._is_present(kept) or key in self._held:  # begun meanwhile
                return self._held.get(key)
            self._held[key] = kept
            self._forget()
        self._held.move_to_end(key)
        return self._held[key]

    def _is_present(self, kept: Comparison) -> bool:
        """Whether the rules and the code of today judged it."""
        judged_by = (kept.identity["rules_sha256"], kept.identity["code_version"])
        return judged_by == (self._tools.engine.rules.sha256, code_version())

    async def _run(self, comparison: Comparison, network: Network) -> None:
        try:
            await self._judge(comparison, network)
        except (ImagingError, ServiceError) as error:
            comparison.failure = code_of(error)

    async def _judge(self, comparison: Comparison, network: Network) -> None:
        """Judge in steps of one frame, so that all who ask take turns."""
        work, store = self._tools.work, self._tools.store
        engine = await work.run_patiently(self._engine, network)
        comparison.identity = identity(engine.segmenter.identity, engine.rules.sha256)
        judging = await work.run_patiently(Judging, store, comparison.row, engine)
        while not judging.done:
            comparison.take(await work.run_patiently(judging.next))
        comparison.conclusion = await work.run_patiently(judging.conclude)
        try:
            await work.run_patiently(self._folder.keep, comparison)
        except OSError as error:  # this process has it all the same
            structlog.get_logger().warning("comparison not kept", procedure=comparison.row.id, error=error.strerror)

    def _engine(self, network: Network) -> Engine:
        """A network with the rules that answer now; the last ones loaded are kept."""
        present = self._tools.engine
        if network.manifest.sha256 == present.segmenter.identity.sha256:
            return present
        with self._loading:
            if network.key not in self._engines:
                self._engines[network.key] = Engine(self.shelf.loaded(network), present.rules)
            self._engines.move_to_end(network.key)
            while len(self._engines) > _MOST_LOADED:
                self._engines.popitem(last=False)
            return self._engines[network.key]

    def _ended(self, key: tuple[str, str], error: BaseException | None) -> None:
        if error is not None:
            structlog.get_logger().error("comparison failed", procedure=key[0], error=type(error).__name__)
            self._held[key].failure = "unexpected"
        self._forget()

    def _forget(self) -> None:
        """Let go of the oldest in memory."""
        finished = [name for name, held in self._held.items() if not held.running]
        for name in finished[: max(len(self._held) - _MOST_HELD, 0)]:
            del self._held[name]
