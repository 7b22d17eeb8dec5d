"""A value that comes from elsewhere and kept for a bounded time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.errors import ServiceError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ages:
    """How old a value may be, in seconds.

    Parameters
    ----------
    fresh_s
        It is used so long without a question.
    again_s
        It is not asked for again sooner, whether the last time failed or something was missing in it.
    stale_s
        It is used so long if it cannot be had anew.
    """

    fresh_s: float
    again_s: float
    stale_s: float


class Refreshed(Generic[T]):
    """Keeps what ``load`` gave; for one event loop. ``load`` runs in a thread, once for all who wait."""

    def __init__(self, load: Callable[[], T], ages: Ages, clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._ages = ages
        self._clock = clock
        self._value: T | None = None
        self._loaded_at = self._tried_at = -float("inf")
        self._failure = ServiceError("nothing was loaded yet")
        self._lock = asyncio.Lock()

    async def get(self) -> T:
        """The value.

        Raises
        ------
        ServiceError
            What ``load`` raised, if there is no value, or only one that is too old.
        """
        return await self._no_older_than(self._ages.fresh_s)

    async def newer(self) -> T:
        """The value, asked for again unless that was done a moment ago."""
        return await self._no_older_than(self._ages.again_s)

    async def _no_older_than(self, age_s: float) -> T:
        if self._is_due(age_s) and not (self._usable and self._lock.locked()):
            async with self._lock:
                if self._is_due(age_s):
                    await self._reload()
        if self._value is not None and self._usable:
            return self._value
        raise self._failure.with_traceback(None)  # the same error again: its trace would grow each time

    @property
    def _usable(self) -> bool:
        return self._value is not None and self._clock() - self._loaded_at <= self._ages.stale_s

    def _is_due(self, age_s: float) -> bool:
        now = self._clock()
        return now - self._loaded_at > age_s and now - self._tried_at > self._ages.again_s

    async def _reload(self) -> None:
        try:
            value = await asyncio.to_thread(self._load)
        except ServiceError as error:
            self._failure = error
        else:
            self._value, self._loaded_at = value, self._clock()
        self._tried_at = self._clock()
