"""Where a plain picture shows tissue, and where it shows screen furniture.

Furniture is what machines draw around the B-mode picture: a flat ground, text, a ruler, icons, a bar of buttons. The
ground is the one thing that all of it has in common, so the search is for the rectangle that is filled most densely
with anything else. A shadow inside the tissue is as black as the ground; it stays inside because tissue surrounds it.
"""

import numpy as np
import numpy.typing as npt

from imaging.frame import GreyPixels
from imaging.geometry import BoxPx

_Mask = npt.NDArray[np.bool_]
_Span = tuple[int, int]

_GROUND_SHARE = 0.01
"""A grey level is ground if flat patches of it cover this share of the picture."""
_BLACK = 8
"""Grey levels below this are the machine's black."""
_BLACK_TOLERANCE = 1
"""Grey levels by which a black ground varies after JPEG; anechoic fluid begins two above it."""
_GREY_TOLERANCE = 3
"""Grey levels by which any other ground varies after JPEG."""
_TISSUE_DENSITY = 0.25
"""Share of a block that differs from the ground, above which the block speaks for tissue."""
_BLOCKS = 40
"""Blocks along the longer side in the coarse search."""
_WORD = 8
"""Pixels that one machine word counts at once; blocks are multiples of it."""
_TEXT_HEIGHT = 0.1
"""Share of a side that a line must fill to be tissue by itself: glyphs are lower, tissue above a shadow is not."""
_TAPER = 0.4
"""Share of the lines before it that a line must fill where a sector narrows towards its end."""
_TAPER_LINES = 8
"""Lines before it whose mean a line is held against."""
_LEAST_AREA = 0.02
"""Share of the picture below which a rectangle is an icon, not a B-mode picture."""


def find_bmode(pixels: GreyPixels) -> BoxPx:
    """Rectangle of the picture that shows tissue.

    A sector gives the rectangle around its lit part. A picture in which nothing stands out from anything gives the
    whole picture, and so does one without furniture.

    Parameters
    ----------
    pixels
        Luma, uint8 ``[row, column]``.
    """
    rows, columns = pixels.shape
    whole = BoxPx(0, 0, columns, rows)
    lit = _not_ground(pixels)
    coarse = _densest_rectangle(lit)
    if coarse is None:
        return whole
    box = _grow(lit, _grow(lit, coarse))
    return box if box.width * box.height >= _LEAST_AREA * rows * columns else whole


def _not_ground(pixels: GreyPixels) -> _Mask:
    # One set of buffers for all levels: fresh pages cost more than the arithmetic.
    lit = np.ones(pixels.shape, dtype=bool)
    above, outside = np.empty_like(pixels), np.empty_like(lit)
    for level in _ground_levels(pixels):
        tolerance = _BLACK_TOLERANCE if level < _BLACK else _GREY_TOLERANCE
        # Unsigned wrap-around turns "within the tolerance of the level" into one comparison.
        np.subtract(pixels, np.uint8((level - tolerance) % 256), out=above)
        np.greater(above, 2 * tolerance, out=outside)
        lit &= outside
    return lit


def _ground_levels(pixels: GreyPixels) -> list[int]:
    """Levels of large flat patches; of two neighbouring levels the darker one, the other may be anechoic tissue."""
    here = pixels[:-1:2, :-1:2]
    flat = (here == pixels[1::2, :-1:2]) & (here == pixels[:-1:2, 1::2])
    share = np.bincount(here[flat], minlength=256) / max(here.size, 1)
    levels: list[int] = []
    for level in np.flatnonzero(share >= _GROUND_SHARE):
        if not levels or level - levels[-1] > _GREY_TOLERANCE:
            levels.append(int(level))
    return levels


def _densest_rectangle(lit: _Mask) -> BoxPx | None:
    """Rectangle of blocks with the greatest sum of (density - tissue density), less half a block on every side."""
    block = _WORD * max(1, -(-max(lit.shape) // (_WORD * _BLOCKS)))
    score = _density(lit, block) - np.float32(_TISSUE_DENSITY)
    tops, bottoms = np.triu_indices(len(score))
    below = np.cumsum(score, axis=0)
    above = below - score
    # Bentley's maximum-sum segment, for every band of block rows at once.
    ends = np.cumsum(below[bottoms] - above[tops], axis=1)
    starts = np.minimum.accumulate(np.pad(ends, ((0, 0), (1, 0)))[:, :-1], axis=1)
    gain = ends - starts
    band, right = np.unravel_index(int(np.argmax(gain)), gain.shape)
    if gain[band, right] <= 0:
        return None
    before = np.pad(ends[band], (1, 0))
    left = int(np.argmin(before[: right + 1]))
    rows = _core(int(tops[band]), int(bottoms[band]), block, lit.shape[0])
    columns = _core(left, int(right), block, lit.shape[1])
    return BoxPx(columns[0], rows[0], columns[1], rows[1])


def _core(first: int, last: int, block: int, size: int) -> _Span:
    """Middle of a run of blocks: the outer ones may be half ground."""
    start, stop = first * block, min((last + 1) * block, size)
    inset = min(block, (stop - start - 1) // 2)
    return start + inset, stop - inset


def _density(lit: _Mask, block: int) -> npt.NDArray[np.float32]:
    """Share of lit pixels per block; a block cut by the border counts what it has over its full area."""
    rows, columns = (-(-size // block) * block for size in lit.shape)
    padded = np.zeros((rows, columns), dtype=bool)
    padded[: lit.shape[0], : lit.shape[1]] = lit
    words = np.bitwise_count(padded.view(np.uint64))
    per_row = words.reshape(rows // block, block, -1).sum(axis=1, dtype=np.float32)
    total = per_row.reshape(rows // block, columns // block, -1).sum(axis=2)
    return np.asarray(total / (block * block), dtype=np.float32)


def _grow(lit: _Mask, box: BoxPx) -> BoxPx:
    """Move each side outwards for as long as the lines beyond it are tissue."""
    down = np.add.reduce(lit[:, box.x0 : box.x1].view(np.uint8), axis=1, dtype=np.uint16)
    y0, y1 = _grow_span(down, (box.y0, box.y1), box.width)
    across = np.add.reduce(lit[y0:y1].view(np.uint8), axis=0, dtype=np.uint16)
    x0, x1 = _grow_span(across, (box.x0, box.x1), y1 - y0)
    return BoxPx(x0, y0, x1, y1)


def _grow_span(counts: npt.NDArray[np.uint16], span: _Span, side: int) -> _Span:
    start, stop = span
    first = start - _lines_of_tissue(counts[:stop][::-1], stop - start, side)
    last = stop + _lines_of_tissue(counts[start:], stop - start, side)
    return first, last


def _lines_of_tissue(counts: npt.NDArray[np.uint16], inside: int, side: int) -> int:
    """Number of lines beyond the first ``inside`` ones that belong to the same picture."""
    wide = max(3.0, _TEXT_HEIGHT * side)
    lines = np.arange(inside, len(counts))
    first = np.maximum(lines - _TAPER_LINES, 0)
    upto = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    before = (upto[lines] - upto[first]) / (lines - first)
    tissue = (counts[lines] >= wide) | (counts[lines] >= np.maximum(2.0, _TAPER * before))
    return len(lines) if tissue.all() else int(np.argmin(tissue))
