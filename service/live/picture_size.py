"""Size that a live picture states in its first bytes, read before its turn comes: its scale may hang on it.

It is read where connections are served, so nothing is decoded and no more than a few bytes are looked at. Whether the
picture keeps its word is seen when it is decoded.
"""

from collections.abc import Mapping

from imaging.raster import ImageSize, stated_size
from service.live.messages import FrameFormat
from service.media import HEAD_BYTES, Media, sniffed

MEDIA: Mapping[FrameFormat | None, Media] = {FrameFormat.JPEG: Media.JPEG, FrameFormat.PNG: Media.PNG}
"""What the bytes of coded pictures begin like."""
MOST_SEGMENTS = 256
"""Markers of a JPEG that are passed by in search of its size; what devices write has about ten."""


def coded_size(picture: bytes, kind: FrameFormat | None) -> ImageSize | None:
    """Size that a PNG or JPEG states; None for other bytes, and where it is not found soon."""
    if kind not in MEDIA or sniffed(picture[:HEAD_BYTES]) is not MEDIA[kind]:
        return None
    return stated_size(picture, MOST_SEGMENTS)
