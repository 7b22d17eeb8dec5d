"""A stop in steps, asked of a real process: heard of, drained, told, and in time."""

import json
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from service.store.store import Store
from service.verification.verify import verify
from tests.service.pictures import dicom, picture, png

NOTICE_S = 4.0
"""In which a slow machine, too, asks three times and has a frame answered."""
PATIENCE_S = 60.0


@contextmanager
def server(folder: Path, notice_s: float, drain_s: float) -> Iterator[tuple[subprocess.Popen[str], str]]:
    given = [str(folder), "workers=1", f"stop_notice_s={notice_s}", f"stop_drain_s={drain_s}"]
    command = [sys.executable, "-m", "tests.service.live_server", *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own interpreter
        assert process.stdout is not None
        yield process, process.stdout.readline().strip().removeprefix("http://").rstrip("/")
        process.kill()


def asked(host: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{host}/{path}", timeout=PATIENCE_S) as response:
            return response.status, ""
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)["code"]


def begun_upload(host: str, body: bytes) -> socket.socket:
    """Connection over which half of a procedure has come."""
    line = socket.create_connection((host.split(":")[0], int(host.split(":")[1])), PATIENCE_S)
    head = f"POST /v1/procedures HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/dicom\r\n"
    line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2])
    return line


def send_frame(live: ClientConnection, sequence: int) -> None:
    head = json.dumps({"sequence": sequence, "captured_at": sequence}).encode()
    live.send(struct.pack(">I", len(head)) + head + png())


def test_what_was_taken_is_finished_and_nothing_is_lost(tmp_path: Path) -> None:
    cine = dicom([picture(None), picture()])
    with (
        server(tmp_path / "data", NOTICE_S, drain_s=PATIENCE_S) as (process, host),
        connect(f"ws://{host}/v1/live") as live,
        closing(begun_upload(host, cine)) as upload,
    ):
        live.send(json.dumps({"type": "start", "format": "png", "spacing_mm": [0.2, 0.2]}))
        live.recv()
        send_frame(live, 0)
        assert json.loads(live.recv())["type"] == "answer"

        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        while (said := asked(host, "readyz")) == (200, ""):
            assert time.monotonic() - begun < NOTICE_S
        assert said == (503, "service-stopping")
        assert asked(host, "livez") == (200, "")
        send_frame(live, 1)
        told = [json.loads(live.recv()) for _ in range(3)]
        assert [message["type"] for message in told] == ["answer", "problem", "ended"]
        assert (told[0]["live"]["sequence"], told[1]["problem"]["code"]) == (1, "service-stopping")
        assert told[2]["frames"]["answered"] == 2
        with pytest.raises(ConnectionClosed) as closed:
            live.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert closed.value.rcvd.reason.startswith("service-stopping: the service is being stopped")

        upload.sendall(cine[len(cine) // 2 :])
        answer = upload.makefile("rb").readline()
        assert answer.split()[1] in (b"201", b"202")
        process.wait(NOTICE_S + PATIENCE_S)  # it ends when all is done, not when its time is over
    with closing(Store(tmp_path / "data")) as store:
        live_id = told[2]["procedure"].rpartition("/")[2]
        assert live_id in store.procedure_ids()
        assert len(store.procedure_ids()) == 2
        assert verify(store, None).intact
        done = {name for name, _ in store.verdicts()}
        assert done | set(store.unfinished()) == store.procedure_ids(), "answered, or taken up at the next start"


def test_an_upload_that_never_ends_does_not_hold_the_stop_up(tmp_path: Path) -> None:
    with (
        server(tmp_path / "data", notice_s=0.2, drain_s=2) as (process, host),
        closing(begun_upload(host, dicom([picture()]))) as upload,
    ):
        assert asked(host, "livez") == (200, "")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
        assert upload.recv(1000).split()[1:2] in ([], [b"500"])
    with closing(Store(tmp_path / "data")) as store:
        assert store.procedure_ids() == set()
