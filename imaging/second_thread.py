"""When an inference is given a second thread: alone in its process, on a machine with a core that has nothing to do.

A second thread shortens an inference by a third where a core is idle and doubles it where none is, since its halves
wait for each other. So it is taken only when nobody else wants a core at that moment, and left alone for a while once
it did not pay.
"""

import os
import statistics
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

_LOAD = Path("/proc/loadavg")
_SINGLES = 3
"""So many latest inferences with one thread tell what is typical of it."""
_TWICES = 100
"""After so many inferences with two threads one with a single thread tells anew what they are measured by."""
_SHORTEST_REST_S = 0.25
_LONGEST_REST_S = 60.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How inferences went lately.

    Parameters
    ----------
    singles_ms
        Durations of the latest with one thread.
    twices
        Number of those with two threads since then.
    rest_s
        How long two threads were last left alone; 0 since they paid.
    resting_until_s
        And until when, on the clock of `after`.
    """

    singles_ms: tuple[float, ...] = ()
    twices: int = 0
    rest_s: float = 0.0
    resting_until_s: float = 0.0

    def allows_two(self, now_s: float) -> bool:
        """Whether two threads are worth a try."""
        return len(self.singles_ms) == _SINGLES and self.twices < _TWICES and now_s >= self.resting_until_s

    def after(self, threads: int, spent_ms: float, now_s: float) -> "Pace":
        """Pace after one more inference; two threads that did not save time rest, each time in a row twice as long."""
        if threads == 1:
            return replace(self, singles_ms=(*self.singles_ms, spent_ms)[-_SINGLES:], twices=0)
        if spent_ms < statistics.median(self.singles_ms):
            return replace(self, twices=self.twices + 1, rest_s=0.0)
        rest_s = min(max(2.0 * self.rest_s, _SHORTEST_REST_S), _LONGEST_REST_S)
        return replace(self, twices=self.twices + 1, rest_s=rest_s, resting_until_s=now_s + rest_s)


class SecondThread:
    """Chooses for each inference of a process; safe to ask from several threads.

    Parameters
    ----------
    spare_cores
        Number of cores that nobody wants at this moment; by default as the kernel counts them.
    """

    def __init__(
        self, spare_cores: Callable[[], int] | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._spare_cores = spare_cores or SpareCores()
        self._clock = clock
        self._lock = threading.Lock()
        self._running = 0
        self.pace = Pace()

    @contextmanager
    def threads(self) -> Iterator[int]:
        """Number of threads for an inference that is run inside this context."""
        begun_s = self._clock()
        with self._lock:
            self._running += 1
            tried = self._running == 1 and self.pace.allows_two(begun_s)
        threads = 2 if tried and self._spare_cores() >= 1 else 1
        try:
            yield threads
        finally:
            with self._lock:
                self._running -= 1
                now_s = self._clock()
                self.pace = self.pace.after(threads, (now_s - begun_s) * 1e3, now_s)


class SpareCores:
    """Cores of this process less the tasks that run or wait for one anywhere on the machine (Linux; none elsewhere).

    In a container with few of a machine's many cores there may seem to be none: then there is no second thread.
    """

    def __init__(self, load: Path = _LOAD) -> None:
        self._load: int | None = None
        if hasattr(os, "sched_getaffinity"):
            with suppress(OSError):
                self._load = os.open(load, os.O_RDONLY | os.O_CLOEXEC)
                weakref.finalize(self, os.close, self._load)

    def __call__(self) -> int:
        """Number of them now, at least 0."""
        if self._load is None:
            return 0
        # "0.20 0.18 0.12 1/80 11206": of 80 tasks 1 wants a core, the one that reads this.
        wanting = int(os.pread(self._load, 128, 0).split()[3].partition(b"/")[0])
        return max(len(os.sched_getaffinity(0)) - wanting, 0)
