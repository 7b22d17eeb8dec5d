"""Tasks of one process by what they are about: begun once, waited for by whoever likes, and ended together."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class UnderWay(Generic[Key, Result]):
    """Tasks under way; one goes on whoever stops waiting for it. Use it from one event loop.

    Parameters
    ----------
    ended
        Is told the key of each task that has ended, and its error; None of one that was stopped, too. Without it
        only those who wait are told.
    """

    def __init__(self, ended: Callable[[Key, BaseException | None], None] | None = None) -> None:
        self._ended = ended
        self._tasks: dict[Key, asyncio.Task[Result]] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._tasks)

    def begin(self, key: Key, work: Callable[[], Coroutine[Any, Any, Result]]) -> asyncio.Task[Result]:
        """Task of a key: the one under way, or a new one."""
        if key not in self._tasks:
            task = self._tasks[key] = asyncio.get_running_loop().create_task(work())
            task.add_done_callback(partial(self._over, key))
        return self._tasks[key]

    async def wait(self, key: Key) -> None:
        """Until the task of this key has ended, if there is one; whoever waits may leave, it goes on."""
        if key in self._tasks:
            await asyncio.wait({self._tasks[key]})

    async def finish(self) -> None:
        """Until all have ended, however they do."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def stop(self) -> None:
        """Cancel all, and wait until they have ended."""
        for task in self._tasks.values():
            task.cancel()
        await self.finish()

    def _over(self, key: Key, task: asyncio.Task[Result]) -> None:
        del self._tasks[key]
        error = None if task.cancelled() else task.exception()  # read in any case, or asyncio would log it
        if self._ended is not None:
            self._ended(key, error)
