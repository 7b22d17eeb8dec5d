"""Callers that nobody knows: how often one address may try, and how much of it is written down."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from service.access.errors import TooManyRequests
from service.access.limits import Limiter, Limits

_LIMITS = Limits(rate_per_s=1.0, burst=20, at_a_time=1, sockets=1)
_RECORD_EVERY_S = 1.0
_MOST_KNOWN = 4096


@dataclass(frozen=True, slots=True)
class Tried:
    """One more failed try.

    Parameters
    ----------
    refusal
        What to answer instead, if there were too many.
    to_be_recorded
        Whether it gets a line of its own; ``unrecorded`` tells how many before it got none.
    """

    refusal: TooManyRequests | None
    to_be_recorded: bool
    unrecorded: int = 0


@dataclass(slots=True)
class _Flood:
    recorded_at: float
    unrecorded: int = 0


class Strangers:
    """Failed tries by address. Beyond the limit one line a second tells of all, so that nobody can fill the disk."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._limiter = Limiter(_LIMITS, clock)
        self._clock = clock
        self._floods: dict[str, _Flood] = {}

    def tried(self, address: str) -> Tried:
        """Count a failed try."""
        try:
            self._limiter.take(address)
        except TooManyRequests as refusal:
            return self._flooded(address, refusal)
        flood = self._floods.pop(address, None)
        return Tried(None, to_be_recorded=True, unrecorded=flood.unrecorded if flood else 0)

    def _flooded(self, address: str, refusal: TooManyRequests) -> Tried:
        flood, at = self._floods.get(address), self._clock()
        if flood is None:
            if len(self._floods) >= _MOST_KNOWN:
                self._floods.pop(next(iter(self._floods)))
            self._floods[address] = _Flood(at)
            return Tried(refusal, to_be_recorded=True)
        if at - flood.recorded_at < _RECORD_EVERY_S:
            flood.unrecorded += 1
            return Tried(refusal, to_be_recorded=False)
        self._floods[address] = _Flood(at)
        return Tried(refusal, to_be_recorded=True, unrecorded=flood.unrecorded)
