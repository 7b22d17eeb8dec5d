"""Lossless JPEG and JPEG-LS frames through gdcm, which is kept in a process of its own because damage can kill it."""

import functools
import struct
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import IO, cast

from imaging.errors import UnreadableImage

_WORKER = Path(__file__).with_name("gdcm_worker.py")
_KINDS_AT_ONCE = 2
"""Worker processes kept; each serves frames of one size and kind."""


def gdcm_samples(stored: bytes, syntax: str, photometric: str, numbers: tuple[int, ...]) -> bytes:
    """Samples of one frame, colour by pixel.

    Parameters
    ----------
    stored
        One compressed frame.
    numbers
        Columns, rows, samples, bits allocated, bits stored, and 1 if signed.

    Raises
    ------
    UnreadableImage
        If gdcm refuses the frame or dies of it.
    """
    samples = None
    while samples is None:
        worker = _worker(syntax, photometric, numbers)
        samples = worker.decode(stored)
        if worker.is_dead:
            _worker.cache_clear()
    columns, rows, per_pixel, bits, _, _ = numbers
    size = columns * rows * per_pixel * (bits // 8)
    if len(samples) < size:
        msg = f"compressed frame of {len(stored)} bytes cannot be decoded"
        raise UnreadableImage(msg)
    return samples[:size]


class _Worker:
    """One worker process; it ends with this object."""

    def __init__(self, arguments: list[str]) -> None:
        self.is_dead = False
        self._one_at_a_time = threading.Lock()
        process = subprocess.Popen(  # noqa: S603 (this project's own script, arguments from validated values)
            [sys.executable, str(_WORKER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._to, self._from = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        weakref.finalize(self, _end, process)

    def decode(self, stored: bytes) -> bytes | None:
        """Samples, b"" if the frame cannot be decoded, None if the worker had died of another frame before."""
        with self._one_at_a_time:
            if self.is_dead:
                return None
            try:
                self._to.write(struct.pack("<Q", len(stored)) + stored)
                self._to.flush()
                header = self._from.read(8)
            except BrokenPipeError:
                header = b""
            self.is_dead = len(header) < 8
            return b"" if self.is_dead else self._from.read(*struct.unpack("<Q", header))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()


@functools.lru_cache(maxsize=_KINDS_AT_ONCE)
def _worker(syntax: str, photometric: str, numbers: tuple[int, ...]) -> _Worker:
    return _Worker([syntax, photometric, *(str(number) for number in numbers)])
