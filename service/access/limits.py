"""How often and how many at a time: per asker, within one process."""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from service.access.errors import TooManyRequests

_MOST_KNOWN = 4096
"""Askers remembered at a time; one that has nothing under way is forgotten first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one asker may have.

    Parameters
    ----------
    rate_per_s, burst
        Requests a second in the long run, and at once.
    at_a_time, sockets
        Requests under way, and live sessions.
    """

    rate_per_s: float
    burst: int
    at_a_time: int
    sockets: int


@dataclass(slots=True)
class _Asker:
    left: float
    at: float
    open: Counter[str] = field(default_factory=Counter)
    """What is under way, by its kind."""


class Limiter:
    """Counts what askers have and takes from their buckets. Use it from one event loop."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._askers: OrderedDict[str, _Asker] = OrderedDict()

    def take(self, name: str) -> None:
        """Take one request from an asker's bucket.

        Raises
        ------
        TooManyRequests
            If it is empty.
        """
        self._taken(name)

    def _taken(self, name: str) -> _Asker:
        asker, limits = self._asker(name), self._limits
        now = self._clock()
        asker.left = min(limits.burst, asker.left + (now - asker.at) * limits.rate_per_s)
        asker.at = now
        if asker.left < 1.0:
            wait_s = math.ceil((1.0 - asker.left) / limits.rate_per_s)
            what = f"more than {limits.rate_per_s:g} requests a second"
            raise TooManyRequests(what, wait_s)
        asker.left -= 1.0
        return asker

    def request(self, name: str) -> AbstractContextManager[None]:
        """One request of an asker, as long as it is under way; entering it may raise as `take` does."""
        return self._one(name, "requests under way", self._limits.at_a_time, wait_s=1)

    def socket(self, name: str) -> AbstractContextManager[None]:
        """One WebSocket of an asker, as long as it is open; entering it may raise as `take` does."""
        return self._one(name, "live sessions open", self._limits.sockets, wait_s=5)

    @contextmanager
    def _one(self, name: str, kind: str, most: int, wait_s: int) -> Iterator[None]:
        asker = self._taken(name)
        if asker.open[kind] >= most:
            what = f"{asker.open[kind]} {kind}"
            raise TooManyRequests(what, wait_s)
        asker.open[kind] += 1
        try:
            yield
        finally:
            asker.open[kind] -= 1

    def _asker(self, name: str) -> _Asker:
        asker = self._askers.get(name)
        if asker is None:
            self._forget_one()
            asker = self._askers[name] = _Asker(self._limits.burst, self._clock())
        else:
            self._askers.move_to_end(name)
        return asker

    def _forget_one(self) -> None:
        if len(self._askers) < _MOST_KNOWN:
            return
        idle = next((name for name, asker in self._askers.items() if not asker.open.total()), None)
        if idle is not None:
            del self._askers[idle]
