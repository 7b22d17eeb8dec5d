"""Where `sonoplace stream` takes its frames from: a DICOM cine, a folder, a video file, an OpenIGTLink server."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from imaging.dicom import read_dicom
from imaging.errors import BadInput, MissingExtra, UnreadableImage
from imaging.frame import GreyPixels
from imaging.geometry import BoxPx, PixelSpacing, SpacingSource
from imaging.raster import luma
from service.errors import Outcome, ServiceError
from service.media import HEAD_BYTES, Media, sniffed

_IGTL_PORT = 18944
"""Port that OpenIGTLink servers listen on unless they are told otherwise."""
_IGTL_SILENCE_S = 10.0
_LAST_INSTANT_S = 2**63 / 1e9
"""Unix time that is beyond what a frame's header holds."""
_PICTURES = (".png", ".jpg", ".jpeg")


class SourceSilent(ServiceError, outcome=Outcome(504, 1011, "The source sends nothing")):
    """No image ever came from where they were expected."""

    code = "source-silent"


@dataclass(frozen=True, slots=True, eq=False)
class SourceFrame:
    """One frame on its way into a live session.

    Parameters
    ----------
    picture
        PNG or JPEG as it is, or grey levels ``[row, column]``.
    spacing, bmode
        What the source says of them; None where it says nothing.
    captured_at_ns
        When the source says that it was captured, as Unix time; None where it says nothing.
    """

    picture: bytes | GreyPixels
    spacing: PixelSpacing | None = None
    bmode: BoxPx | None = None
    captured_at_ns: int | None = None


@dataclass(frozen=True, slots=True)
class FrameSource:
    """Frames, and how fast they come.

    Parameters
    ----------
    frame_time_ms
        From frame to frame; None where the source does not say.
    live
        Frames come when they come and cannot be waited with.
    """

    frames: Callable[[], Iterator[SourceFrame]]
    frame_count: int | None
    frame_time_ms: float | None
    live: bool = False


def open_frames(source: str, region: int | None = None) -> FrameSource:
    """Frames of a file, a folder, or a server at ``igtl://host:port``.

    Parameters
    ----------
    region
        Ultrasound region of a DICOM file to use, from 0.

    Raises
    ------
    BadInput
        If there is nothing of the kind, or a region is named of what has none.
    MissingExtra
        If an optional part is needed and not installed.
    """
    path = Path(source)
    media = _sniffed(path) if path.is_file() else None
    if media is Media.DICOM:
        return _cine(path, region)
    if region is not None:
        msg = f"region {region} was named: expected a DICOM file, which alone has regions"
        raise BadInput(msg)
    if source.startswith("igtl://"):
        return _igtl(source)
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        msg = f"{source} is neither a file, a folder nor igtl://host:port"
        raise BadInput(msg)
    if media is not None:
        return FrameSource(lambda: iter([SourceFrame(path.read_bytes())]), 1, None)
    return _video(path)


def _cine(path: Path, region: int | None) -> FrameSource:
    image = read_dicom(path, region=region)
    times_ms = image.frame_times_ms
    mean_ms = (times_ms[-1] - times_ms[0]) / (len(times_ms) - 1) if len(times_ms) > 1 else None

    def frames() -> Iterator[SourceFrame]:
        for frame in image.frames():
            yield SourceFrame(frame.pixels, frame.spacing, frame.bmode)

    return FrameSource(frames, image.frame_count, mean_ms)


def _folder(path: Path) -> FrameSource:
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _PICTURES)
    if not files:
        msg = f"folder {path.name} holds no pictures: expected {', '.join(_PICTURES)}"
        raise BadInput(msg)
    for file in files:  # before anything is sent: a name says little about what is in a file
        if _sniffed(file) not in (Media.PNG, Media.JPEG):
            msg = f"{file.name} begins like no picture: expected PNG or JPEG"
            raise UnreadableImage(msg)
    return FrameSource(lambda: (SourceFrame(file.read_bytes()) for file in files), len(files), None)


def _sniffed(path: Path) -> Media | None:
    with path.open("rb") as file:
        return sniffed(file.read(HEAD_BYTES))


def _video(path: Path) -> FrameSource:
    av = _imported("av", "video", "a video file")
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            rate, count = stream.average_rate, stream.frames
    except (av.FFmpegError, IndexError) as error:
        msg = f"{path.name} holds no video that can be read"
        raise UnreadableImage(msg) from error

    def frames() -> Iterator[SourceFrame]:
        with av.open(str(path)) as container:
            for picture in container.decode(video=0):
                yield SourceFrame(np.ascontiguousarray(picture.to_ndarray(format="gray"), dtype=np.uint8))

    return FrameSource(frames, count or None, float(1e3 / rate) if rate else None)


def _igtl(address: str) -> FrameSource:
    """Images of an OpenIGTLink server (PLUS, 3D Slicer, bridges of scanners), the newest of any device."""
    pyigtl = _imported("pyigtl", "igtl", "an OpenIGTLink source")
    parts = urlsplit(address)
    if not parts.hostname:
        msg = f"{address} names no host: expected igtl://host:port"
        raise BadInput(msg)

    port = parts.port or _IGTL_PORT

    def frames() -> Iterator[SourceFrame]:
        client = pyigtl.OpenIGTLinkClient(parts.hostname, port)
        came = False
        try:
            for image in _images(client):
                came = True
                yield igtl_frame(image)
        finally:
            client.stop()
        if not came:
            msg = f"no image came from {parts.hostname}:{port} in {_IGTL_SILENCE_S:g} s"
            raise SourceSilent(msg)

    return FrameSource(frames, None, None, live=True)


def _images(client: Any) -> Iterator[Any]:  # noqa: ANN401 - pyigtl has no types
    """Image messages as they come, until there are none for some seconds."""
    heard = time.monotonic()
    while time.monotonic() - heard < _IGTL_SILENCE_S:
        images = [message for message in client.get_latest_messages() if message.message_type == "IMAGE"]
        if images:
            heard = time.monotonic()
            yield max(images, key=lambda message: message.timestamp)
        else:
            time.sleep(0.002)


def igtl_frame(message: Any) -> SourceFrame:  # noqa: ANN401 - pyigtl has no types
    """Frame of an OpenIGTLink IMAGE message.

    Its matrix maps pixels to millimetres; the lengths of its first two columns are the steps across and down.

    Raises
    ------
    BadInput
        If it is a volume, or not of 8-bit grey levels or colours.
    """
    pixels = np.asarray(message.image)
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        pixels = pixels[..., 0]
    if pixels.dtype != np.uint8 or pixels.shape[0] != 1 or pixels.ndim not in (3, 4):
        msg = f"image is {pixels.dtype} {pixels.shape}: expected uint8 [1, rows, columns] or [1, rows, columns, 3]"
        raise BadInput(msg)
    matrix: npt.NDArray[np.float64] = np.asarray(message.ijk_to_world_matrix, dtype=np.float64)[:3, :3]
    column_mm, row_mm = (float(np.linalg.norm(matrix[:, axis])) for axis in (0, 1))
    return SourceFrame(
        picture=np.ascontiguousarray(pixels[0]) if pixels.ndim == 3 else luma(np.ascontiguousarray(pixels[0, ..., :3])),
        spacing=PixelSpacing(round(row_mm, 6), round(column_mm, 6), SpacingSource.CALLER),
        captured_at_ns=round(message.timestamp * 1e9) if 0 < message.timestamp < _LAST_INSTANT_S else None,
    )


def _imported(module: str, extra: str, purpose: str) -> Any:  # noqa: ANN401 - a module without types
    try:
        return __import__(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(extra=extra, purpose=purpose) from error
