"""Locust's users: live sessions at a pace, and uploads one after another. Run by `benchmarks.load.scenarios`.

It runs in an environment of its own, with locust and websocket-client alone, so it imports nothing of this project.
What the users are to do stands in the JSON file that ``SONOPLACE_LOAD`` names; what each session saw is written to the
file that is named there.
"""

import http.client
import json
import os
import struct
import time
from pathlib import Path
from typing import Any

import gevent
import websocket
from locust import User, events, task
from locust.exception import StopUser

PLAN: dict[str, Any] = json.loads(Path(os.environ["SONOPLACE_LOAD"]).read_text(encoding="utf-8"))
SEEN: list[dict[str, Any]] = []
BEGIN = time.time() + 1.0
"""Users begin then; all that the plan says in seconds counts from here."""
UNTIL = BEGIN + PLAN["seconds"]
BUSY: list[int] = [PLAN["sessions"] + PLAN["uploaders"]]
_CHUNK = 1 << 20
_ANSWER_S = 600.0


class LiveUser(User):
    """One live session after another, each at its pace whatever comes back."""

    fixed_count = PLAN["sessions"]

    @task
    def sessions(self) -> None:
        """Sessions until the time is up."""
        picture = Path(PLAN["picture"]).read_bytes()
        gevent.sleep(BEGIN - time.time())
        while (left_s := UNTIL - time.time()) > 1.0:
            self._session(picture, min(left_s, PLAN["session_s"]))
        _leave(self)

    def _session(self, picture: bytes, seconds: float) -> None:
        line = websocket.create_connection(f"ws://{PLAN['address']}/v1/live", suppress_origin=True, timeout=60)
        line.send(json.dumps(PLAN["start"]))
        json.loads(line.recv())
        seen: dict[str, Any] = {"sent": 0, "answers": [], "failed": 0, "frames": None}
        SEEN.append(seen)
        listening = gevent.spawn(self._listen, line, seen)
        begun = time.monotonic()
        while (elapsed := time.monotonic() - begun) < seconds and not listening.ready():
            gevent.sleep(max(seen["sent"] / PLAN["fps"] - elapsed, 0.0))
            header = json.dumps({"sequence": seen["sent"], "captured_at": time.time_ns()}).encode()
            line.send_binary(struct.pack(">I", len(header)) + header + picture)
            seen["sent"] += 1
        line.send('{"type": "end"}')
        listening.join(60)
        line.close()

    def _listen(self, line: websocket.WebSocket, seen: dict[str, Any]) -> None:
        while text := line.recv():
            said = json.loads(text)
            if said["type"] == "answer":
                age_ms = said["live"]["age_ms"]
                seen["answers"].append((said["live"]["received_at"] / 1e9, age_ms))
                self._tell("live", age_ms, len(text), None)
            elif said["type"] == "problem":
                seen["failed"] += 1
                self._tell("live", 0.0, len(text), RuntimeError(said["problem"]["code"]))
            elif said["type"] == "ended":
                seen["frames"] = said["frames"]
                return

    def _tell(self, kind: str, ms: float, size: int, error: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type=kind, name="answer", response_time=ms, response_length=size, exception=error
        )


class UploadUser(User):
    """One cine after another, each unlike any before."""

    fixed_count = PLAN["uploaders"]

    @task
    def upload(self) -> None:
        """Send the file, with another preamble; then rest."""
        gevent.sleep(max(BEGIN + PLAN["uploads_after_s"] - time.time(), 0.0))
        if time.time() > UNTIL:
            _leave(self)
        begun, size = time.time(), os.path.getsize(PLAN["cine"])  # noqa: PTH202 - one call
        to_sink = begun < BEGIN + PLAN["sink_until_s"]
        address = PLAN["sink" if to_sink else "address"].split(":")
        line = http.client.HTTPConnection(address[0], int(address[1]), timeout=_ANSWER_S)
        line.putrequest("POST", "/v1/procedures?wait=false")
        line.putheader("Content-Type", "application/dicom")
        line.putheader("Content-Length", str(size))
        line.endheaders()
        with open(PLAN["cine"], "rb") as file:  # noqa: PTH123 - as plain as the rest
            file.seek(128)
            line.send(b"%0128d" % time.time_ns())
            while chunk := file.read(_CHUNK):
                line.send(chunk)
                gevent.sleep(0)
        sent = time.time()
        answer = line.getresponse()
        answer.read()
        line.close()
        SEEN.append({"upload": answer.status, "to sink": to_sink, "from": begun, "sent": sent, "to": time.time()})
        failed = None if answer.status in (200, 201, 202, 503) else RuntimeError(f"status {answer.status}")
        self.environment.events.request.fire(
            request_type="POST", name="cine", response_time=(time.time() - begun) * 1e3, response_length=size,
            exception=failed,
        )  # fmt: skip
        gevent.sleep(PLAN["upload_pause_s"])


def _leave(user: User) -> None:
    """End a user; with the last one locust ends."""
    BUSY[0] -= 1
    if BUSY[0] == 0:
        gevent.spawn(user.environment.runner.quit)
    raise StopUser


@events.quitting.add_listener
def write(**_: object) -> None:
    """Leave what was seen to whoever started this."""
    Path(PLAN["seen"]).write_text(json.dumps({"begin": BEGIN, "rows": SEEN}), encoding="utf-8")
