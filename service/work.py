"""The one bounded executor: where blocking work leaves the event loop, and where too much of it is refused."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from service.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")


class Work:
    """Threads that decode and analyse; more than ``queue_bound`` waiting calls are told to come back.

    Use it from one event loop. Threads, not processes: decoder and network release the interpreter lock, and one
    ONNX Runtime session may be run from many threads. A call sees the context (`contextvars`) of whoever asked for it,
    so that its log lines bear the request's id.

    Parameters
    ----------
    on_waiting
        Told how many calls wait whenever that changes.
    """

    def __init__(self, workers: int, queue_bound: int, on_waiting: Callable[[int], None] = lambda _: None) -> None:
        self._workers = workers
        self._queue_bound = queue_bound
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="work")
        self._long = ThreadPoolExecutor(workers, thread_name_prefix="long")
        self._long_pending = 0
        self._patient = asyncio.Semaphore(workers)
        self.turn = asyncio.Semaphore(workers)
        """Held while a live frame is judged: sessions take turns, and choose their frame when it is theirs."""
        self._pending = 0
        self._on_waiting = on_waiting

    @property
    def waiting(self) -> int:
        """Calls that wait for a thread."""
        return max(0, self._pending - self._workers)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Result of a call made in a thread, for somebody who waits.

        Raises
        ------
        Busy
            If as many calls wait as may.
        """
        if self._pending >= self._workers + self._queue_bound:
            raise Busy(self.waiting)
        self._count(1)
        future = self._submitted(lambda: call(*args, **kwargs))
        # Counted until the thread is done: it goes on after its caller has hung up.
        future.add_done_callback(self._one_less)
        return await asyncio.shield(future)

    async def run_patiently(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Result of a call made in a thread, for work that nobody waits for: it queues here and refuses nobody."""
        async with self._patient:
            return await self._submitted(lambda: call(*args, **kwargs))

    async def run_long(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Result of a call that may take many seconds, in a thread of its own kind: no frame waits behind it.

        Raises
        ------
        Busy
            If as many such calls wait as may.
        """
        if self._long_pending >= self._workers + self._queue_bound:
            raise Busy(self._long_pending - self._workers, retry_after_s=5)
        self._long_pending += 1
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._long, context.run, lambda: call(*args, **kwargs))
        future.add_done_callback(self._one_long_less)
        return await asyncio.shield(future)

    def close(self) -> None:
        """Let running calls end and drop waiting ones."""
        self._long.shutdown(wait=True, cancel_futures=True)
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _submitted(self, call: Callable[[], T]) -> asyncio.Future[T]:
        context = contextvars.copy_context()
        return asyncio.get_running_loop().run_in_executor(self._executor, context.run, call)

    def _count(self, change: int) -> None:
        before = self.waiting
        self._pending += change
        if self.waiting != before:
            self._on_waiting(self.waiting)

    def _one_long_less(self, future: asyncio.Future[T]) -> None:
        self._long_pending -= 1
        if not future.cancelled():
            future.exception()

    def _one_less(self, future: asyncio.Future[T]) -> None:
        self._count(-1)
        if not future.cancelled():
            future.exception()  # read, so that an answer nobody waits for is not warned about
