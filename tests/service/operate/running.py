"""A service as a site runs it: the command, in processes of its own, with its log."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from imaging.model_folder import GRAPH, MANIFEST

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "suprapatellar"
_START_S = 180.0
_DOC_STRING = b"\x32"
"""Field 6 of an ONNX ModelProto, a remark: the same network, another file."""


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers at an address."""

    process: subprocess.Popen[str]
    address: str
    log: Path

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer, over a connection of its own."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.address + path, body, named)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - loopback
                return response.status, dict(response.headers), response.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, dict(refused.headers), refused.read()

    def json(self, path: str, body: bytes | None = None, **headers: str) -> Any:
        """Body of an answer that is JSON."""
        return json.loads(self.ask(path, body, **headers)[2])

    def metric(self, name: str) -> float:
        """Value of a series of ``/metrics``, 0 if it is not there."""
        text = self.ask("metrics")[2].decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def lines(self) -> list[dict[str, Any]]:
        """The log so far, without a line that is still being written."""
        whole, _, _ = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def stop(self, within_s: float) -> int:
        """Ask it to stop, as a supervisor would; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within_s)


@contextmanager
def service(folder: Path, **settings: object) -> Iterator[Running]:
    """A service on a data folder, until the block ends."""
    given = {f"SONOPLACE_{name.upper()}": str(value) for name, value in settings.items()}
    given = {"SONOPLACE_DATA_DIR": str(folder / "data"), "SONOPLACE_WORKERS": "1", **given, "OMP_NUM_THREADS": "1"}
    log = folder / "log.jsonl"
    command = [sys.executable, "-c", "from service.cli import app; app()", "serve", "--port", "0"]
    with (
        log.open("a") as told,
        subprocess.Popen(  # noqa: S603 - our own interpreter
            command, env=os.environ | given, stdout=subprocess.PIPE, stderr=told, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, log.read_text()
            running = Running(process, found[0], log)
            until(lambda: running.ask("readyz")[0] == 200)
            yield running
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()


def until(holds: Callable[[], bool], within_s: float = _START_S) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not come to hold within {within_s:g} s")
        time.sleep(0.05)


def model_folder(parent: Path, version: str) -> Path:
    """Folder with a network of this version: the shipped one, under another hash."""
    folder = parent / version
    folder.mkdir(parents=True)
    remark = version.encode()
    graph = (SHIPPED / GRAPH).read_bytes() + _DOC_STRING + bytes([len(remark)]) + remark
    (folder / GRAPH).write_bytes(graph)
    manifest = json.loads((SHIPPED / MANIFEST).read_text())
    manifest |= {"version": version, "sha256": hashlib.sha256(graph).hexdigest()}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder
