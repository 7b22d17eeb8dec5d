"""Request bodies, read up to their limit.

FastAPI's own ``max_body_size`` answers in plain text whatever the error handlers say (seen in starlette 1.10's
``RequestBodyLimitResponder.send_with_limit``); what is here refuses with a problem document.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request

from service.errors import Outcome, PayloadTooLarge, ServiceError
from service.settings import MEGABYTE, Settings
from service.store.trouble import writing_files
from service.work import RightOfWay

T = TypeVar("T")

_AT_ONCE = 1 << 20


class TooSlow(ServiceError, outcome=Outcome(408, 4408, "The body came too slowly")):
    """A body that stopped, or comes so slowly that it would never end."""

    code = "too-slow"


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How much of a body is taken, and how slowly it may come.

    Parameters
    ----------
    megabytes
        Most that is taken.
    silence_s
        Longest time without a byte.
    least_kb_s
        A body has ``silence_s`` and the time that its bytes take at this rate.
    """

    megabytes: float
    silence_s: float
    least_kb_s: float

    @classmethod
    def of(cls, settings: Settings, megabytes: float) -> "BodyLimits":
        """As the site has set it."""
        return cls(megabytes, settings.body_silence_s, settings.body_least_kb_s)


class Pace:
    """How long the next piece of one body is waited for; ``size`` is what has come of it."""

    def __init__(self, limits: BodyLimits) -> None:
        self.size = 0
        self._limits = limits
        self._begun = time.monotonic()

    async def kept(self, piece: Awaitable[T]) -> T:
        """The piece, if it comes in time.

        Raises
        ------
        TooSlow
            If it does not.
        """
        limits, elapsed_s = self._limits, time.monotonic() - self._begun
        fair_s = limits.silence_s + self.size / (limits.least_kb_s * 1e3) - elapsed_s
        try:
            async with asyncio.timeout(min(fair_s, limits.silence_s)):
                return await piece
        except TimeoutError as error:
            elapsed_s = time.monotonic() - self._begun
            msg = f"{self.size} bytes came in {elapsed_s:.0f} s: expected {limits.least_kb_s:g} kB a second"
            raise TooSlow(msg) from error


async def read_body(request: Request, limits: BodyLimits) -> bytes:
    """Body in memory.

    Raises
    ------
    PayloadTooLarge, TooSlow
        As soon as a limit is known to be passed.
    """
    return b"".join([chunk async for chunk in chunks_of(request, limits)])


async def receive_body(request: Request, target: Path, limits: BodyLimits, way: RightOfWay) -> None:
    """Body written to a file, never whole in memory; live frames go first, and the sender waits for them.

    Raises
    ------
    PayloadTooLarge, TooSlow
        As soon as a limit is known to be passed.
    StoreUnwritable
        If the disk does not take it.
    """
    with writing_files(), target.open("wb", buffering=0) as file:
        waiting = bytearray()
        async for chunk in giving_way(chunks_of(request, limits), way):
            waiting += chunk
            if len(waiting) >= _AT_ONCE:  # by a thread: a disk that falls behind holds nothing else up
                await asyncio.to_thread(_write, file, waiting)
                waiting = bytearray()
        await asyncio.to_thread(_write, file, waiting)


async def giving_way(chunks: AsyncIterator[bytes], way: RightOfWay) -> AsyncIterator[bytes]:
    """Body as it comes, but live frames go first, and the sender waits for them."""
    size = 0
    async for chunk in chunks:
        yield chunk
        size += len(chunk)
        if size >= _AT_ONCE:
            await way.given()
            size = 0


def _write(file: RawIOBase, content: bytearray) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) or 0 :]


async def chunks_of(request: Request, limits: BodyLimits) -> AsyncIterator[bytes]:
    """Body as it comes, within its limits.

    Raises
    ------
    PayloadTooLarge, TooSlow
        As soon as a limit is known to be passed.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limits.megabytes * MEGABYTE:
        raise PayloadTooLarge(limits.megabytes)
    pace, chunks = Pace(limits), aiter(request.stream())
    while True:
        try:
            chunk = await pace.kept(anext(chunks))
        except StopAsyncIteration:
            return
        pace.size += len(chunk)
        if pace.size > limits.megabytes * MEGABYTE:
            raise PayloadTooLarge(limits.megabytes)
        yield chunk
