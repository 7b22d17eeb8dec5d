"""The server killed in the middle of an upload, a live session or a request; its decoders killed under it.

What killing does to the store alone, at random points, is in ``tests/service/test_crashes.py``.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil
import pytest
from websockets.sync.client import connect

from service.live.messages import FrameHeader, join_frame
from service.store.store import Store
from tests.faults.asking import START, ask, cine, ends, left_in, until
from tests.service.pictures import INSIDE, picture

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX")
PICTURE = picture(INSIDE).tobytes()


class Server:
    """A server process that ends when it is killed."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.service.live_server", str(folder), "workers=2"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own interpreter
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip().rstrip("/")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def decoders(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    started = Server(folder)
    try:
        until(lambda: ask(f"{started.url}/readyz")[0] == 200)
        yield started
    finally:
        if started.process.poll() is None:
            started.kill()


def test_killed_in_the_middle_of_everything(tmp_path: Path) -> None:
    content = cine(40)
    with server(tmp_path) as first:
        accepted = ask(f"{first.url}/v1/procedures?wait=false", cine(40))[1]["id"]
        half = socket.create_connection((urlsplit(first.url).hostname, urlsplit(first.url).port))
        head = f"POST /v1/procedures HTTP/1.1\r\nHost: {urlsplit(first.url).netloc}\r\nContent-Type: application/dicom"
        half.sendall(f"{head}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content[:300_000])
        with connect(first.url.replace("http", "ws") + "/v1/live") as live:
            live.send(orjson.dumps(START).decode())
            session = orjson.loads(live.recv())["session"]
            for sequence in range(3):
                live.send(join_frame(FrameHeader(sequence=sequence, captured_at=sequence), PICTURE))
                assert orjson.loads(live.recv())["type"] == "answer"
            until(lambda: left_in(tmp_path))
            children = first.decoders()
            first.kill()
        half.close()
    with server(tmp_path) as second:
        for name in (accepted, session):
            until(lambda name=name: ask(f"{second.url}/v1/procedures/{name}")[1].get("status") == "done")
        # Every frame that was answered is in the recording, although nobody closed it.
        assert ask(f"{second.url}/v1/procedures/{session}")[1]["frame_count"] == 3
        assert left_in(tmp_path) == []
        status, told = ask(f"{second.url}/v1/procedures", content)
        assert status == 201
        assert not psutil.wait_procs(children, timeout=120)[1]  # decoders of the dead server are gone as well
        _decoders_killed_under_it(second)
        every = {row["id"] for row in ask(f"{second.url}/v1/procedures")[1]["procedures"]}
    store = Store(tmp_path)
    assert {accepted, session, told["id"]} <= every
    assert ends(store) == dict.fromkeys(every, 1)
    store.close()


def _decoders_killed_under_it(running: Server) -> None:
    """Uploads go through while whatever decodes them is killed again and again: each is answered once."""
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(0.4):
            for decoder in running.decoders():
                with suppress(ProcessLookupError):  # it has ended meanwhile
                    os.kill(decoder.pid, signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        answers = [ask(f"{running.url}/v1/procedures", cine(12)) for _ in range(3)]
    finally:
        ended.set()
        killing.join()
    for status, said in answers:
        # Killed twice in one task, a decoder is taken for ended by the file: refused by name, never half an answer.
        assert (status, said.get("status")) == (201, "done") or said.get("code") or said.get("failure"), said
    assert ask(f"{running.url}/v1/procedures", cine())[0] == 201
