"""The bounded executors: where blocking work leaves the event loop, too much of it is refused, and who goes first.

Whoever waits for one frame has threads of its own kind, so that it never queues behind what nobody waits for; and what
nobody waits for stands still while a live frame is judged.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import ParamSpec, TypeVar

from service.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")


_LONGEST_WAIT_S = 0.1
"""With more live frames than are answered there is always one: what waits for them goes on piece by piece then."""


class RightOfWay:
    """Live frames go first: uploads and their analysis wait, between two pieces, while one is under way.

    `live` and `given` are for the event loop, `given_here` is for threads.
    """

    def __init__(self) -> None:
        self._live = 0
        self._free = asyncio.Event()
        self._free_for_threads = threading.Event()
        self._let_go()

    @contextmanager
    def live(self) -> Iterator[None]:
        """While a live frame is under way."""
        self._live += 1
        self._free.clear()
        self._free_for_threads.clear()
        try:
            yield
        finally:
            self._live -= 1
            if not self._live:
                self._let_go()

    async def given(self) -> None:
        """Once no live frame is under way, or after a while."""
        if self._live:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LONGEST_WAIT_S):
                    await self._free.wait()

    def given_here(self) -> None:
        """As `given`, in a thread."""
        self._free_for_threads.wait(_LONGEST_WAIT_S)

    def _let_go(self) -> None:
        self._free.set()
        self._free_for_threads.set()


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
        self.way = RightOfWay()
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="work")
        self._background = ThreadPoolExecutor(workers, thread_name_prefix="background")
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
        future = _submitted(self._executor, lambda: call(*args, **kwargs))
        # Counted until the thread is done: it goes on after its caller has hung up.
        future.add_done_callback(self._one_less)
        return await asyncio.shield(future)

    async def run_patiently(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Result of a call made in a thread, for work that nobody waits for: it gives way, and refuses nobody."""
        async with self._patient:
            await self.way.given()
            return await _submitted(self._background, lambda: call(*args, **kwargs))

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
        future = _submitted(self._long, lambda: call(*args, **kwargs))
        future.add_done_callback(self._one_long_less)
        return await asyncio.shield(future)

    def close(self) -> None:
        """Let running calls end and drop waiting ones."""
        for executor in (self._long, self._background, self._executor):
            executor.shutdown(wait=True, cancel_futures=True)

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


def _submitted(executor: ThreadPoolExecutor, call: Callable[[], T]) -> asyncio.Future[T]:
    context = contextvars.copy_context()
    return asyncio.get_running_loop().run_in_executor(executor, context.run, call)
