"""Which pieces of encapsulated pixel data make up which frame.

Only the headers of the fragments are read: a cine is never held, neither decoded nor encoded.

References
----------
DICOM PS3.5 A.4, Transfer Syntaxes for Encapsulation of Encoded Pixel Data.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, NoReturn

from imaging.errors import UnreadableImage

_ITEM = (0xFFFE, 0xE000)
_DELIMITER = (0xFFFE, 0xE0DD)
_IMAGE_STARTS = (b"\xff\xd8", b"\xff\x4f")
"""First bytes of a JPEG or JPEG-LS image and of a JPEG 2000 code stream."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One item of encapsulated pixel data: where its value lies in the file."""

    start: int
    length: int
    begins_image: bool


FragmentGroup = tuple[Fragment, ...]
"""Fragments that together hold one frame."""


def read_fragments(stream: BinaryIO, end: int, limit: int) -> tuple[tuple[int, ...], list[Fragment]]:
    """Basic offset table and fragments from the present position of the stream.

    Parameters
    ----------
    stream
        Positioned at the first item.
    end
        Size of the file in bytes.
    limit
        Greatest number of fragments to read.

    Raises
    ------
    UnreadableImage
        If items overlap the end of the file, are not closed, or are more than the limit.
    """
    table: tuple[int, ...] | None = None
    fragments: list[Fragment] = []
    while True:
        header = stream.read(8)
        if len(header) < 8:
            _refuse("it is not closed by a delimiter")
        group, element, length = struct.unpack("<HHI", header)
        if (group, element) == _DELIMITER:
            return table or (), fragments
        start = stream.tell()
        if (group, element) != _ITEM or start + length > end:
            _refuse(f"fragment {len(fragments)} does not fit the file")
        if len(fragments) == limit:
            _refuse(f"it has more than {limit} fragments")
        if table is None:
            value = stream.read(length)
            table = struct.unpack(f"<{length // 4}I", value[: length // 4 * 4])
        else:
            fragments.append(Fragment(start, length, stream.read(2) in _IMAGE_STARTS))
            stream.seek(start + length)


def group_fragments(fragments: Sequence[Fragment], offsets: Sequence[int], frames: int) -> tuple[FragmentGroup, ...]:
    """Fragments of each frame.

    One fragment per frame needs no table. Otherwise the offsets of the table say where frames begin, and where there
    is none, the fragments that begin an image do.

    Parameters
    ----------
    fragments
        In the order of the file.
    offsets
        First byte of each frame, counted from the item that follows the table (basic or extended); may be empty.
    frames
        Number of frames that the header states.

    Raises
    ------
    UnreadableImage
        If the fragments do not make up that many frames.
    """
    if len(fragments) == frames:
        return tuple((fragment,) for fragment in fragments)
    if frames == 1 and fragments:
        return (tuple(fragments),)
    if len(offsets) == frames and fragments:
        begins = set(offsets)
        starts = [i for i, item in enumerate(fragments) if item.start - fragments[0].start in begins]
    else:
        starts = [i for i, item in enumerate(fragments) if item.begins_image]
    if len(starts) != frames or starts[:1] != [0]:
        msg = f"{frames} frames are stated: expected as many in the {len(fragments)} fragments of the pixel data"
        raise UnreadableImage(msg)
    return tuple(tuple(fragments[a:b]) for a, b in pairwise([*starts, len(fragments)]))


def _refuse(why: str) -> NoReturn:
    msg = f"encapsulated pixel data is damaged: {why}"
    raise UnreadableImage(msg)
