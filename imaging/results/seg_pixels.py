"""Pixels of a segmentation: bit planes one behind the other, or label maps with run-length coding."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless

from imaging.results.seg_frames import FrameOfSegment

_FRAMES_AT_ONCE = 8
"""Any eight frames fill whole bytes, whatever their size."""


def overlapping(planes: Sequence[bytes]) -> bool:
    """Whether two of these bit planes share a pixel."""
    arrays = [np.frombuffer(plane, np.uint8) for plane in planes]
    seen = np.zeros_like(arrays[0])
    for array in arrays:
        if np.any(seen & array):
            return True
        seen |= array
    return False


def packed_pixels(result: Dataset, kept: Sequence[FrameOfSegment]) -> UID:
    """Bit planes, eight pixels to a byte, no gap between frames (PS3.5 8.1.1); gives the transfer syntax."""
    result.BitsAllocated, result.BitsStored, result.HighBit = 1, 1, 0
    planes = [frame.judged.bits[frame.tissues[0]] for frame in kept]
    pixels = kept[0].judged.width * kept[0].judged.height
    data = b"".join(planes) if pixels % 8 == 0 else _without_gaps(planes, pixels)
    result.PixelData = data + b"\0" * (len(data) % 2)
    result["PixelData"].VR = "OB"
    return UID(ExplicitVRLittleEndian)


def _without_gaps(planes: Sequence[bytes], pixels: int) -> bytes:
    groups = [planes[i : i + _FRAMES_AT_ONCE] for i in range(0, len(planes), _FRAMES_AT_ONCE)]
    return b"".join(_packed(np.concatenate([_unpacked(plane, pixels) for plane in group])) for group in groups)


def _unpacked(plane: bytes, pixels: int) -> npt.NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(plane, np.uint8), count=pixels, bitorder="little")


def _packed(bits: npt.NDArray[np.uint8]) -> bytes:
    return np.packbits(bits, bitorder="little").tobytes()


def label_pixels(result: Dataset, kept: Sequence[FrameOfSegment]) -> UID:
    """One label per pixel, the later segment where two meet; gives the transfer syntax."""
    result.BitsAllocated, result.BitsStored, result.HighBit = 8, 8, 7
    result.PixelData = encapsulate([_run_lengths(_labels(frame)) for frame in kept])
    result["PixelData"].VR = "OB"
    result["PixelData"].is_undefined_length = True
    return UID(RLELossless)


def _labels(frame: FrameOfSegment) -> npt.NDArray[np.uint8]:
    start = np.zeros((frame.judged.height, frame.judged.width), np.uint8)
    numbered = enumerate(frame.tissues, start=1)
    return reduce(lambda labels, one: np.where(frame.judged.mask(one[1]), np.uint8(one[0]), labels), numbered, start)


def _run_lengths(labels: npt.NDArray[np.uint8]) -> bytes:
    rows, columns = labels.shape
    layout = {
        "rows": rows, "columns": columns, "samples_per_pixel": 1, "number_of_frames": 1, "bits_allocated": 8,
        "bits_stored": 8, "pixel_representation": 0, "photometric_interpretation": "MONOCHROME2",
    }  # fmt: skip
    return get_encoder(RLELossless).encode(labels.tobytes(), index=0, **layout)
