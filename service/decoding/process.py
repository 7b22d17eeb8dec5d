"""One process that decodes, seen from the service: asked, waited for so long and no longer, ended."""

import os
import select
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, cast

import numpy as np
import orjson

from imaging.errors import DecoderEnded, DecodingTooLong
from service.decoding.limits import DecodingLimits
from service.decoding.protocol import LENGTHS, MOST_HEAD_BYTES, Json, Reply, packed

if sys.platform == "linux":
    import fcntl

_PIPE_BYTES = 1 << 20
"""A frame goes through in one piece where pipes can be told to be so large (Linux), in five at the usual size."""
_MOST_PIXELS = 16_777_216
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "HOME")
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1", "MALLOC_ARENA_MAX": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip
WORKER: Sequence[str] = ("-m", "service.decoding.worker")


class DecoderProcess:
    """One process; it does one task at a time and ends with this object.

    ``holds`` are the numbers of the images that it has open.
    """

    def __init__(self, limits: DecodingLimits, program: Sequence[str] = WORKER) -> None:
        self.holds: frozenset[int] = frozenset()
        self.asked = 0
        self.exit_code: int | None = None
        self._limits = limits
        self._greeted = False
        self._process = subprocess.Popen(  # noqa: S603 (this project's own program, arguments from validated values)
            [sys.executable, *program, str(limits.memory_bytes), str(limits.task_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=_environment(),
        )
        self._to, self._from = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        for pipe in (self._to, self._from):
            _widen(pipe)
        if os.name == "posix":
            os.set_blocking(self._to.fileno(), False)
        self.end: Callable[[], object] = weakref.finalize(self, _end, self._process, os.getpid())

    @property
    def has_ended(self) -> bool:
        """Whether it is there no more."""
        return self.exit_code is not None or self._process.poll() is not None

    @property
    def is_ready(self) -> bool:
        """Whether it would begin with a task at once."""
        return self._greeted or _is_open(self._from, "POLLIN", 0.0)

    def ask(self, head: Json, body: bytes = b"") -> Reply:
        """Answer to one task.

        Raises
        ------
        DecoderEnded
            If the process ended before it had answered; it is there no more.
        DecodingTooLong
            If it took longer than it may; it is there no more.
        """
        if not self._greeted:
            self._receive(time.monotonic() + self._limits.start_s)
            self._greeted = True
        until = time.monotonic() + self._limits.task_s
        self.asked += 1
        try:
            self._send(packed(head, len(body)), until)
            self._send(body, until)
        except BrokenPipeError:
            raise self._ended() from None
        return self._receive(until)

    def _receive(self, until: float) -> Reply:
        head_bytes, body_bytes = LENGTHS.unpack(self._read(LENGTHS.size, until))
        if head_bytes > MOST_HEAD_BYTES or body_bytes > _MOST_PIXELS:
            raise self._ended()  # what answers there is no longer our program
        head: Json = orjson.loads(self._read(head_bytes, until))
        self.holds = frozenset() if "refusal" in head else frozenset(head.get("holds", self.holds))
        if not body_bytes:
            return head, None
        return head, np.frombuffer(self._read(body_bytes, until), np.uint8).reshape(head["shape"])

    def _read(self, size: int, until: float) -> bytearray:
        there, view = 0, memoryview(data := bytearray(size))
        while there < size:
            self._wait(self._from, "POLLIN", until)
            taken = self._from.readinto(view[there:])  # type: ignore[attr-defined] # unbuffered: a FileIO
            if not taken:
                raise self._ended()
            there += taken
        return data

    def _send(self, data: bytes, until: float) -> None:
        sent, view = 0, memoryview(data)
        while sent < len(view):
            self._wait(self._to, "POLLOUT", until)
            sent += self._to.write(view[sent:]) or 0

    def _wait(self, pipe: IO[bytes], event: str, until: float) -> None:
        if not _is_open(pipe, event, max(until - time.monotonic(), 0.0)):
            self.end()
            self.exit_code = self._process.returncode
            msg = f"the image was not decoded within {self._limits.task_s:g} s"
            raise DecodingTooLong(msg)

    def _ended(self) -> DecoderEnded:
        """Make sure that it has ended; gives the error that tells of it."""
        with suppress(subprocess.TimeoutExpired):
            self.exit_code = self._process.wait(1.0)  # it may be ending by itself: the code says how
        self.end()
        self.exit_code = self._process.returncode
        return DecoderEnded("the image ended the process that decoded it", self.exit_code)


def _is_open(pipe: IO[bytes], event: str, wait_s: float) -> bool:
    """Whether bytes can be moved, or the other end is gone; waits so long. Without `select.poll` nobody waits."""
    if not hasattr(select, "poll"):
        return True
    poller = select.poll()
    poller.register(pipe, getattr(select, event))
    return bool(poller.poll(wait_s * 1e3))


def _widen(pipe: IO[bytes]) -> None:
    if sys.platform == "linux":
        with suppress(OSError):  # a user may have so many pipe pages and no more
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _environment() -> dict[str, str]:
    """Nothing of the service's own: its variables hold credentials."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, **_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _end(process: "subprocess.Popen[bytes]", owner: int) -> None:
    if os.getpid() != owner:
        return  # a fork of the service ends, not the service
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
