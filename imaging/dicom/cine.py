"""Frames of a DICOM image one at a time: native, encapsulated or video."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from imaging.dicom.fragments import Fragment, FragmentGroup, group_fragments, read_fragments
from imaging.dicom.header import DicomHead, StoredBytes, refusing
from imaging.dicom.pixels import PixelLayout, frame_luma
from imaging.dicom.video import require_video, video_luma
from imaging.errors import UnreadableImage
from imaging.frame import GreyPixels
from imaging.raster import ImageSize

_FRAGMENTS_PER_FRAME = 16
"""Greatest mean number of fragments per frame; scanners write one."""


class Cine(Protocol):
    """Luma of frames, decoded when asked for.

    Contract
    --------
    * ``luma(index)`` takes 0 to the number of frames less one; ``all()`` gives the same pictures in order.
    * At most one decoded frame is held. Safe to call from several threads at once.
    """

    def luma(self, index: int) -> GreyPixels:
        """One frame, uint8 ``[row, column]``."""
        ...

    def all(self) -> Iterator[GreyPixels]:
        """Every frame in order."""
        ...


@dataclass(frozen=True, eq=False)
class NativeCine:
    """Uncompressed frames, one behind the other."""

    stored: StoredBytes
    start: int
    frames: int
    layout: PixelLayout

    def luma(self, index: int) -> GreyPixels:
        """One frame, uint8 ``[row, column]``."""
        size = self.layout.native_frame_bytes
        return frame_luma(self.stored.read(self.start + index * size, size), self.layout)

    def all(self) -> Iterator[GreyPixels]:
        """Every frame in order."""
        return (self.luma(index) for index in range(self.frames))


@dataclass(frozen=True, eq=False)
class EncapsulatedCine:
    """Compressed frames, each in fragments of its own."""

    stored: StoredBytes
    groups: tuple[FragmentGroup, ...]
    layout: PixelLayout

    def luma(self, index: int) -> GreyPixels:
        """One frame, uint8 ``[row, column]``."""
        return frame_luma(_joined(self.stored, self.groups[index]), self.layout)

    def all(self) -> Iterator[GreyPixels]:
        """Every frame in order."""
        return (self.luma(index) for index in range(len(self.groups)))


@dataclass(frozen=True, eq=False)
class VideoCine:
    """Frames of one video stream; ``luma(index)`` decodes everything before the frame, ``all`` decodes each once."""

    stored: StoredBytes
    fragments: FragmentGroup
    frames: int
    size: ImageSize

    def luma(self, index: int) -> GreyPixels:
        """One frame, uint8 ``[row, column]``."""
        return next(islice(self.all(), index, None))

    def all(self) -> Iterator[GreyPixels]:
        """Every frame in order."""
        count = 0
        for picture in islice(video_luma(_joined(self.stored, self.fragments), self.size), self.frames):
            yield picture
            count += 1
        if count < self.frames:
            msg = f"video ends after {count} frames: expected {self.frames} as the header states"
            raise UnreadableImage(msg)


def native_cine(head: DicomHead, layout: PixelLayout, frames: int) -> NativeCine:
    """Uncompressed frames.

    Raises
    ------
    UnreadableImage
        If the pixel data is shorter than the frames need.
    """
    needed = layout.native_frame_bytes * frames
    there = min(head.place.length or 0, head.stored.size() - head.place.start)
    if there < needed:
        msg = f"pixel data has {there} bytes: expected {needed} for {frames} frames"
        raise UnreadableImage(msg)
    return NativeCine(head.stored, head.place.start, frames, layout)


def encapsulated_cine(head: DicomHead, layout: PixelLayout, frames: int) -> EncapsulatedCine:
    """Compressed frames.

    Raises
    ------
    UnreadableImage
        If the fragments are damaged or do not make up as many frames.
    """
    offsets, fragments = _fragments(head, frames)
    return EncapsulatedCine(head.stored, group_fragments(fragments, offsets, frames), layout)


def video_cine(head: DicomHead, size: ImageSize, frames: int) -> VideoCine:
    """Frames of a video stream.

    Raises
    ------
    MissingExtra
        If no video decoder is installed.
    UnreadableImage
        If the fragments are damaged.
    """
    require_video()
    _, fragments = _fragments(head, frames)
    return VideoCine(head.stored, tuple(fragments), frames, size)


def _fragments(head: DicomHead, frames: int) -> tuple[tuple[int, ...], list[Fragment]]:
    if head.place.length is not None:
        msg = f"pixel data has a length of {head.place.length} bytes: expected fragments, as it is compressed"
        raise UnreadableImage(msg)
    with refusing("encapsulated pixel data"), head.stored.open() as stream:
        stream.seek(head.place.start)
        return read_fragments(stream, head.stored.size(), _FRAGMENTS_PER_FRAME * frames)


def _joined(stored: StoredBytes, group: FragmentGroup) -> bytes:
    return b"".join(stored.read(fragment.start, fragment.length) for fragment in group)
