"""A process that decodes as ours does, but does what the first byte of a picture says; run by the tests of the pool."""

import os
import signal
import stat
import sys
import time
from collections.abc import Callable

import numpy as np

from service.decoding.opened import OpenedImages
from service.decoding.protocol import Json, Reply
from service.decoding.worker import main


def fail(body: bytes) -> None:
    raise KeyError(body)


def spin() -> None:
    while True:
        pass


ORDERS: dict[bytes, Callable[[], object]] = {
    b"a": os.abort,
    b"s": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    b"x": lambda: sys.exit(3),
    b"e": lambda: fail(b"e"),
    b"h": lambda: time.sleep(60),
    b"w": lambda: time.sleep(0.3),
    b"b": spin,
    b"m": lambda: np.ones((1 << 16, 1 << 16), np.uint8),
    b"p": lambda: print("not an answer", flush=True),  # noqa: T201 - what a library might do
    b"l": lambda: [os.write(handle, b"\xff" * 64) for handle in range(3, 8) if is_pipe(handle)],
}


def is_pipe(handle: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(handle).st_mode)
    except OSError:
        return False


def picture(head: Json, body: bytes) -> Reply:
    """Do what is ordered; then give the number of this process as a picture of eight pixels."""
    ORDERS.get(body[:1], lambda: None)()
    return {}, np.frombuffer(os.getpid().to_bytes(8, "little"), np.uint8).reshape(1, 8)


if __name__ == "__main__":
    main({**OpenedImages().tasks(), "picture": picture})
