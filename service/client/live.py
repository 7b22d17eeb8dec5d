"""Client side of ``WS /v1/live``: the exchange without a connection, and two connections around it.

Send in one task (thread), read in another: answers that nobody reads end the session after some seconds.

::

    async with AsyncLive("ws://127.0.0.1:8000/v1/live", Start(spacing_mm=(0.1, 0.1))) as live:
        await live.send(picture)
        await live.end()
        async for answer in live:
            print(answer.live.sequence, answer.placement.verdict)
"""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Annotated, Self

from pydantic import Field, TypeAdapter
from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect

from service.client.calls import Picture, Refused, authorization, live_frame
from service.errors import UnexpectedMessage
from service.live.messages import End, FrameHeader, Ping, Start, control_text, join_frame
from service.live.wire import Ended, LiveAnswer, LiveProblem, Pong, Started
from service.wire import Problem

Said = Annotated[Started | LiveAnswer | LiveProblem | Pong | Ended, Field(discriminator="type")]
_SAID: TypeAdapter[Started | LiveAnswer | LiveProblem | Pong | Ended] = TypeAdapter(Said)


class LiveExchange:
    """What is sent and what was heard, without a connection.

    Attributes
    ----------
    started, ended
        First and last message of the service, once they came.
    refused
        Why the service closes the connection, once it says so; ``ended`` may come after it.
    sent
        Frames sent over this connection.
    """

    def __init__(self, start: Start) -> None:
        self.start = start
        self.sent = 0
        self.ended: Ended | None = None
        self.refused: Problem | None = None
        self._started: Started | None = None
        self._next = 0

    @property
    def started(self) -> Started:
        """Answer to the start message.

        Raises
        ------
        UnexpectedMessage
            If it has not come yet.
        """
        if self._started is None:
            msg = "the session has not been started: expected it to be used in a with statement"
            raise UnexpectedMessage(msg)
        return self._started

    def frame(self, picture: Picture, captured_at_ns: int | None = None, header: FrameHeader | None = None) -> bytes:
        """Message for the next frame.

        Parameters
        ----------
        captured_at_ns
            Now, if it is not given.
        header
            What else is to be said of this frame: a new spacing, a rectangle; its sequence number counts.

        Raises
        ------
        UnexpectedMessage
            If the session has ended.
        """
        if self.ended is not None:
            msg = "the session has ended: expected no further frame"
            raise UnexpectedMessage(msg)
        content = live_frame(picture)
        said = header or FrameHeader(sequence=self._next, captured_at=captured_at_ns or time.time_ns())
        size = {} if content.width is None else {"width": content.width, "height": content.height}
        whole = said.model_copy(update={"format": content.format, **size})
        self._next = said.sequence + 1
        self.sent += 1
        return join_frame(whole, content.content)

    @property
    def next_sequence(self) -> int:
        """Number that the next frame gets."""
        return self._next

    def heard(self, text: str | bytes) -> LiveAnswer | LiveProblem | Pong | None:
        """What a message of the service means for the caller; None for its first and last, and why it closes."""
        said = _SAID.validate_json(text)
        if isinstance(said, Started):
            self._started, self._next = said, said.next_sequence
            return None
        if isinstance(said, Ended):
            self.ended = said
            return None
        if isinstance(said, LiveProblem) and said.sequence is None:
            self.refused = said.problem
            return None
        return said

    def refusal(self, closed: ConnectionClosed) -> Refused:
        """Why the line ended: in the service's own words, or in those of its close frame."""
        return Refused(self.refused) if self.refused is not None else _refusal(closed)

    def require_not_refused(self) -> None:
        """Tell of a session that ended without having been asked to.

        Raises
        ------
        Refused
            If the service said why it closes.
        """
        if self.refused is not None:
            raise Refused(self.refused)


class AsyncLive(LiveExchange):
    """Live session over an asynchronous connection."""

    def __init__(self, url: str, start: Start, key: str | None = None) -> None:
        super().__init__(start)
        self._url = url
        self._headers = authorization(key)
        self._connection: AsyncConnection | None = None
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            with _refusing():
                connecting = connect_async(self._url, compression=None, max_size=None, additional_headers=self._headers)
                self._connection = await opening.enter_async_context(connecting)
            with suppress(ConnectionClosed):  # whoever is refused at once is told why, to be read below
                await self._connection.send(control_text(self.start))
            try:
                while self._started is None:
                    self.heard(await self._connection.recv())
            except ConnectionClosed as closed:
                raise self.refusal(closed) from closed
            self._closing = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._closing.aclose()

    async def send(self, picture: Picture, captured_at_ns: int | None = None, header: FrameHeader | None = None) -> int:
        """Send a frame; gives its sequence number."""
        message = self.frame(picture, captured_at_ns, header)
        await self._say(message)
        return self.next_sequence - 1

    async def ping(self) -> None:
        """Ask for a `Pong`, which comes among the answers."""
        await self._say(control_text(Ping(sent_at=time.time_ns())))

    async def end(self) -> None:
        """Ask for the end: what was sent is answered, then the iteration stops."""
        await self._say(control_text(End()))

    async def __aiter__(self) -> AsyncIterator[LiveAnswer | LiveProblem | Pong]:
        """Answers as they come, until the session ends.

        Raises
        ------
        Refused
            If the service closes it; ``ended`` is there by then if it was kept, as when the service stops.
        """
        while self.ended is None:
            try:
                said = self.heard(await self._open().recv())
            except ConnectionClosed as closed:
                raise self.refusal(closed) from closed
            if said is not None:
                yield said
        self.require_not_refused()

    async def _say(self, message: str | bytes) -> None:
        try:
            await self._open().send(message)
        except ConnectionClosed as closed:
            raise self.refusal(closed) from closed

    def _open(self) -> AsyncConnection:
        if self._connection is None:
            raise UnexpectedMessage(_NOT_OPEN)
        return self._connection


class Live(LiveExchange):
    """Live session over a waiting connection; one thread may send while another iterates."""

    def __init__(self, url: str, start: Start, key: str | None = None) -> None:
        super().__init__(start)
        self._url = url
        self._headers = authorization(key)
        self._connection: ClientConnection | None = None
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            with _refusing():
                connecting = connect(self._url, compression=None, max_size=None, additional_headers=self._headers)
                self._connection = opening.enter_context(connecting)
            with suppress(ConnectionClosed):  # whoever is refused at once is told why, to be read below
                self._connection.send(control_text(self.start))
            try:
                while self._started is None:
                    self.heard(self._connection.recv())
            except ConnectionClosed as closed:
                raise self.refusal(closed) from closed
            self._closing = opening.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.close()

    def send(self, picture: Picture, captured_at_ns: int | None = None, header: FrameHeader | None = None) -> int:
        """Send a frame; gives its sequence number."""
        message = self.frame(picture, captured_at_ns, header)
        self._say(message)
        return self.next_sequence - 1

    def ping(self) -> None:
        """Ask for a `Pong`, which comes among the answers."""
        self._say(control_text(Ping(sent_at=time.time_ns())))

    def end(self) -> None:
        """Ask for the end: what was sent is answered, then the iteration stops."""
        self._say(control_text(End()))

    def __iter__(self) -> Iterator[LiveAnswer | LiveProblem | Pong]:
        """Answers as they come, until the session ends.

        Raises
        ------
        Refused
            If the service closes it; ``ended`` is there by then if it was kept, as when the service stops.
        """
        while self.ended is None:
            try:
                said = self.heard(self._open().recv())
            except ConnectionClosed as closed:
                raise self.refusal(closed) from closed
            if said is not None:
                yield said
        self.require_not_refused()

    def _say(self, message: str | bytes) -> None:
        try:
            self._open().send(message)
        except ConnectionClosed as closed:
            raise self.refusal(closed) from closed

    def _open(self) -> ClientConnection:
        if self._connection is None:
            raise UnexpectedMessage(_NOT_OPEN)
        return self._connection


_NOT_OPEN = "the connection is not open: expected it to be used in a with statement"


@contextmanager
def _refusing() -> Iterator[None]:
    """Make a refused handshake a refusal of ours."""
    try:
        yield
    except (InvalidHandshake, InvalidURI) as error:
        code = "no-live-session"
        raise _refused(code, str(error)) from error


def _refusal(closed: ConnectionClosed) -> Refused:
    """The end of a line that broke without a last word."""
    if closed.rcvd is None:
        return _refused("line-broken", "the line broke")
    code, named, detail = closed.rcvd.reason.partition(": ")
    return _refused(code, detail) if named else _refused("closed", str(closed.rcvd))


def _refused(code: str, detail: str) -> Refused:
    kind = f"urn:sonoplace:problem:{code}"
    return Refused(Problem(type=kind, title="Closed", status=0, detail=detail, instance="/v1/live", code=code))
