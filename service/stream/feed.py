"""Frames of a source fed into a live session, at their own pace or as fast as they are answered."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imaging.geometry import PixelSpacing
from service.client.calls import Refused
from service.client.live import AsyncLive
from service.live.messages import FrameHeader, Start
from service.live.wire import LiveAnswer, LiveProblem, Pong
from service.stream.sources import FrameSource, SourceFrame

_DEFAULT_FPS = 20.0

Said = LiveAnswer | LiveProblem | Pong


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """How a source is to be streamed.

    Parameters
    ----------
    url
        ``ws://host:port/v1/live``.
    spacing
        For frames that say none themselves.
    fps
        Frames a second; None for the source's own pace.
    fast
        Send each frame as soon as the one before is answered, so that none is dropped.
    key
        Key of access.
    """

    url: str
    spacing: PixelSpacing | None = None
    fps: float | None = None
    fast: bool = False
    key: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class StreamSummary:
    """What became of a stream so far."""

    sent: int = 0
    answered: int = 0
    failed: int = 0
    dropped: int = 0
    stale: int = 0
    segment: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    ages_ms: list[float] = field(default_factory=list)
    session: str | None = None
    procedure: str | None = None
    refused: str | None = None
    """Why the service ended the session, if it did."""

    def take(self, said: Said) -> None:
        """Count one message of the service."""
        if isinstance(said, Pong) or said.live is None:
            return
        self.ages_ms.append(said.live.age_ms)
        self.dropped += said.live.dropped
        self.stale += said.live.stale
        self.segment = said.live.segment
        if isinstance(said, LiveAnswer):
            self.answered += 1
            self.verdicts[said.placement.verdict.value] += 1
        else:
            self.failed += 1
            self.problems[said.problem.code] += 1

    def to_dict(self) -> dict[str, Any]:
        """Figures as plain values."""
        at = (50, 95, 99, 100)
        ages = np.percentile(self.ages_ms, at).round(2).tolist() if self.ages_ms else [None] * len(at)
        return {
            "sent": self.sent,
            "answered": self.answered,
            "failed": self.failed,
            "dropped": self.dropped,
            "stale": self.stale,
            "segments": self.segment + 1,
            "verdicts": dict(self.verdicts),
            "problems": dict(self.problems),
            "age_ms": dict(zip(("p50", "p95", "p99", "max"), ages, strict=True)),
            "session": self.session,
            "procedure": self.procedure,
            "refused": self.refused,
        }


async def stream(source: FrameSource, plan: StreamPlan, told: Callable[[StreamSummary, Said], None]) -> StreamSummary:
    """Stream every frame of a source through a live session.

    Parameters
    ----------
    told
        Called after each message of the service.

    Raises
    ------
    Refused
        If the service closes the session, and says not what became of it.
    ImagingError
        Whatever the source is refused for.
    """
    summary = StreamSummary()
    async with AsyncLive(plan.url, Start(), plan.key) as live:
        summary.session = live.started.session
        answered = asyncio.Event()

        async def listen() -> None:
            async for said in live:
                summary.sent = live.sent
                summary.take(said)
                told(summary, said)
                answered.set()

        try:
            await _until_ended(_send(live, source, plan, answered), listen())
        except Refused as refused:
            if live.ended is None:
                raise
            summary.refused = str(refused)
        if live.ended is not None:
            summary.sent, summary.procedure = live.sent, live.ended.procedure
            summary.dropped = live.ended.frames.dropped
    return summary


async def _until_ended(to_send: Coroutine[None, None, None], to_listen: Coroutine[None, None, None]) -> None:
    """Send and listen until there is nothing left to hear, or one of both fails."""
    sending, listening = asyncio.create_task(to_send), asyncio.create_task(to_listen)
    try:
        await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
        if sending.done() and not isinstance(sending.exception(), Refused):
            sending.result()
        await listening  # of a session that the service closes, this side hears why
    finally:
        for task in (sending, listening):
            task.cancel()
        await asyncio.gather(sending, listening, return_exceptions=True)


async def _send(live: AsyncLive, source: FrameSource, plan: StreamPlan, answered: asyncio.Event) -> None:
    gap_s = 1.0 / plan.fps if plan.fps else (source.frame_time_ms or 1e3 / _DEFAULT_FPS) / 1e3
    due = time.monotonic()
    async for frame in _pulled(source.frames()):
        if not (plan.fast or source.live):
            await asyncio.sleep(due - time.monotonic())
            due = max(due + gap_s, time.monotonic() - gap_s)
        answered.clear()
        await live.send(frame.picture, header=_header(frame, live.next_sequence, plan))
        if plan.fast:
            await answered.wait()
    await live.end()


def _header(frame: SourceFrame, sequence: int, plan: StreamPlan) -> FrameHeader:
    spacing = frame.spacing or plan.spacing
    return FrameHeader(
        sequence=sequence,
        captured_at=frame.captured_at_ns or time.time_ns(),
        spacing_mm=(spacing.row_mm, spacing.column_mm) if spacing else None,
        bmode_px=frame.bmode.xyxy() if frame.bmode else None,
    )


async def _pulled(frames: Iterator[SourceFrame]) -> AsyncIterator[SourceFrame]:
    """Frames of an iterator that may block, pulled in a thread."""
    while (frame := await asyncio.to_thread(next, frames, None)) is not None:
        yield frame
