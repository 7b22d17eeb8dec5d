"""What is fuzzed: bytes go in, and a value or a refusal of ours comes out; anything else is a finding."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import NoReturn

from imaging.dicom import DicomLimits, pixels, read_dicom
from imaging.errors import ImagingError, UnreadableImage
from imaging.raster import PixelLimit, decode_grey, encode_jpeg, encode_png
from service.errors import ServiceError
from service.live.judge import decode
from service.live.session import LiveLimits, LiveSession
from service.live.thread import FrameReading, LiveThread
from tests.hostile import messages
from tests.imaging.dicom.fixtures import TRAPS, colour, grey
from tests.service.decoding.test_ask import FILES

_LIMIT = PixelLimit(1 << 20)
_MOST_FRAMES = 4


def dicom(data: bytes) -> None:
    """A DICOM file: its header, its calibration, some of its frames."""
    limits = DicomLimits(inflated_bytes=1 << 22, frame_pixels=1 << 18, header_reads=5_000)
    try:
        list(islice(read_dicom(data, limits=limits).frames(), _MOST_FRAMES))
    except ImagingError:
        return


def picture(data: bytes) -> None:
    """A PNG or JPEG."""
    try:
        decode_grey(data, _LIMIT)
    except ImagingError:
        return


def live(data: bytes) -> None:
    """Messages of one live connection: each a byte that says its kind, two of its length, and itself."""
    session = LiveSession(LiveLimits(1e9, 1e9), lambda start: LiveThread.begun("0" * 32, start), 0)
    at, now = 0, 0
    while at + 3 <= len(data):
        kind, end = data[at], at + 3 + int.from_bytes(data[at + 1 : at + 3], "big")
        message, at, now = data[at + 3 : end], end, now + 1_000_000
        try:
            _heard(session, kind, message, now)
        except (ServiceError, ImagingError):
            return


def _heard(session: LiveSession, kind: int, message: bytes, now: int) -> None:
    if kind % 2:
        session.receive_frame(message, now)
    else:
        session.receive_text(message.decode(errors="replace"), now)
    frame = session.take()
    if frame is None:
        return
    try:
        _decoded(frame.picture, frame.reading)
    except (ServiceError, ImagingError) as error:
        session.refuse(frame, error, now)


def _decoded(data: bytes, reading: FrameReading) -> None:
    """Size and format are looked at here; PNG and JPEG have a target of their own."""
    if reading.format == "grey8":
        decode(data, reading)


def refuse_gdcm(*_: object) -> NoReturn:
    """Stands for gdcm, which is known to end its process; the decoders' processes are there for that."""
    msg = "gdcm is not fuzzed"
    raise UnreadableImage(msg)


def _packed(said: list[str | bytes]) -> bytes:
    parts = [(one.encode(), 0) if isinstance(one, str) else (one, 1) for one in said]
    return b"".join(bytes([kind]) + len(part[:65535]).to_bytes(2, "big") + part[:65535] for part, kind in parts)


def _seeds_of_live() -> Iterator[bytes]:
    start = '{"type": "start", "format": "grey8", "width": 4, "height": 2, "spacing_mm": [0.1, 0.2]}'
    frames = [messages._frame({"sequence": number, "captured_at": number}, b"12345678") for number in range(3)]
    yield _packed([start, *frames, '{"type": "ping", "sent_at": 1}', '{"type": "end"}'])
    short = [said for said in messages.LIVE.values() if sum(map(len, said)) < 10_000]
    yield from map(_packed, short)


TARGETS: Mapping[str, tuple[Callable[[bytes], None], Callable[[], Iterator[bytes]]]] = {
    "dicom": (dicom, lambda: chain(FILES.values(), (make() for make in TRAPS.values()))),
    "picture": (
        picture,
        lambda: iter((encode_png(grey()), encode_png(colour()), encode_jpeg(grey()), encode_jpeg(colour()))),
    ),
    "live": (live, _seeds_of_live),
}
"""Each target with the inputs that its corpus begins with."""


def prepare() -> None:
    """Put aside what is not fuzzed."""
    pixels.gdcm_samples = refuse_gdcm
