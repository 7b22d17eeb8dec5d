"""What of a live session outlives its connection, so that a reconnect goes on where the line broke."""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from imaging.geometry import BoxPx, PixelSpacing
from imaging.raster import ImageSize
from imaging.tracking.track_state import Track
from service.errors import BadMessage
from service.live.messages import FrameFormat, FrameHeader, Start
from service.live.picture_size import coded_size
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
    """How a picture's bytes are to be read, with what was said before it.

    Parameters
    ----------
    stated
        Size that the picture states, or the last one before it that stated any. Spacing and rectangle hold for pictures
        of this size alone. None until one has come since a start said a spacing.
    """

    format: FrameFormat | None = None
    width: int | None = None
    height: int | None = None
    spacing: PixelSpacing | None = None
    bmode: BoxPx | None = None
    stated: ImageSize | None = None

    def started(self, start: Start) -> "FrameReading":
        """Reading with what a start message says; what it does not say stays as it was."""
        after = self._with(start)
        return after if start.spacing is None else replace(after, stated=None)

    def updated(self, header: FrameHeader, picture: bytes) -> "FrameReading":
        """Reading of a frame; what was said of pictures of another size is not true of it."""
        after = self._with(header)
        stated = after.size_of(picture)
        if stated is None or stated == self.stated:
            return after
        if self.stated is None:
            return replace(after, stated=stated)
        return replace(after, stated=stated, spacing=header.spacing, bmode=header.bmode)

    def size_of(self, picture: bytes) -> ImageSize | None:
        """Size that a picture read so states; None if it states none."""
        if self.format is not FrameFormat.GREY8:
            return coded_size(picture, self.format)
        return ImageSize(self.width, self.height) if self.width and self.height else None

    def is_scaled_as(self, other: "FrameReading") -> bool:
        """Whether distances in pictures of both compare; without a spacing those of one size do."""
        if self.spacing is None or other.spacing is None:
            return self.spacing is other.spacing and (other.stated is None or self.stated == other.stated)
        return _same_scale(self.spacing, other.spacing)

    def _with(self, said: Start | FrameHeader) -> "FrameReading":
        spacing, kept = said.spacing, None if said.withdraws_spacing else self.spacing
        if spacing is not None and kept is not None and _same_scale(spacing, kept):
            spacing = kept
        return FrameReading(
            format=said.format or self.format,
            width=said.width or self.width,
            height=said.height or self.height,
            spacing=spacing or kept,
            bmode=said.bmode or (None if said.withdraws_bmode else self.bmode),
            stated=self.stated,
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
        return cls(session_id, start, FrameReading().started(start), asked_by)

    def resume(self, start: Start) -> None:
        """Go on over another connection; what its start does not say stays as it was.

        Raises
        ------
        BadMessage, BadSpacing
            If what it says of pictures cannot be used; then nothing has changed.
        """
        reading = self.reading.started(start)
        said = {name: getattr(start, name) for name in start.model_fields_set}
        self.start = self.start.model_copy(update=said)
        self.transit = Transit()  # the sender may have restarted, and its clock with it
        self._read_by(reading)

    def _read_by(self, reading: FrameReading) -> None:
        """Read pictures so from now on; those of another scale are another segment."""
        if self.received and not reading.is_scaled_as(self.reading):
            self.segment += 1
        self.reading = reading

    def take_in(self, header: FrameHeader, picture: bytes) -> FrameReading:
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
        self._read_by(self.reading.updated(header, picture))
        self.received += 1
        self.last_sequence = header.sequence
        return self.reading

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
