"""Luma of a PALETTE COLOR lookup table, plain or segmented.

References
----------
DICOM PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6 (descriptor and data), C.7.9.2 (segmented data).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging import raster
from imaging.errors import UnreadableImage, UnsupportedImage

_MOST_ENTRIES = 65536
_DISCRETE, _LINEAR = 0, 1


@dataclass(frozen=True, eq=False)
class Palette:
    """Luma of each index from ``first`` on; indices beyond either end take the value of that end."""

    luma: npt.NDArray[np.uint8]
    first: int

    def __call__(self, indices: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
        """Luma of every pixel, same shape."""
        entries = np.clip(indices.astype(np.int32) - self.first, 0, len(self.luma) - 1)
        return np.take(self.luma, entries)


def plain_palette(descriptor: Sequence[int], channels: Sequence[bytes], *, big_endian: bool) -> Palette:
    """Palette whose red, green and blue tables list every entry.

    Raises
    ------
    UnreadableImage
        If a table does not have as many entries as the descriptor states.
    """
    entries, first, _ = descriptor
    count = int(entries) or _MOST_ENTRIES  # 0 stands for 2 to the 16
    tables = [_words(channel, big_endian=big_endian) for channel in channels]
    if all(len(table) * 2 in (count, count + 1) for table in tables):
        # Eight-bit entries, two in a word, the first one in its lower half.
        tables = [table.astype("<u2").view(np.uint8)[:count].astype(np.uint16) for table in tables]
    if any(len(table) != count for table in tables):
        msg = f"palette has {[len(table) for table in tables]} entries: expected {count} of each colour"
        raise UnreadableImage(msg)
    return Palette(_luma(tables), int(first))


def segmented_palette(descriptor: Sequence[int], channels: Sequence[bytes], *, big_endian: bool) -> Palette:
    """Palette whose red, green and blue tables are given as runs and ramps of 16-bit entries.

    Raises
    ------
    UnreadableImage
        If the segments do not make up the entries that the descriptor states.
    UnsupportedImage
        If a table repeats segments by reference.
    """
    entries, first, _ = descriptor
    count = int(entries) or _MOST_ENTRIES
    tables = [_expanded(_words(channel, big_endian=big_endian), count) for channel in channels]
    return Palette(_luma(tables), int(first))


def _words(channel: bytes, *, big_endian: bool) -> npt.NDArray[np.uint16]:
    return np.frombuffer(channel, ">u2" if big_endian else "<u2").astype(np.uint16)


def _expanded(words: npt.NDArray[np.uint16], count: int) -> npt.NDArray[np.uint16]:
    """Entries of a segmented table; stops at the first segment that is one too many, so it cannot be made to swell."""
    runs: list[npt.NDArray[np.float64]] = []
    at, done = 0, 0
    while at + 2 < len(words) and done < count:
        kind, length = int(words[at]), int(words[at + 1])
        if kind == _DISCRETE:
            runs.append(words[at + 2 : at + 2 + length].astype(np.float64))
            at += 2 + length
        elif kind == _LINEAR and runs:
            # From the entry before, which is not repeated, to the stated one.
            runs.append(np.linspace(runs[-1][-1], float(words[at + 2]), length + 1)[1:])
            at += 3
        else:
            msg = f"palette has a segment of kind {kind}: expected discrete (0) and linear (1) ones"
            raise UnsupportedImage(msg)
        done += length
    table = np.concatenate(runs) if runs else np.zeros(0)
    if len(table) != count:
        msg = f"segmented palette makes {len(table)} entries: expected {count}"
        raise UnreadableImage(msg)
    return np.rint(table).astype(np.uint16)


def _luma(tables: Sequence[npt.NDArray[np.uint16]]) -> npt.NDArray[np.uint8]:
    colours = np.stack(tables, axis=-1)
    # Sixteen-bit entries are scaled to the full range, except by the vendors who leave the upper byte empty.
    shift = 8 if colours.max(initial=0) > np.iinfo(np.uint8).max else 0
    return np.asarray(raster.luma((colours >> shift).astype(np.uint8)[None])[0], dtype=np.uint8)
