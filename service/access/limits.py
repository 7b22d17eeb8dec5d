"""How often and how many at a time: per asker, within one process."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
    under_way: int = 0
    sockets: int = 0


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

    @contextmanager
    def request(self, name: str) -> Iterator[None]:
        """One request of an asker, as long as it is under way.

        Raises
        ------
        TooManyRequests
            If there are as many as may be.
        """
        asker = self._taken(name)
        if asker.under_way >= self._limits.at_a_time:
            what = f"{asker.under_way} requests are under way"
            raise TooManyRequests(what, 1)
        asker.under_way += 1
        try:
            yield
        finally:
            asker.under_way -= 1

    @contextmanager
    def socket(self, name: str) -> Iterator[None]:
        """One WebSocket of an asker, as long as it is open.

        Raises
        ------
        TooManyRequests
            If there are as many as may be.
        """
        asker = self._taken(name)
        if asker.sockets >= self._limits.sockets:
            what = f"{asker.sockets} live sessions are open"
            raise TooManyRequests(what, 5)
        asker.sockets += 1
        try:
            yield
        finally:
            asker.sockets -= 1

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
        idle = next((name for name, asker in self._askers.items() if not (asker.under_way or asker.sockets)), None)
        if idle is not None:
            del self._askers[idle]
