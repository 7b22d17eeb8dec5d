"""Size that a live picture states in its first bytes, read before its turn comes: its scale may hang on it.

It is read where connections are served, so nothing is decoded and no more than a few bytes are looked at. Whether the
picture keeps its word is seen when it is decoded.
"""

import struct
from collections.abc import Callable, Mapping

from imaging.raster import ImageSize
from service.live.messages import FrameFormat

MOST_SEGMENTS = 256
"""Markers of a JPEG that are passed by in search of its size; what devices write has about ten."""
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE = struct.Struct(">II")
_JPEG = b"\xff\xd8\xff"
_JPEG_SIZE = struct.Struct(">HH")
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA
_WITHOUT_LENGTH = frozenset(range(0xD0, 0xDA)) | {0x01}


def coded_size(picture: bytes, kind: FrameFormat | None) -> ImageSize | None:
    """Size that a PNG or JPEG states; None for other bytes, and where it is not found soon."""
    read = _READERS.get(kind) if kind is not None else None
    return read(picture) if read is not None else None


def _png_size(picture: bytes) -> ImageSize | None:
    """Size in the IHDR chunk, which comes first (PNG, W3C Recommendation, 5.6)."""
    if len(picture) < 24 or not picture.startswith(_PNG) or picture[12:16] != b"IHDR":
        return None
    return ImageSize(*_PNG_SIZE.unpack_from(picture, 16))


def _jpeg_size(picture: bytes) -> ImageSize | None:
    """Size in the start-of-frame segment (ITU-T T.81, B.2.2), as `imaging.raster.jpeg_size` finds it."""
    if not picture.startswith(_JPEG):
        return None
    at = 2
    for _ in range(MOST_SEGMENTS):
        if at + 9 > len(picture) or picture[at] != 0xFF:
            return None
        marker = picture[at + 1]
        if marker in _START_OF_FRAME:
            height, width = _JPEG_SIZE.unpack_from(picture, at + 5)
            return ImageSize(width, height)
        if marker == _START_OF_SCAN:
            return None
        at += _step(picture, at, marker)
    return None


def _step(picture: bytes, at: int, marker: int) -> int:
    """Bytes to the next marker."""
    if marker == 0xFF:
        return 1
    return 2 if marker in _WITHOUT_LENGTH else 2 + int.from_bytes(picture[at + 2 : at + 4], "big")


_READERS: Mapping[FrameFormat, Callable[[bytes], ImageSize | None]] = {
    FrameFormat.PNG: _png_size,
    FrameFormat.JPEG: _jpeg_size,
}
