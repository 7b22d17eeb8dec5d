"""A Dask scheduler and its workers as processes of their own, as an archive's many machines would be."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SCHEDULER = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
_WORKERS = ("distributed.cli.dask_worker", "--nworkers", "2", "--nthreads", "1", "--no-dashboard")


@contextmanager
def separate_cluster(folder: Path) -> Iterator[str]:
    """Address of a scheduler process with two worker processes, as long as they are wanted."""
    file = folder / "scheduler.json"
    with ExitStack() as stack:
        stack.enter_context(_running(folder, *_SCHEDULER, "--scheduler-file", str(file)))
        address = _address(file)
        stack.enter_context(_running(folder, *_WORKERS, "--local-directory", str(folder), address))
        yield address


@contextmanager
def _running(folder: Path, *module: str) -> Iterator[None]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    with (folder / "cluster.log").open("ab") as log:
        command = [sys.executable, "-m", *module]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process:  # noqa: S603 - our own interpreter
            try:
                yield
            finally:
                process.terminate()
                process.wait(60)


def _address(file: Path) -> str:
    for _ in range(1800):
        with suppress(FileNotFoundError, json.JSONDecodeError):  # not there yet, or not whole
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.1)
    msg = "the scheduler did not start within three minutes"
    raise TimeoutError(msg)
