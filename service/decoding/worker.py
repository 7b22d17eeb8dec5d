"""The program of a process that decodes: ``python -m service.decoding.worker MEMORY_BYTES TASK_S``.

It has no settings, keys or credentials, takes tasks from standard input and answers on standard output until the input
ends. Whatever it dies of costs the one task that it had in hand.
"""

import math
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import orjson

from imaging.errors import BadInput, MissingExtra
from imaging.frame import GreyPixels
from service.decoding.complaints import Complaints
from service.decoding.opened import OpenedImages
from service.decoding.protocol import LENGTHS, Json, Reply, packed

if os.name == "posix":
    import resource

_PAGE_COUNTS = Path("/proc/self/statm")
_ORPHANED_S = 2
"""Processor time beyond a task's own until the kernel ends a process whose service is gone."""

Tasks = Mapping[str, Callable[[Json, bytes], Reply]]


def main(tasks: Tasks | None = None) -> None:
    """Answer tasks until there are no more; ``tasks`` replaces what they do, for tests."""
    memory_bytes, task_s = int(sys.argv[1]), float(sys.argv[2])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # meant for the service, which drains first and then closes the input
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer
    cv2.setNumThreads(1)
    _limit(memory_bytes)
    _send(replies, {"ready": os.getpid()}, None)
    serve(sys.stdin.buffer, replies, tasks or OpenedImages(Complaints().require_none).tasks(), task_s)


def serve(requests: BinaryIO, replies: BinaryIO, tasks: Tasks, task_s: float) -> None:
    """Do tasks one after the other; an error that nobody raised on purpose ends the process."""
    while len(lengths := requests.read(LENGTHS.size)) == LENGTHS.size:
        head_bytes, body_bytes = LENGTHS.unpack(lengths)
        head = orjson.loads(requests.read(head_bytes))
        body = requests.read(body_bytes)
        _limit_time(task_s)
        try:
            answer, luma = tasks[head["task"]](head, body)
        except MissingExtra as error:
            answer, luma = {"refusal": error.code, "extra": error.extra}, None
        except BadInput as error:
            answer, luma = {"refusal": error.code, "message": str(error)}, None
        del body
        _send(replies, answer, luma)


def _send(replies: BinaryIO, answer: Json, luma: GreyPixels | None) -> None:
    if luma is None:
        replies.write(packed(answer))
    else:
        replies.write(packed({**answer, "shape": list(luma.shape)}, luma.nbytes))
        replies.write(np.ascontiguousarray(luma).data)
    replies.flush()


def _limit(memory_bytes: int) -> None:
    """No more memory than this beyond what is there, no files written, no core that would hold the picture."""
    if os.name != "posix":
        return
    with suppress(OSError):
        there = int(_PAGE_COUNTS.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (there + memory_bytes, there + memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(task_s: float) -> None:
    """Processor time for the next task; the service itself watches the clock, as long as it is there."""
    if os.name != "posix":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + task_s) + _ORPHANED_S, most))


if __name__ == "__main__":
    main()
