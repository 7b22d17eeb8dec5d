"""JPEG-LS, made in a process of its own.

The library holds the interpreter's lock while it codes a frame, 16 ms for one of 1024 x 768: in this process every live
answer would wait for every frame of every upload.
"""

import functools
import os

from imaging.frame import GreyPixels
from service.decoding.limits import DecodingLimits
from service.decoding.pool import Decoders

_PROGRAM = ("-m", "service.store.encoder")
_MOST_ELSEWHERE = 8_000_000
"""Pixels; a larger picture may not come back in one message, and is coded here."""


def jpeg_ls(pixels: GreyPixels) -> bytes:
    """Grey levels ``[row, column]`` as JPEG-LS, without loss; the same bytes every time.

    Raises
    ------
    DecoderEnded, DecodingTooLong
        If the process that codes died of it.
    NoDecoder
        If none can be started.
    """
    head = {"task": "jpeg_ls", "shape": pixels.shape}
    if pixels.size > _MOST_ELSEWHERE:
        from service.store.encoder import jpeg_ls as here

        coded = here(head, pixels.tobytes())[1]
    else:
        coded = _encoder(os.getpid()).ask(head, pixels.tobytes())[1]
    return b"" if coded is None else coded.tobytes()


@functools.lru_cache(maxsize=1)
def _encoder(_process: int) -> Decoders:
    return Decoders(DecodingLimits(processes=1), _PROGRAM)
