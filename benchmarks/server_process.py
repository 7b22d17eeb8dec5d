"""The service in a process of its own, as a site runs it: started, watched, ended."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

_SERVE = (sys.executable, "-c", "from service.cli import app; app()", "serve", "--host", "127.0.0.1", "--port")
_START_S = 120.0
_END_S = 5.0
_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server that answers."""

    host: str
    port: int
    pid: int
    ready_ms: float
    """From the start of the process to the first answer that it is ready."""

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://{self.host}:{self.port}"

    def memory_mb(self) -> float:
        """Resident memory of the process and those it started, in megabytes."""
        process = psutil.Process(self.pid)
        parts = (process, *process.children(recursive=True))
        return float(sum(part.memory_info().rss for part in parts)) / 1e6


@contextmanager
def sonoplace_server() -> Iterator[ServerProcess]:
    """Our own service on a free port, with an empty store that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="sonoplace-bench-") as folder:
        given = {"SONOPLACE_DATA_DIR": folder, "SONOPLACE_LOG_LEVEL": "error"}
        with started((*_SERVE, str(free_port())), "/readyz", given) as server:
            yield server


@contextmanager
def started(
    command: Sequence[str], ready: str, environment: Mapping[str, str], port: int | None = None
) -> Iterator[ServerProcess]:
    """Process of a command whose last word is its port, once it answers a path with 200.

    Raises
    ------
    RuntimeError
        If it ends or stays silent instead.
    """
    begun = time.perf_counter()
    listens = port or int(command[-1])
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env={**os.environ, **environment}) as process:  # noqa: S603 - our own commands
        try:
            _wait_until_ready(process, listens, ready)
            yield ServerProcess("127.0.0.1", listens, process.pid, (time.perf_counter() - begun) * 1e3)
        finally:
            _end(process)


def free_port() -> int:
    """TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    deadline = time.perf_counter() + _START_S
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            msg = f"the server ended with {process.returncode} before it was ready"
            raise RuntimeError(msg)
        if _answers(port, path):
            return
        time.sleep(_POLL_S)
    msg = f"the server was not ready within {_START_S:g} s"
    raise RuntimeError(msg)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop it; what it has not written by then was only for this benchmark."""
    family = [*psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
    for left in family:
        if left.is_running():
            left.kill()
