"""A picture or cine as a row of frames, whatever file it comes in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from imaging.bmode import find_bmode
from imaging.dicom import DicomImage
from imaging.errors import ImageTooLarge, UnreadableImage
from imaging.frame import Frame, GreyPixels
from imaging.raster import DEFAULT_LIMIT
from service.decoding.ask import decode_grey, read_dicom
from service.errors import BadQuery, NotFound
from service.media import Media
from service.reading import Reading

_SIDES = {"L": "left", "R": "right", "B": "both", "U": "unpaired"}
"""DICOM's codes (PS3.3 C.7.3.1) in words."""


class Source(Protocol):
    """Frames of one file, read one at a time.

    Contract
    --------
    * ``frame(i)`` gives the same pixels each time and may be called in any order.
    * Frames may be asked for from several threads at once.
    """

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        ...

    @property
    def frame_time_ms(self) -> float | None:
        """Time from frame to frame, if the file says it."""
        ...

    @property
    def sop_instance_uid(self) -> str | None:
        """The file's own identifier, if it has one; never stored as it is."""
        ...

    @property
    def laterality(self) -> str | None:
        """Side of the body that the file says: left, right, both or unpaired."""
        ...

    def frame(self, index: int) -> Frame:
        """Frame at a 0-based position."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Every frame in order; quicker than one by one where frames build on each other."""
        ...


@dataclass(frozen=True, eq=False)
class PictureSource:
    """One plain picture."""

    pixels: GreyPixels
    reading: Reading
    frame_count: int = 1
    frame_time_ms: float | None = None
    sop_instance_uid: str | None = None
    laterality: str | None = None

    def frame(self, index: int) -> Frame:
        """The picture."""
        _require_frame(index, 1)
        return Frame(self.pixels, self.reading.spacing, self.reading.bmode or find_bmode(self.pixels))

    def frames(self) -> Iterator[Frame]:
        """The picture, once."""
        yield self.frame(0)


@dataclass(frozen=True, eq=False)
class DicomSource:
    """One DICOM image or cine."""

    image: DicomImage
    reading: Reading

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return self.image.frame_count

    @property
    def frame_time_ms(self) -> float | None:
        """Mean time from frame to frame, if the file says it."""
        times_ms = self.image.frame_times_ms
        return (times_ms[-1] - times_ms[0]) / (len(times_ms) - 1) if len(times_ms) > 1 else None

    @property
    def sop_instance_uid(self) -> str | None:
        """The file's own identifier."""
        return self.image.sop_instance_uid

    @property
    def laterality(self) -> str | None:
        """Side that the file says."""
        return _SIDES.get(self.image.laterality or "")

    def frame(self, index: int) -> Frame:
        """Frame at a 0-based position, with what the caller said about it."""
        _require_frame(index, self.image.frame_count)
        return self.reading.applied_to(self.image.frame(index))

    def frames(self) -> Iterator[Frame]:
        """Every frame in order, with what the caller said about it."""
        return map(self.reading.applied_to, self.image.frames())


def require_regions(reading: Reading, media: Media) -> None:
    """Refuse a region that is named of a picture that has none.

    Raises
    ------
    BadQuery
        If it is no DICOM.
    """
    if reading.region is not None and media is not Media.DICOM:
        msg = f"region is for {Media.DICOM.value}: received {media.value}"
        raise BadQuery(msg)


def open_source(data: bytes | Path, media: Media, reading: Reading, max_frames: int) -> Source:
    """Frames of a file, decoded by processes of their own.

    Raises
    ------
    ImageTooLarge
        If it has more frames than are taken.
    imaging.errors.ImagingError
        Whatever the bytes are refused for.
    """
    if media is not Media.DICOM:
        body = data.read_bytes() if isinstance(data, Path) else data
        return PictureSource(decode_grey(body), reading)
    image = read_dicom(data, region=reading.region)
    if image.frame_count > max_frames:
        msg = f"the cine has {image.frame_count} frames: at most {max_frames} are taken"
        raise ImageTooLarge(msg)
    return DicomSource(image, reading)


def grey_frame(body: bytes, width: int | None, height: int | None, reading: Reading) -> Frame:
    """Frame from raw 8-bit grey levels, row by row.

    Raises
    ------
    BadQuery
        If the size is not given.
    ImageTooLarge
        If the size is over the limit of any other picture.
    UnreadableImage
        If the body has not ``width * height`` bytes.
    """
    if width is None or height is None:
        msg = "raw grey levels need their size: expected width and height in the query"
        raise BadQuery(msg)
    if width * height > DEFAULT_LIMIT.pixels:
        msg = f"picture is {width} x {height} pixels: expected at most {DEFAULT_LIMIT.pixels} in all"
        raise ImageTooLarge(msg)
    if len(body) != width * height:
        msg = f"the body has {len(body)} bytes: expected {width} x {height} = {width * height}"
        raise UnreadableImage(msg)
    pixels = np.frombuffer(body, np.uint8).reshape(height, width)
    return PictureSource(pixels, reading).frame(0)


def _require_frame(index: int, count: int) -> None:
    if not 0 <= index < count:
        msg = f"frame {index} was asked for: there are frames 0 to {count - 1}"
        raise NotFound(msg)
