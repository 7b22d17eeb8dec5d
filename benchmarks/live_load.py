"""Live sessions at a rate, from this process to the server's: age of every answer, and what became of every frame."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import linear_regression

from benchmarks.distribution import Distribution
from benchmarks.inputs import Input
from service.client.live import AsyncLive
from service.live.messages import Start
from service.live.wire import LiveAnswer, LiveProblem

_WARM_UP_FRAMES = 10
_WATCH_S = 1.0


@dataclass(frozen=True, slots=True)
class LiveLoad:
    """So many sessions at so many frames a second for so long; without a rate each sends once it is answered."""

    clients: int
    fps: float | None
    seconds: float


@dataclass(slots=True)
class Watched:
    """What one session saw, in the order in which it came."""

    ages_ms: list[float] = field(default_factory=list)
    """From capture to answer, as the answer says."""
    round_trips_ms: list[float] = field(default_factory=list)
    """From capture until the answer is read here."""
    judging_ms: list[float] = field(default_factory=list)
    stale: int = 0
    sent: int = 0
    answered: int = 0
    failed: int = 0
    dropped: int = 0
    lost: int = 0

    @property
    def unaccounted(self) -> int:
        """Frames sent of which nothing was ever heard."""
        return self.sent - self.answered - self.failed - self.dropped - self.lost


@dataclass(frozen=True, slots=True, eq=False)
class LiveFigures:
    """What all sessions of a load saw."""

    load: LiveLoad
    sessions: tuple[Watched, ...]
    memory_mb: tuple[tuple[float, float], ...]
    """Seconds since the start, and megabytes of the server's memory."""

    @property
    def age(self) -> Distribution:
        """Age of every answer, those to the first few frames of a session left out."""
        return self._all("ages_ms")

    @property
    def judging(self) -> Distribution:
        """Time in the server's worker thread."""
        return self._all("judging_ms")

    def _all(self, name: str) -> Distribution:
        all_values: list[float] = []
        for seen in self.sessions:
            values = getattr(seen, name)
            all_values += values[_WARM_UP_FRAMES:] or values
        return Distribution.of(all_values)

    def total(self, name: str) -> int:
        """Sum of a count over the sessions."""
        return int(sum(getattr(seen, name) for seen in self.sessions))

    @property
    def growth_mb(self) -> float:
        """Growth of the memory over the run by the line of least squares, the first fifth left out."""
        settled = self.memory_mb[len(self.memory_mb) // 5 :]
        if len(settled) < 2:
            return 0.0
        seconds, megabytes = zip(*settled, strict=True)
        return float((seconds[-1] - seconds[0]) * linear_regression(seconds, megabytes).slope)

    def figures(self) -> dict[str, float]:
        """Row of the table."""
        round_trip = self._all("round_trips_ms")
        counts = {name: self.total(name) for name in ("sent", "answered", "failed", "dropped", "lost", "stale")}
        return {
            **self.age.figures(),
            "clients": self.load.clients,
            "fps": self.load.fps or 0.0,
            "round trip p50": round(round_trip.at("p50"), 3),
            "round trip p99": round(round_trip.at("p99"), 3),
            "judging p50": round(self.judging.at("p50"), 3),
            "per second": round(self.total("answered") / self.load.seconds, 2),
            **counts,
            "unaccounted": self.total("unaccounted"),
        }


def run_live(url: str, given: Input, load: LiveLoad, memory_mb: Callable[[], float]) -> LiveFigures:
    """Sessions of a load, all in this process."""
    return asyncio.run(_run(url, given, load, memory_mb))


async def _run(url: str, given: Input, load: LiveLoad, memory_mb: Callable[[], float]) -> LiveFigures:
    sessions = tuple(Watched() for _ in range(load.clients))
    samples: list[tuple[float, float]] = []
    watching = asyncio.create_task(_watch_memory(memory_mb, samples))
    async with asyncio.TaskGroup() as group:
        for index, seen in enumerate(sessions):
            late_s = index / (load.clients * (load.fps or 30.0))
            group.create_task(_session(url, given, load, seen, late_s))
    watching.cancel()
    return LiveFigures(load, sessions, tuple(samples))


async def _watch_memory(memory_mb: Callable[[], float], samples: list[tuple[float, float]]) -> None:
    begun = time.monotonic()
    while True:
        samples.append((time.monotonic() - begun, memory_mb()))
        await asyncio.sleep(_WATCH_S)


async def _session(url: str, given: Input, load: LiveLoad, seen: Watched, late_s: float) -> None:
    """One session; it begins a share of a frame after the one before it."""
    start = Start(spacing_mm=given.spacing_mm, bmode_px=given.frame.bmode.xyxy(), clock="shared")
    await asyncio.sleep(late_s)
    answered = asyncio.Event()
    async with AsyncLive("ws" + url.removeprefix("http") + "/v1/live", start) as live, asyncio.TaskGroup() as group:
        group.create_task(_listen(live, seen, answered))
        await _send(live, given, load, answered)
        await live.end()
    seen.sent = live.sent
    if live.ended is not None:
        seen.dropped, seen.lost = live.ended.frames.dropped, live.ended.frames.lost


async def _send(live: AsyncLive, given: Input, load: LiveLoad, answered: asyncio.Event) -> None:
    begun = time.monotonic()
    while (elapsed := time.monotonic() - begun) < load.seconds:
        if load.fps is None:
            answered.clear()
            await live.send(given.jpeg)
            await answered.wait()
        else:
            await asyncio.sleep(max(live.sent / load.fps - elapsed, 0.0))
            await live.send(given.jpeg)


async def _listen(live: AsyncLive, seen: Watched, answered: asyncio.Event) -> None:
    async for said in live:
        heard_ns = time.time_ns()
        if isinstance(said, LiveAnswer):
            seen.answered += 1
            seen.stale += said.live.stale
            seen.ages_ms.append(said.live.age_ms)
            seen.round_trips_ms.append((heard_ns - said.live.captured_at) / 1e6)
            seen.judging_ms.append(said.timing_ms["total"])
        elif isinstance(said, LiveProblem):
            seen.failed += 1
        answered.set()
