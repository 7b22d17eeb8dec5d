"""What of a live session outlives its connection, so that a reconnect goes on where the line broke."""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imaging.geometry import BoxPx, PixelSpacing
from imaging.tracking.track_state import Track
from service.errors import BadMessage
from service.live.messages import FrameFormat, FrameHeader, Start
from service.live.wire import Counts

if TYPE_CHECKING:
    from service.live.judge import Bmode
    from service.live.recording import Recorder

_SAME_SCALE = 1e-3
"""Two spacings that differ by less than this share are one: matrices of single precision wander by a part in 10^7."""
_TRANSIT_WINDOW_NS = 60 * 10**9
"""Two clocks of 50 parts in a million drift apart by 3 ms in this time, less than a frame."""
_TRANSIT_STEP_NS = 10**9
_SET_BACK_NS = 10**9
"""A frame that was captured so much before the one before it was stamped by a clock that has been set back."""


LIVE = "live"
"""Asker of a session of somebody who is not known."""


@dataclass(frozen=True, slots=True)
class FrameReading:
    """How a picture's bytes are to be read, with what was said before it."""

    format: FrameFormat | None = None
    width: int | None = None
    height: int | None = None
    spacing: PixelSpacing | None = None
    bmode: BoxPx | None = None

    def updated(self, said: Start | FrameHeader) -> "FrameReading":
        """Reading with what a message says; what it does not say stays as it was."""
        spacing = said.spacing
        if spacing is not None and self.spacing is not None and _same_scale(spacing, self.spacing):
            spacing = self.spacing
        return FrameReading(
            format=said.format or self.format,
            width=said.width or self.width,
            height=said.height or self.height,
            spacing=spacing or self.spacing,
            bmode=said.bmode or self.bmode,
        )


@dataclass(slots=True)
class Transit:
    """Quickest way from capture to arrival lately, by which a clock of the sender's own is told from real delay."""

    _least: deque[tuple[int, int]] = field(default_factory=deque)
    """(until when, difference of the clocks and quickest way in that step), oldest first."""
    _captured_ns: int | None = None

    def observe(self, difference_ns: int, now_ns: int) -> int:
        """Delay of a frame beyond the quickest way of the last minute, from received minus captured.

        A sender's clock that is set back begins anew; one that is set forward is the quickest way from then on.
        """
        captured_ns = now_ns - difference_ns
        if self._captured_ns is not None and captured_ns < self._captured_ns - _SET_BACK_NS:
            self._least.clear()
        self._captured_ns = captured_ns
        while self._least and self._least[0][0] < now_ns - _TRANSIT_WINDOW_NS:
            self._least.popleft()
        if self._least and now_ns < self._least[-1][0]:
            until, least = self._least[-1]
            self._least[-1] = (until, min(least, difference_ns))
        else:
            self._least.append((now_ns + _TRANSIT_STEP_NS, difference_ns))
        return difference_ns - min(least for _, least in self._least)


@dataclass(slots=True, eq=False)
class LiveThread:
    """One live session from its first ``start`` to its procedure, over however many connections."""

    id: str
    start: Start
    reading: FrameReading
    asked_by: str
    last_sequence: int = -1
    segment: int = 0
    told_segment: int = 0
    """Segment of the last answer: the first answer of another one says SCALE_CHANGED."""
    received: int = 0
    answered: int = 0
    failed: int = 0
    dropped: int = 0
    lost: int = 0
    told_dropped: int = 0
    told_lost: int = 0
    track: Track = field(default_factory=Track.start)
    bmode: "Bmode | None" = None
    recorder: "Recorder | None" = None
    transit: Transit = field(default_factory=Transit)

    @classmethod
    def begun(cls, session_id: str, start: Start, asked_by: str = LIVE) -> "LiveThread":
        """New session."""
        return cls(session_id, start, FrameReading().updated(start), asked_by)

    def resume(self, start: Start) -> None:
        """Go on over another connection, on its terms."""
        self.start = start
        self.transit = Transit()  # the sender may have restarted, and its clock with it
        self.read(start)

    def read(self, said: Start | FrameHeader) -> FrameReading:
        """Take in what a message says about pictures; a new spacing begins a new segment."""
        reading = self.reading.updated(said)
        if self.received and reading.spacing != self.reading.spacing:
            self.segment += 1
        self.reading = reading
        return reading

    def take_in(self, header: FrameHeader) -> FrameReading:
        """Count an arrived frame and those that should have come before it; gives how it is to be read.

        Raises
        ------
        BadMessage
            If its sequence number is not above the last one.
        """
        if header.sequence <= self.last_sequence:
            msg = f"sequence is {header.sequence} after {self.last_sequence}: expected a greater number"
            raise BadMessage(msg)
        if self.received:
            self.lost += header.sequence - self.last_sequence - 1
        reading = self.read(header)
        self.received += 1
        self.last_sequence = header.sequence
        return reading

    def tell_losses(self) -> tuple[int, int]:
        """Frames dropped and lost since this was last asked."""
        since = (self.dropped - self.told_dropped, self.lost - self.told_lost)
        self.told_dropped, self.told_lost = self.dropped, self.lost
        return since

    def counts(self) -> Counts:
        """What became of the frames so far."""
        return Counts(
            received=self.received, answered=self.answered, failed=self.failed, dropped=self.dropped, lost=self.lost
        )


def _same_scale(a: PixelSpacing, b: PixelSpacing) -> bool:
    pairs = ((a.row_mm, b.row_mm), (a.column_mm, b.column_mm))
    return all(abs(x - y) <= _SAME_SCALE * y for x, y in pairs)
