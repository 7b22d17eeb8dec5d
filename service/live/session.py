"""The live protocol as a state machine: which message is allowed now, what is judged next, what is answered.

::

    WAITING_FOR_START ──start──► STREAMING ──end──► ENDING ──all answered──► CLOSED
            └────────────── an error, the line lost, time up ───────────────────┘

It knows no sockets, clocks or threads. Messages, instants (nanoseconds, Unix time) and judged frames are handed in;
what is to be sent comes back. Frames wait in a mailbox with one slot: a newer frame replaces a waiting one, which is
counted as dropped. A refusal of the protocol is raised, and closes; a frame that cannot be judged is answered with its
problem, and the session goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from imaging.errors import ImagingError
from imaging.reasons import Reason
from service.errors import BadMessage, ServiceError, SessionIdle, SessionTooLong, UnexpectedMessage, problem_of
from service.live.messages import FrameHeader, Ping, Start, parse_control, split_frame
from service.live.thread import FrameReading, LiveThread

OpenThread = Callable[[Start], LiveThread]
"""Gives a new session, or the one that is to be continued; refuses by raising a `ServiceError`."""
Json = dict[str, Any]
PATH = "/v1/live"


class SessionState(StrEnum):
    """Where a connection stands."""

    WAITING_FOR_START = "waiting for start"
    STREAMING = "streaming"
    ENDING = "ending"
    CLOSED = "closed"


_EXPECTED = {
    SessionState.WAITING_FOR_START: "a start message, as text",
    SessionState.STREAMING: "frames, a ping or the end",
    SessionState.ENDING: "nothing but a ping",
    SessionState.CLOSED: "nothing more",
}


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """How long a connection may be silent, and how long it may live."""

    idle_s: float
    life_s: float


@dataclass(frozen=True, slots=True, eq=False)
class PendingFrame:
    """A frame that arrived and is to be judged."""

    sequence: int
    captured_at_ns: int
    received_at_ns: int
    delay_ns: int
    """From capture to arrival."""
    segment: int
    reading: FrameReading
    picture: bytes


@dataclass(frozen=True, slots=True, eq=False)
class JudgedFrame:
    """What a frame's picture says: its answer, and the overlay if it is wanted."""

    answer: Json
    track: Json
    overlay_svg: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to be sent, and what it says about its frame's way."""

    message: bytes
    facts: Json


_OPEN = (SessionState.WAITING_FOR_START, SessionState.STREAMING, SessionState.ENDING)


class LiveSession:
    """One connection of a live session."""

    def __init__(self, limits: LiveLimits, open_thread: OpenThread, now_ns: int) -> None:
        self.state = SessionState.WAITING_FOR_START
        self._limits = limits
        self._open_thread = open_thread
        self._began_ns = self._heard_ns = now_ns
        self._thread: LiveThread | None = None
        self._waiting: PendingFrame | None = None
        self._working: PendingFrame | None = None

    @property
    def thread(self) -> LiveThread:
        """The session that this connection carries.

        Raises
        ------
        UnexpectedMessage
            If it has not been started.
        """
        if self._thread is None:
            msg = f"no session yet: expected {_EXPECTED[SessionState.WAITING_FOR_START]}"
            raise UnexpectedMessage(msg)
        return self._thread

    @property
    def started(self) -> bool:
        """Whether this connection carries a session."""
        return self._thread is not None

    @property
    def has_waiting(self) -> bool:
        """Whether a frame waits to be taken."""
        return self._waiting is not None and self._working is None

    @property
    def drained(self) -> bool:
        """Whether the end was asked for and everything sent before it is answered."""
        return self.state is SessionState.ENDING and self._waiting is None and self._working is None

    @property
    def deadline_ns(self) -> int:
        """When `check_time` is to be called next."""
        idle_ns, life_ns = self._limits.idle_s * 1e9, self._limits.life_s * 1e9
        return int(min(self._heard_ns + idle_ns, self._began_ns + life_ns))

    def check_time(self, now_ns: int) -> None:
        """Close a connection whose time is up.

        Raises
        ------
        SessionIdle
            If nothing came for too long.
        SessionTooLong
            If it has lived as long as it may.
        """
        if now_ns >= self._began_ns + self._limits.life_s * 1e9:
            self.close()
            msg = f"the connection is {self._limits.life_s:g} s old: continue the session over a new one"
            raise SessionTooLong(msg)
        if now_ns >= self._heard_ns + self._limits.idle_s * 1e9:
            self.close()
            msg = f"nothing came for {self._limits.idle_s:g} s: expected a frame or a ping"
            raise SessionIdle(msg)

    def receive_text(self, text: str, now_ns: int) -> bytes | None:
        """Take a text message; gives what is to be sent at once.

        Raises
        ------
        ServiceError
            If it cannot be used or is not allowed now; the session is closed then.
        """
        with self._closing_on_error():
            message = parse_control(text)
            self._heard_ns = now_ns
            if isinstance(message, Ping):
                self._require(*_OPEN)
                return orjson.dumps({"type": "pong", "sent_at": message.sent_at, "received_at": now_ns})
            if isinstance(message, Start):
                return self._start(message, now_ns)
            self._require(SessionState.STREAMING)
            self.state = SessionState.ENDING
            return None

    def stop(self) -> None:
        """Take nothing more: what came is answered, then the session ends as if that had been asked for."""
        if self.state is SessionState.STREAMING:
            self.state = SessionState.ENDING

    def receive_frame(self, data: bytes, now_ns: int) -> None:
        """Take a binary message: its frame waits to be judged, in place of one that waited.

        Raises
        ------
        ServiceError
            If its header cannot be used or frames are not allowed now; the session is closed then.
        """
        with self._closing_on_error():
            self._require(SessionState.STREAMING)
            header, picture = split_frame(data)
            self._heard_ns = now_ns
            thread = self.thread
            reading = thread.take_in(header, picture)
            if reading.format is None:
                msg = "format: neither the start message nor the frame's header says it"
                raise BadMessage(msg)
            if self._waiting is not None:
                thread.dropped += 1
            delay_ns = self._delay_ns(header, now_ns)
            self._waiting = PendingFrame(
                header.sequence, header.captured_at, now_ns, delay_ns, thread.segment, reading, picture
            )

    def take(self) -> PendingFrame | None:
        """The waiting frame, to be judged now; one at a time."""
        if self._working is not None or self.state is SessionState.CLOSED:
            return None
        self._working, self._waiting = self._waiting, None
        return self._working

    def answer(self, frame: PendingFrame, judged: JudgedFrame, now_ns: int) -> Reply | None:
        """Answer to the frame that was taken; None if the connection was closed meanwhile."""
        if frame is not self._working:
            return None
        self._working = None
        self.thread.answered += 1
        facts = self._facts(frame, now_ns)
        overlay = None if facts["stale"] else judged.overlay_svg
        whole = {"type": "answer", **judged.answer, "live": facts, "track": judged.track, "overlay_svg": overlay}
        return Reply(orjson.dumps(whole), facts)

    def refuse(self, frame: PendingFrame, error: Exception, now_ns: int) -> Reply | None:
        """Problem of the frame that was taken; the session goes on. None if the connection was closed meanwhile."""
        if frame is not self._working:
            return None
        self._working = None
        self.thread.failed += 1
        facts = self._facts(frame, now_ns)
        problem = problem_of(error, PATH)
        whole = {"type": "problem", "sequence": frame.sequence, "problem": problem, "live": facts}
        return Reply(orjson.dumps(whole), facts)

    def fail(self) -> None:
        """Count the frame that was taken as failed: an error that nobody expected ends the connection."""
        if self._working is not None:
            self._working = None
            self.thread.failed += 1

    def finish(self, procedure: str | None) -> bytes:
        """Last message of a session that is drained, with where its procedure is."""
        thread = self.thread
        self.close()
        frames = thread.counts().model_dump()
        return orjson.dumps({"type": "ended", "session": thread.id, "frames": frames, "procedure": procedure})

    def close(self) -> None:
        """No more of this connection: what waits or is being judged counts as dropped."""
        self.state = SessionState.CLOSED
        if self._thread is not None:
            self._thread.dropped += (self._waiting is not None) + (self._working is not None)
        self._waiting = self._working = None

    def _start(self, start: Start, now_ns: int) -> bytes:
        self._require(SessionState.WAITING_FOR_START)
        self._thread = thread = self._open_thread(start)
        self.state = SessionState.STREAMING
        return orjson.dumps(
            {
                "type": "started",
                "session": thread.id,
                "resumed": start.session is not None,
                "next_sequence": thread.last_sequence + 1,
                "segment": thread.segment,
                "received_at": now_ns,
            }
        )

    def _delay_ns(self, header: FrameHeader, now_ns: int) -> int:
        difference_ns = now_ns - header.captured_at
        since_quickest_ns = self.thread.transit.observe(difference_ns, now_ns)
        # A frame from the future shows that the clocks are not the same, whatever was said: then as with its own one.
        is_shared = self.thread.start.clock == "shared" and difference_ns >= 0
        return difference_ns if is_shared else since_quickest_ns

    def _facts(self, frame: PendingFrame, now_ns: int) -> Json:
        """When a frame came and was answered, in the shape of `service.live.wire.LiveFacts`."""
        thread = self.thread
        age_ms = round((frame.delay_ns + now_ns - frame.received_at_ns) / 1e6, 3)
        stale = age_ms > thread.start.stale_after_ms
        dropped, lost = thread.tell_losses()
        checks = ((frame.segment != thread.told_segment, Reason.SCALE_CHANGED), (stale, Reason.STALE_FRAME))
        reasons = [reason for holds, reason in checks if holds]
        thread.told_segment = frame.segment
        return {
            "session": thread.id,
            "sequence": frame.sequence,
            "captured_at": frame.captured_at_ns,
            "received_at": frame.received_at_ns,
            "answered_at": now_ns,
            "age_ms": age_ms,
            "stale": stale,
            "dropped": dropped,
            "lost": lost,
            "segment": frame.segment,
            "reasons": [reason.value for reason in reasons],
            "explanations": [reason.sentence for reason in reasons],
        }

    def _require(self, *states: SessionState) -> None:
        if self.state not in states:
            msg = f"not allowed while {self.state.value}: expected {_EXPECTED[self.state]}"
            raise UnexpectedMessage(msg)

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except (ServiceError, ImagingError):
            self.close()
            raise
