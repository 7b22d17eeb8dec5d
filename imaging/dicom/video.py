"""Frames of a DICOM cine stored as one video stream (MPEG-2, H.264, HEVC); needs the optional extra ``video``."""

import importlib.util
import io
from collections.abc import Iterator

import numpy as np
from pydicom.uid import MPEGTransferSyntaxes

from imaging.errors import MissingExtra, UnreadableImage
from imaging.frame import GreyPixels
from imaging.raster import ImageSize

VIDEO = frozenset(MPEGTransferSyntaxes)


def require_video() -> None:
    """Make sure that video can be decoded.

    Raises
    ------
    MissingExtra
        If PyAV is not installed.
    """
    if importlib.util.find_spec("av") is None:
        raise MissingExtra(extra="video", purpose="a DICOM cine stored as MPEG-2, H.264 or HEVC")


def video_luma(stored: bytes, size: ImageSize) -> Iterator[GreyPixels]:
    """Luma of one frame after the other, uint8 ``[row, column]``, spread to the full range 0 to 255.

    Raises
    ------
    UnreadableImage
        If the stream cannot be decoded or its picture has another size than the header states.
    """
    import av  # an optional dependency of 100 MB, needed here alone

    try:
        with av.open(io.BytesIO(stored), mode="r") as container:
            for picture in container.decode(video=0):
                if (picture.width, picture.height) != size:
                    msg = f"video is {picture.width} x {picture.height} pixels: expected {size.width} x {size.height}"
                    raise UnreadableImage(msg)
                yield np.ascontiguousarray(picture.to_ndarray(format="gray"), dtype=np.uint8)
    except (av.FFmpegError, IndexError) as error:
        msg = f"video of {len(stored)} bytes cannot be decoded"
        raise UnreadableImage(msg) from error
