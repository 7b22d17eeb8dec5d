"""Pictures in and out: the one file of imaging that touches cv2.

Grey always means luma as ITU-R BT.601 weighs it (0.299 R + 0.587 G + 0.114 B); for a JPEG that is its Y channel, taken
straight from the decoder. Resampling follows the centre-of-pixel convention of `imaging.geometry`.
"""

import math
import struct
import sys
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from imaging.errors import BadInput, ImageTooLarge, UnreadableImage
from imaging.frame import GreyPixels
from imaging.geometry import GridToFrame

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_GREY, _PNG_RGB = 0, 2
_PNG_UP = 2
_JPEG = b"\xff\xd8\xff"
_START_OF_FRAME = (frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}) | {0xF7}  # 0xF7 is that of JPEG-LS
_START_OF_SCAN = 0xDA
_WITHOUT_LENGTH = frozenset(range(0xD0, 0xDA)) | {0x01}
_END_OF_IMAGE = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class PixelLimit:
    """How large a picture may be before it is decoded."""

    pixels: int = 16_777_216
    """Rows times columns; four times the largest workstation screen in use (2560 x 1600), and 16 MiB once decoded."""


DEFAULT_LIMIT = PixelLimit()
_MOST_UNDER_GRID = 4 * DEFAULT_LIMIT.pixels
"""The largest picture, and what a grid with long steps reaches beyond it."""


class ImageSize(NamedTuple):
    """Number of columns and rows that a header states."""

    width: int
    height: int


def decode_grey(data: bytes, limit: PixelLimit = DEFAULT_LIMIT) -> GreyPixels:
    """Luma of a PNG or JPEG, uint8 ``[row, column]``, in the order in which it was stored.

    An EXIF orientation is ignored: a screen is not turned, and a mark on it must stay where it was made. Alpha is
    ignored; 16-bit PNG samples keep their upper eight bits.

    Raises
    ------
    UnreadableImage
        If the bytes are neither format, or are cut short or damaged.
    ImageTooLarge
        If the header states more pixels than the limit.
    """
    size = png_size(data) if data.startswith(_PNG) else jpeg_size(data)
    if size.width * size.height > limit.pixels:
        msg = f"picture is {size.width} x {size.height} pixels: expected at most {limit.pixels} in all"
        raise ImageTooLarge(msg)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        msg = f"picture of {len(data)} bytes cannot be decoded"
        raise UnreadableImage(msg) from error
    if pixels is None or pixels.shape != (size.height, size.width):
        msg = f"picture of {len(data)} bytes cannot be decoded as {size.width} x {size.height} pixels"
        raise UnreadableImage(msg)
    return np.asarray(pixels, dtype=np.uint8)


def png_size(data: bytes) -> ImageSize:
    """Size that the IHDR chunk of a PNG states.

    Raises
    ------
    UnreadableImage
        If the bytes do not begin like a PNG with at least one pixel, or a chunk does not fit them.
    """
    size = _png_head(data)
    if size is None:
        msg = f"{len(data)} bytes do not begin like a PNG"
        raise UnreadableImage(msg)
    _require_whole_chunks(data)
    return _checked(size)


def _png_head(data: bytes) -> ImageSize | None:
    """Size in the IHDR chunk, which comes first (PNG, W3C Recommendation, 5.6)."""
    if not data.startswith(_PNG) or len(data) < 24 or data[12:16] != b"IHDR":
        return None
    return ImageSize(*struct.unpack_from(">II", data, 16))


def _require_whole_chunks(data: bytes) -> None:
    """Follow the chunks to the last one: cv2 takes as much memory as a chunk says that it needs."""
    at = len(_PNG)
    while (end := at + 12 + int.from_bytes(data[at : at + 4], "big")) <= len(data):
        if data[at + 4 : at + 8] == b"IEND":
            return
        at = end
    msg = f"PNG of {len(data)} bytes is cut short: expected an IEND chunk"
    raise UnreadableImage(msg)


def jpeg_size(data: bytes) -> ImageSize:
    """Size that the start-of-frame segment of a JPEG states (ITU-T T.81, B.2.2).

    Raises
    ------
    UnreadableImage
        If the bytes do not begin like a JPEG, or end before its last scan does.
    """
    if not data.startswith(_JPEG):
        msg = f"{len(data)} bytes begin like neither a PNG nor a JPEG"
        raise UnreadableImage(msg)
    start = _start_of_frame(data)
    if start is None:
        msg = f"JPEG of {len(data)} bytes states no size"
        raise UnreadableImage(msg)
    # libjpeg fills what is missing with grey and carries on; half a picture must not be judged.
    if data.rfind(_END_OF_IMAGE, start) < 0:
        msg = f"JPEG of {len(data)} bytes is cut short: expected an end-of-image marker"
        raise UnreadableImage(msg)
    return _checked(_size_at(data, start))


def stated_size(data: bytes, most_segments: int) -> ImageSize | None:
    """Size that the head of a PNG or JPEG states; what follows is not looked at, nor whether any follows.

    None for other bytes, and for a JPEG that does not state it within so many segments.
    """
    if not data.startswith(_JPEG):
        return _png_head(data)
    start = _start_of_frame(data, most_segments)
    return None if start is None else _size_at(data, start)


def _size_at(data: bytes, start_of_frame: int) -> ImageSize:
    height, width = struct.unpack_from(">HH", data, start_of_frame + 5)
    return ImageSize(width, height)


def _start_of_frame(data: bytes, most_segments: int = sys.maxsize) -> int | None:
    """Offset of the start-of-frame marker."""
    at = 2
    for _ in range(most_segments):
        if at + 9 > len(data) or data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker in _START_OF_FRAME:
            return at
        if marker == _START_OF_SCAN:
            break
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _checked(size: ImageSize) -> ImageSize:
    if size.width == 0 or size.height == 0:
        msg = f"picture is {size.width} x {size.height} pixels: expected at least one"
        raise UnreadableImage(msg)
    return size


def luma(rgb: npt.NDArray[np.uint8]) -> GreyPixels:
    """Luma ``[row, column]`` of RGB pixels ``[row, column, 3]``."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def encode_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """PNG of grey ``[row, column]`` or RGB ``[row, column, 3]`` pixels; the same pixels give the same bytes.

    Each row is kept as its difference from the row above (filter type 2). Another processor may give other bytes, never
    other pixels.

    References
    ----------
    Portable Network Graphics, W3C Recommendation, sections 5 and 9.
    """
    _require_picture(pixels)
    lines = pixels.reshape(pixels.shape[0], -1)
    filtered = np.empty((lines.shape[0], lines.shape[1] + 1), dtype=np.uint8)
    filtered[:, 0] = _PNG_UP
    filtered[0, 1:] = lines[0]
    np.subtract(lines[1:], lines[:-1], out=filtered[1:, 1:])
    header = struct.pack(">IIBBBBB", *pixels.shape[1::-1], 8, _PNG_GREY if pixels.ndim == 2 else _PNG_RGB, 0, 0, 0)
    # ISA-L packs a picture in a quarter of the time that cv2 takes at its quickest, into fewer bytes.
    packed = isal_zlib.compress(filtered.data, level=1)
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = isal_zlib.crc32(body, isal_zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(body)), kind, body, struct.pack(">I", check)))


def encode_jpeg(pixels: npt.NDArray[np.uint8], quality: int = 90) -> bytes:
    """JPEG of grey ``[row, column]`` or RGB ``[row, column, 3]`` pixels; quality 1 to 100."""
    _require_picture(pixels)
    in_order = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", in_order, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        msg = f"picture {pixels.shape} cannot be written as JPEG"
        raise BadInput(msg)
    return data.tobytes()


def _require_picture(pixels: npt.NDArray[np.uint8]) -> None:
    colour = pixels.ndim == 3 and pixels.shape[2] == 3
    if pixels.dtype != np.uint8 or pixels.size == 0 or not (colour or pixels.ndim == 2):
        msg = f"pixels are {pixels.dtype} {pixels.shape}: expected uint8 [rows, columns] or [rows, columns, 3]"
        raise BadInput(msg)


def resample(pixels: GreyPixels, grid: GridToFrame, rows: int, columns: int) -> GreyPixels:
    """Picture as seen on a grid: uint8 ``[rows, columns]``, 0 wherever the grid lies outside the picture.

    A step of up to one pixel is interpolated linearly. With a longer step a grid pixel is the mean over the area that
    it covers.

    Raises
    ------
    ImageTooLarge
        If the grid reaches so far beyond the picture that it would take unreasonable memory.
    """
    down, across = (
        _covered(grid.origin_y, grid.step_y, rows, pixels.shape[0]),
        _covered(grid.origin_x, grid.step_x, columns, pixels.shape[1]),
    )
    seen = np.zeros((rows, columns), dtype=np.uint8)
    if len(down) and len(across):
        _require_workable(grid, len(down), len(across))
        start = grid.point(across.start, down.start)
        part = GridToFrame(start.x, start.y, grid.step_x, grid.step_y)
        seen[down.start : down.stop, across.start : across.stop] = _sampled(pixels, part, len(down), len(across))
    return seen


def _covered(origin: float, step: float, count: int, size: int) -> range:
    """Grid pixels whose area touches a picture of ``size`` pixels along this axis."""
    first = max(math.floor((-0.5 - origin) / step - 0.5), 0)
    last = math.ceil((size - 0.5 - origin) / step + 0.5)
    return range(first, max(min(last + 1, count), first))


def _require_workable(grid: GridToFrame, rows: int, columns: int) -> None:
    height, width = rows * max(grid.step_y, 1.0), columns * max(grid.step_x, 1.0)
    if height * width > _MOST_UNDER_GRID:
        msg = f"the grid covers {width:.4g} x {height:.4g} pixels: expected at most {_MOST_UNDER_GRID} in all"
        raise ImageTooLarge(msg)


def _sampled(pixels: GreyPixels, grid: GridToFrame, rows: int, columns: int) -> GreyPixels:
    if grid.step_x <= 1.0 and grid.step_y <= 1.0:
        to_frame = np.array([[grid.step_x, 0.0, grid.origin_x], [0.0, grid.step_y, grid.origin_y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(pixels, to_frame, (columns, rows), flags=flags), dtype=np.uint8)
    # cv2.resize is three times faster than cv2.warpAffine but begins at the edge of a pixel: move the grid there first.
    moved = _moved_to_edge(pixels, grid, rows, columns)
    if grid.step_x >= 1.0 and grid.step_y >= 1.0:
        shrunk = cv2.resize(moved, None, fx=1.0 / grid.step_x, fy=1.0 / grid.step_y, interpolation=cv2.INTER_AREA)
        return np.asarray(shrunk[:rows, :columns], dtype=np.uint8)
    return _shrunk_along_one_axis(moved, grid, rows, columns)


def _shrunk_along_one_axis(moved: GreyPixels, grid: GridToFrame, rows: int, columns: int) -> GreyPixels:
    """Linear samples, several to a grid pixel along the axis with the long step, and their mean."""
    over_x, over_y = math.ceil(grid.step_x), math.ceil(grid.step_y)
    across, down = over_x / grid.step_x, over_y / grid.step_y
    fine = cv2.resize(moved, None, fx=across, fy=down, interpolation=cv2.INTER_LINEAR)
    fine = fine[: rows * over_y, : columns * over_x]
    return np.asarray(cv2.resize(fine, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _moved_to_edge(pixels: GreyPixels, grid: GridToFrame, rows: int, columns: int) -> GreyPixels:
    """Part of the picture under the grid, moved by less than a pixel so that both begin at the same edge."""
    left, right = _reach(grid.origin_x, grid.step_x, columns)
    top, bottom = _reach(grid.origin_y, grid.step_y, rows)
    x0, y0 = math.floor(left), math.floor(top)
    width, height = math.ceil(right) - x0 + 2, math.ceil(bottom) - y0 + 2
    window = _window(pixels, x0, y0, width + 1, height + 1)
    if left == x0 and top == y0:
        return window
    centre = ((width - 1) / 2 + left - x0, (height - 1) / 2 + top - y0)
    return np.asarray(cv2.getRectSubPix(window, (width, height), centre), dtype=np.uint8)


def _reach(origin: float, step: float, count: int) -> tuple[float, float]:
    """First and last edge of the grid, in pixels from the outer edge of the picture."""
    first = origin - step / 2 + 0.5
    return first, first + step * count


def _window(pixels: GreyPixels, x0: int, y0: int, width: int, height: int) -> GreyPixels:
    """Rectangle of the picture, 0 where it reaches beyond."""
    rows, columns = pixels.shape
    if x0 >= 0 and y0 >= 0 and x0 + width <= columns and y0 + height <= rows:
        return pixels[y0 : y0 + height, x0 : x0 + width]
    window = np.zeros((height, width), dtype=np.uint8)
    inside = pixels[max(y0, 0) : max(y0 + height, 0), max(x0, 0) : max(x0 + width, 0)]
    top, left = max(-y0, 0), max(-x0, 0)
    window[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return window


def resample_labels(labels: npt.NDArray[np.uint8], grid: GridToFrame, rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """Label map on the frame ``[rows, columns]``: every frame pixel takes the nearest grid pixel, 0 beyond the grid."""
    across, has_column = _nearest(columns, grid.origin_x, grid.step_x, labels.shape[1])
    down, has_row = _nearest(rows, grid.origin_y, grid.step_y, labels.shape[0])
    placed = np.take(np.take(labels, down, axis=0), across, axis=1)
    placed[~has_row] = 0
    placed[:, ~has_column] = 0
    return placed


def _nearest(count: int, origin: float, step: float, size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Grid index nearest to each frame pixel along one axis, and whether the grid reaches there."""
    index = np.floor((np.arange(count) - origin) / step + 0.5).astype(np.intp)
    return np.clip(index, 0, size - 1), (index >= 0) & (index < size)
