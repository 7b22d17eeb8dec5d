"""Killed at random points, the store keeps every promise it gave; what was begun is finished at the next start."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from service.store.store import Store
from service.verification.verify import verify
from tests.service.pictures import INSIDE, dicom, picture

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are POSIX")
ROUNDS, SERVER_KILLS = 28, 2
"""Two processes are killed in each round: 56."""


def test_no_promise_is_broken_by_being_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.service.crash_nursery", str(tmp_path), str(ROUNDS), "20261122"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["faults"] == []
    # Every kind of promise was given often enough for a kill to have come before, between and after.
    assert all(told["promised"][kind] >= 10 for kind in ("accepted", "answered", "recorded")), told
    assert told["promised"]["resumed"] >= 1  # some were killed between acceptance and answer
    assert told["links"] >= sum(told["promised"].values())
    print(told)  # noqa: T201 - shown with -rP


class Killed:
    """A real server process and the procedures that it said it had accepted."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.service.live_server", str(folder), "workers=1"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own interpreter
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        self.accepted: list[str] = []

    def upload(self) -> None:
        """Hand in cines until the server is gone."""
        frames = [picture(None)] * 20 + [picture(INSIDE)]
        while True:
            frames[0] = frames[0].copy()
            frames[0][-1, :16] = list(os.urandom(16))
            url = f"{self.address}v1/procedures?wait=false"
            ask = urllib.request.Request(url, dicom(frames), {"Content-Type": "application/dicom"})  # noqa: S310 - loopback
            try:
                with urllib.request.urlopen(ask, timeout=60) as answer:  # noqa: S310 - loopback
                    self.accepted.append(json.load(answer)["id"])
            except (OSError, http.client.HTTPException, ValueError):  # refused, or killed in the middle of its answer
                if self.process.poll() is not None:
                    return
                time.sleep(0.05)

    def kill_after(self, seconds: float, accepted_first: int = 0) -> None:
        """Kill it so long after so many were accepted."""
        uploads = [threading.Thread(target=self.upload) for _ in range(2)] if accepted_first else []
        for upload in uploads:
            upload.start()
        deadline = time.monotonic() + 60
        while len(self.accepted) < accepted_first and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)
        for upload in uploads:
            upload.join(120)
        assert self.process.stdout is not None
        self.process.stdout.close()


def test_a_killed_server_loses_nothing_it_accepted(tmp_path: Path) -> None:
    accepted: set[str] = set()
    for number in range(SERVER_KILLS):
        server = Killed(tmp_path)
        server.kill_after(0.3 * number, accepted_first=1 + number)
        accepted |= set(server.accepted)
    assert accepted
    assert accepted <= kept_ids(tmp_path)
    server = Killed(tmp_path)
    deadline = time.monotonic() + 300
    while unfinished(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.2)
    server.kill_after(0.0)
    store = Store(tmp_path)
    assert verify(store, None).faults == ()
    assert {name for name, _ in store.verdicts()} >= accepted
    store.close()


def kept_ids(folder: Path) -> set[str]:
    store = Store(folder)
    ids = store.procedure_ids()
    store.close()
    return ids


def unfinished(folder: Path) -> list[str]:
    store = Store(folder)
    waiting = store.unfinished()
    store.close()
    return waiting
