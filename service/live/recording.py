"""Live sessions on disk: every judged picture, with how it was read, so that it can be judged again.

A picture is kept as the grey levels that were judged, in a PNG, black outside the B-mode rectangle: a screen has the
patient's name beside the tissue, and the bytes that came may say anything behind a picture (EXIF, comments).

A recording is a row of records: two 32-bit big-endian lengths, a JSON header, and a body. The first header tells about
the session; a header with ``sequence`` and a body is a picture, one without a body tells how that frame was answered.
A file that was cut short reads up to its last whole record. What a machine that lost power left of a record, zeros
mostly, is passed over: the pictures around it are as good as before.

What is kept is bounded: at the limit every second picture is let go, and from then on only every second one kept.

A record is with the operating system before its frame is answered, so the end of the process loses none; that of the
machine may lose the last ones. While a recording is written its file is locked, so that no other process's start takes
it for what a dead one left behind.
"""

import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import FileIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import orjson

from imaging.errors import UnreadableImage
from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing, SpacingSource
from imaging.raster import encode_png
from service.engine import Engine
from service.errors import NotFound
from service.live.judge import Begun, decode, judge, read_frame
from service.live.messages import FrameFormat
from service.live.session import JudgedFrame, PendingFrame
from service.live.thread import FrameReading, LiveThread
from service.store.deidentify import blanked
from service.store.trouble import StoreUnwritable, writing_files

_LENGTHS = struct.Struct(">II")
_CLOCK_SET_NS = 10 * 10**9
"""Two frames cannot come so much closer together than they were captured: a clock was set in between."""
_HEAD_START_S = 0.001
"""Till then the network has its pixels; before, both would wait for the interpreter's lock, 0.4 ms in all."""
_PNG = b"\x89PNG\r\n\x1a\n"
Json = dict[str, Any]

if os.name == "posix":
    import fcntl


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """How much of one session is kept, and whether its pictures are coded beside the network.

    On another core they cost no time, unless the network could have that core itself.
    """

    frames: int
    megabytes: float
    coded_beside: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """Where one record lies."""

    header: Json
    start: int
    body_start: int
    end: int

    @property
    def is_picture(self) -> bool:
        """Whether it holds a picture."""
        return self.end > self.body_start


class Recorder:
    """Recording that is being written. `note` is for the event loop, all else for worker threads."""

    def __init__(self, path: Path, limits: RecordingLimits, about: Json) -> None:
        self.path = path
        self.frames = 0
        self._limits = limits
        self._stride = 1
        self._offered = 0
        self._notes: list[Json] = []
        self._lock = threading.Lock()
        self._coding = ThreadPoolExecutor(1, thread_name_prefix="live-coding")
        with writing_files():
            # Under another name until it is locked: another start would take it for one that was left over.
            begun = path.with_suffix(".begun")
            self._file = locked_file(begun, "x+b")
            begun.rename(path)
            self._append(about, b"")

    def code(self, frame: Frame) -> Callable[[], bytes]:
        """Gives the coded picture of a frame, nothing for one that is not kept; it may be coded meanwhile."""
        if not self._wanted:
            return bytes
        beside = self._limits.coded_beside
        return self._coding.submit(_coded_beside, frame).result if beside else partial(_coded, frame)

    def keep(self, header: Json, picture: bytes) -> None:
        """Append a judged picture, or let it go if the recording is being thinned.

        Raises
        ------
        StoreUnwritable
            If the disk takes it not: then nothing of it is kept.
        """
        with self._lock, writing_files():
            if self._file.closed:
                return
            self._write_notes()
            if self._wanted:
                self._append(header, picture)
                self.frames += 1
            self._offered += 1
            if self.frames >= self._limits.frames or self._file.tell() >= self._limits.megabytes * 1e6:
                self._thin()

    @property
    def _wanted(self) -> bool:
        return self._offered % self._stride == 0

    def note(self, facts: Json) -> None:
        """Remember how a frame was answered; it is written with the next picture."""
        self._notes.append(facts)

    def close(self) -> None:
        """Write the last notes, if there is room for them, and leave the recording to others."""
        self._coding.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            if not self._file.closed:
                try:
                    with suppress(StoreUnwritable), writing_files():
                        self._write_notes()
                finally:
                    self._file.close()

    def _write_notes(self) -> None:
        while self._notes:
            self._append(self._notes[0], b"")
            self._notes.pop(0)

    def _append(self, header: Json, body: bytes) -> None:
        """Write a whole record, or none: half of one would hide all that comes after it."""
        head = orjson.dumps(header)
        left = memoryview(_LENGTHS.pack(len(head), len(body)) + head + body)
        begin = self._file.seek(0, os.SEEK_END)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            self._file.truncate(begin)
            raise

    def _thin(self) -> None:
        """Let go of every second picture."""
        pictures = [record.header["sequence"] for record in each_record(self.path) if record.is_picture]
        kept = set(pictures[::2])
        thinner = self.path.with_suffix(".thin")
        try:
            with self.path.open("rb") as old, thinner.open("wb") as new:
                for record in each_record(self.path):
                    if record.start == 0 or record.header["sequence"] in kept:
                        old.seek(record.start)
                        new.write(old.read(record.end - record.start))
            file = locked_file(thinner, "r+b")
        except OSError:
            thinner.unlink(missing_ok=True)
            raise
        thinner.replace(self.path)
        self._file.close()
        self._file = file
        self.frames = len(kept)
        self._stride *= 2


@dataclass(frozen=True, eq=False)
class RecordedSource:
    """Frames of a recording, in the shape of `service.source.Source`."""

    path: Path
    records: tuple[Record, ...]
    sop_instance_uid: str | None = None
    laterality: str | None = None
    transducer: str | None = None
    asked_by: str | None = None

    @classmethod
    def opened(cls, path: Path) -> "RecordedSource":
        """Frames of the recording in a file."""
        records = read_records(path)
        said = records[0].header if records else {}
        pictures = tuple(record for record in records if record.is_picture)
        told = {name: said.get(name) for name in ("laterality", "transducer", "asked_by")}
        return cls(path, pictures, **told)

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return len(self.records)

    @property
    def frame_time_ms(self) -> float | None:
        """Mean time from frame to frame."""
        headers = [record.header for record in self.records]
        steps_ns = [_step_ns(before, after) for before, after in pairwise(headers)]
        return sum(steps_ns) / 1e6 / len(steps_ns) if sum(steps_ns) > 0 else None

    def frame(self, index: int) -> Frame:
        """Frame at a 0-based position, read as it was when it was judged live."""
        if not 0 <= index < self.frame_count:
            msg = f"frame {index} was asked for: there are frames 0 to {self.frame_count - 1}"
            raise NotFound(msg)
        record = self.records[index]
        with self.path.open("rb") as file:
            file.seek(record.body_start)
            body = file.read(record.end - record.body_start)
        header = record.header
        reading = _reading_from(header)
        if reading.bmode is None:
            msg = f"frame {index} of the recording has no rectangle: expected the one it was judged with"
            raise UnreadableImage(msg)
        return Frame(decode(body, reading), reading.spacing, reading.bmode, index, header["captured_at"])

    def frames(self) -> Iterator[Frame]:
        """Every frame in order."""
        return map(self.frame, range(self.frame_count))


def judged_and_kept(pending: PendingFrame, thread: LiveThread, engine: Engine, submitted: float) -> JudgedFrame:
    """Judge a live frame and append it to its session's recording; for a worker thread.

    What cannot be kept is not answered.
    """
    started = time.perf_counter()
    frame = read_frame(pending, thread)
    begun = Begun(submitted, started, time.perf_counter())
    recorder = thread.recorder
    coded = bytes if recorder is None else recorder.code(frame)
    judged = judge(frame, pending, thread, engine, begun)
    if recorder is not None:
        recorder.keep(_picture_header(pending, frame), coded())
    return judged


def _coded(frame: Frame) -> bytes:
    return encode_png(blanked(frame))


def _coded_beside(frame: Frame) -> bytes:
    time.sleep(_HEAD_START_S)
    picture = _coded(frame)
    _ = frame.pixels_sha256  # the answer needs it, too, and finds it done
    return picture


def _picture_header(pending: PendingFrame, frame: Frame) -> Json:
    """What is kept beside a picture."""
    spacing = frame.spacing
    return {
        "sequence": pending.sequence,
        "captured_at": pending.captured_at_ns,
        "received_at": pending.received_at_ns,
        "segment": pending.segment,
        "format": FrameFormat.PNG,
        "width": frame.width,
        "height": frame.height,
        "spacing_mm": [spacing.row_mm, spacing.column_mm] if spacing else None,
        "spacing_source": spacing.source if spacing else None,
        "bmode_px": frame.bmode.xyxy(),
    }


def _reading_from(header: Json) -> FrameReading:
    """How a kept picture is to be read."""
    spacing, bmode = header["spacing_mm"], header["bmode_px"]
    source = SpacingSource(header.get("spacing_source") or SpacingSource.CALLER)  # older recordings do not say
    return FrameReading(
        format=FrameFormat(header["format"]),
        width=header["width"],
        height=header["height"],
        spacing=PixelSpacing(spacing[0], spacing[1], source) if spacing else None,
        bmode=BoxPx(*bmode),
    )


def read_records(path: Path) -> list[Record]:
    """Records of a recording, without their bodies."""
    return list(each_record(path))


def each_record(path: Path) -> Iterator[Record]:
    """Records of a recording, one at a time: those of an hour would fill tens of megabytes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while len(lengths := file.read(_LENGTHS.size)) == _LENGTHS.size:
            head, body = _LENGTHS.unpack(lengths)
            body_start = at + _LENGTHS.size + head
            if head == 0 or body_start + body > size:
                break
            header = _header_in(file.read(head))
            if header is not None and (body == 0 or _is_picture(header, file.read(len(_PNG)))):
                yield Record(header, at, body_start, body_start + body)
            at = body_start + body
            file.seek(at)


def _header_in(text: bytes) -> Json | None:
    try:
        header = orjson.loads(text)
    except ValueError:
        return None
    return header if isinstance(header, dict) else None


def _is_picture(header: Json, begins: bytes) -> bool:
    """Whether a body can be the picture that its header tells of; recordings of old hold other kinds than PNG."""
    return header.get("format") != FrameFormat.PNG or begins == _PNG


def recorded_answers(path: Path) -> list[Json]:
    """How the kept frames of a recording were answered, in the shape of `service.live.wire.LiveFacts`."""
    return [record.header for record in read_records(path) if not record.is_picture and "sequence" in record.header]


def locked_file(path: Path, mode: Literal["x+b", "r+b"]) -> FileIO:
    """Open file that is this process's own until it is closed.

    Raises
    ------
    BlockingIOError
        If it is another's.
    """
    file = path.open(mode, buffering=0)
    if os.name == "posix":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise
    return file


def _step_ns(before: Json, after: Json) -> int:
    """Time between two frames: as the sender's clock says, unless that was set in between; then as they came in."""
    captured_ns = int(after["captured_at"] - before["captured_at"])
    received_ns = max(int(after.get("received_at", 0) - before.get("received_at", 0)), 0)
    return captured_ns if 0 < captured_ns <= received_ns + _CLOCK_SET_NS else received_ns
