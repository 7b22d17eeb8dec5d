"""One live frame decoded and judged inside a worker thread."""

from dataclasses import dataclass
from typing import NamedTuple

from imaging.bmode import find_bmode
from imaging.errors import UnreadableImage
from imaging.frame import Frame, GreyPixels
from imaging.geometry import BoxPx
from imaging.overlay import to_svg
from service.answer import frame_answer
from service.ask import stage_times
from service.decoding.ask import decode_grey
from service.engine import Engine
from service.errors import BadMessage, MediaTypeMismatch
from service.live.picture_size import MEDIA, MOST_SEGMENTS
from service.live.session import JudgedFrame, PendingFrame
from service.live.thread import FrameReading, LiveThread
from service.live.track import next_track, track_answer
from service.media import HEAD_BYTES, sniffed
from service.reading import Reading
from service.source import grey_frame

_LONGEST_WAIT = 128
"""Frames between two searches for the B-mode rectangle: a search takes about as long as an inference."""


@dataclass(frozen=True, slots=True)
class Bmode:
    """B-mode rectangle of a stream, looked for anew after 1, 2, 4 … and then every 128 frames.

    A stream may begin with a black picture; a later one tells more.
    """

    box: BoxPx
    width: int
    height: int
    wait: int = 1
    left: int = 1

    @classmethod
    def seen(cls, before: "Bmode | None", pixels: GreyPixels) -> "Bmode":
        """Rectangle for the next picture of a stream."""
        height, width = pixels.shape
        if before is None or (before.width, before.height) != (width, height):
            return cls(find_bmode(pixels), width, height)
        if before.left > 1:
            return cls(before.box, width, height, before.wait, before.left - 1)
        wait = min(2 * before.wait, _LONGEST_WAIT)
        return cls(find_bmode(pixels), width, height, wait, wait)


class Begun(NamedTuple):
    """When a frame was handed to the executor, taken up there and decoded, on `time.perf_counter`."""

    submitted: float
    started: float
    decoded: float


def judge(frame: Frame, pending: PendingFrame, thread: LiveThread, engine: Engine, begun: Begun) -> JudgedFrame:
    """Judge a frame of a live session and follow the needle into it.

    Raises
    ------
    ImagingError, ServiceError
        Whatever the picture is refused for.
    """
    analysis = engine.analyse(frame)
    captured_ms = (pending.received_at_ns - pending.delay_ns) / 1e6
    thread.track = next_track(thread.track, analysis, frame, captured_ms)
    overlay = to_svg(engine.draw(analysis)) if thread.start.overlay == "svg" else None
    return JudgedFrame(frame_answer(analysis, stage_times(*begun, analysis)), track_answer(thread.track), overlay)


def decode(picture: bytes, reading: FrameReading) -> GreyPixels:
    """Grey levels of a picture's bytes.

    Raises
    ------
    MediaTypeMismatch
        If the bytes are not of the format that was said.
    BadMessage
        If a grey8 picture has no size.
    ImagingError
        If they cannot be decoded.
    """
    if reading.format in MEDIA:
        media, seen = MEDIA[reading.format], sniffed(picture[:HEAD_BYTES])
        if seen is not media:
            msg = (
                f"format is {reading.format}: the picture begins like {seen.value if seen else 'neither PNG nor JPEG'}"
            )
            raise MediaTypeMismatch(msg)
        return decode_grey(picture)
    if reading.width is None or reading.height is None:
        msg = "a grey8 picture needs its size: expected width and height in the start message or the frame's header"
        raise BadMessage(msg)
    whole = BoxPx(0, 0, reading.width, reading.height)
    return grey_frame(picture, reading.width, reading.height, Reading(bmode=whole)).pixels


def read_frame(pending: PendingFrame, thread: LiveThread) -> Frame:
    """Frame of a live session, decoded, with its B-mode rectangle; refused as `decode` does.

    A picture whose size was not seen when it came is refused, too: the spacing may not be its own.
    """
    reading = pending.reading
    if not pending.picture:
        msg = "the frame has a header and no picture"
        raise UnreadableImage(msg)
    pixels = decode(pending.picture, reading)
    _require_stated_size(pixels, reading)
    box = reading.bmode
    if box is None:
        thread.bmode = Bmode.seen(thread.bmode, pixels)
        box = thread.bmode.box
    return Frame(pixels, reading.spacing, box, pending.sequence, pending.captured_at_ns)


def _require_stated_size(pixels: GreyPixels, reading: FrameReading) -> None:
    height, width = pixels.shape
    if (width, height) != reading.stated:
        msg = f"picture is {width} x {height} pixels: expected it to say so in its first {MOST_SEGMENTS} segments"
        raise UnreadableImage(msg)
