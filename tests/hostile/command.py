"""``sonoplace`` with its decoders on a short leash, and what each file took: ``… TASK_S TOLD ARGUMENT…``.

What a file took is a line of TOLD: its name, seconds of the clock and of the processors, decoders included.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from service import batch
from service.cli import app
from service.decoding import ask
from service.decoding.limits import DecodingLimits
from service.decoding.pool import Decoders
from service.results import files
from service.store import command
from tests.hostile.attacked import processor_s

WORK = ((batch, "analyse_file"), (files, "write_results"), (command, "_copied"))
"""What each of the commands does with one file, which is the first argument."""


def timed(work: Callable[..., Any], told: Path, pool: Decoders) -> Callable[..., Any]:
    itself = psutil.Process()

    def used_s() -> float:
        decoders = [one._process.pid for one in pool._idle]  # a file at a time: between two, all of them are idle
        return processor_s([itself, *(psutil.Process(pid) for pid in decoders if psutil.pid_exists(pid))])

    def done(file: Any, *more: Any) -> Any:
        began, before_s = time.monotonic(), used_s()
        result = work(file, *more)
        with told.open("a") as lines:
            name = Path(getattr(file, "path", file)).name
            lines.write(f"{name} {time.monotonic() - began:.3f} {used_s() - before_s:.3f}\n")
        return result

    return done


if __name__ == "__main__":
    task_s, told, *arguments = sys.argv[1:]
    pool = Decoders(DecodingLimits(task_s=float(task_s)))
    ask._decoders = lambda _process: pool  # type: ignore[assignment] # so that many bombs take no minutes
    for room, name in WORK:
        setattr(room, name, timed(getattr(room, name), Path(told), pool))
    app(arguments)
