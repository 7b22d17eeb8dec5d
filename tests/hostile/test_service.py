"""Every hostile input through every door: a refusal by name or an answer, never a 500, and others are served too."""

import json
import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from service.decoding.limits import DecodingLimits
from tests.hostile import bombs, messages
from tests.hostile.attacked import Attacked, attacked, require_named
from tests.imaging.dicom.fixtures import dataset, grey, written
from tests.imaging.dicom.test_hostile import as_ultrasound
from tests.service.pictures import png

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
DICOM = "application/dicom"
RELATED = 'multipart/related; type="application/dicom"; boundary=b'
SLOW = re.compile("deflate, 1 GB|progressive|million regions|just within")
"""Runs into the limit of time, which one door is enough to show."""
_MOST_BYTES = 1_000_000_000
_MOST_S, _LONGEST_WAIT_S = 5.0, 30.0
"""Of clock and processor alike, and of the clock alone, which runs on where a machine does much else."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("attacked")) as running:
        yield running
    assert running.most_bytes < _MOST_BYTES, running.most_bytes
    slowest = max(running.attacks, key=lambda attack: attack.took_s)
    assert slowest.took_s < _MOST_S, slowest
    longest = max(running.attacks, key=lambda attack: attack.clock_s)
    assert longest.clock_s < _LONGEST_WAIT_S, longest
    assert running.neighbours
    assert set(running.neighbours) == {200}
    print(  # noqa: T201 - shown with -rP
        f"{len(running.attacks)} attacks, slowest {slowest}, longest {longest}, memory at most "
        f"{running.most_bytes / 1e6:.0f} MB, {len(running.neighbours)} neighbours answered, slowest "
        f"{running.neighbours_slowest_s:.2f} s"
    )


def shared_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The malformed files, as CT and as ultrasound: the damage further in is reached by the second alone."""
    for path in sorted((folder / "hostile").iterdir()):
        data = path.read_bytes()
        yield path.name, data
        if as_ultrasound(data) != data:
            yield f"{path.name} as ultrasound", as_ultrasound(data)


def stored(answer: Any, name: str) -> None:
    """Make sure that a store request was answered in DICOM's terms."""
    assert answer.status_code in (200, 202, 409, 503), (name, answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == "application/dicom+json"
    answer.json()


def related(data: bytes, head: bytes = b"Content-Type: application/dicom") -> bytes:
    return b"--b\r\n" + head + b"\r\n\r\n" + data + b"\r\n--b--\r\n"


def test_no_picture_may_take_longer_than_that() -> None:
    """The suite keeps decoders on a shorter leash than the service has: this is the service's own."""
    assert DecodingLimits().task_s < _MOST_S


def test_malformed_files(service: Attacked, shared_data: Path) -> None:
    seen = set()
    for name, data in shared_files(shared_data):
        seen.add(require_named(service.post(name, "/v1/frames", data, DICOM), name))
        require_named(service.post(name, "/v1/procedures?wait=false", data, DICOM), name)
        stored(service.post(name, "/dicom-web/studies", related(data), RELATED), name)
    assert {"", "unreadable-image", "unsupported-image"} <= seen


def test_bombs(service: Attacked) -> None:
    seen = set()
    for name, data in bombs.every_dicom():
        seen.add(require_named(service.post(name, "/v1/frames", data, DICOM), name))
        if not SLOW.search(name):
            require_named(service.post(name, "/v1/procedures?wait=false", data, DICOM), name)
            stored(service.post(name, "/dicom-web/studies", related(data), RELATED), name)
    assert {"", "unreadable-image", "image-too-large", "decoder-ended", "decoding-too-long", "bad-box"} <= seen


def test_slow_bombs_through_the_other_doors(service: Attacked) -> None:
    name = "a million regions"
    data = bombs.DICOM[name]()
    require_named(service.post(name, "/v1/procedures?wait=false", data, DICOM), name)
    stored(service.post(name, "/dicom-web/studies", related(data), RELATED), name)


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg"])
def test_pictures(service: Attacked, content_type: str) -> None:
    for name, data in bombs.every_picture():
        if data[:3] == b"\xff\xd8\xff" and content_type == "image/png" and SLOW.search(name):
            continue
        require_named(service.post(name, "/v1/frames", data, content_type), name)
        if not SLOW.search(name) and "gigabyte" not in name:
            require_named(service.post(name, "/v1/procedures?wait=false", data, content_type), name)


@pytest.mark.parametrize(("query", "body"), messages.GREY)
def test_grey_levels(service: Attacked, query: str, body: bytes) -> None:
    assert require_named(service.post(query, f"/v1/frames?{query}", body, "application/octet-stream"), query)


@pytest.mark.parametrize(
    ("name", "content_type", "body"), messages.MULTIPART, ids=[row[0] for row in messages.MULTIPART]
)
def test_multipart(service: Attacked, name: str, content_type: str, body: bytes, tmp_path: Path) -> None:
    answer = service.post(name, "/dicom-web/studies", body, content_type)
    if answer.headers["content-type"] != "application/dicom+json":
        assert require_named(answer, name)
    assert not list(tmp_path.parent.rglob("slipped*"))
    assert not Path("/tmp/slipped").exists()  # noqa: S108 - where the attack aims


@pytest.mark.parametrize(("name", "body"), messages.JSON.items(), ids=list(messages.JSON))
def test_json(service: Attacked, name: str, body: bytes) -> None:
    kept = service.client.post("/v1/procedures", content=written(dataset([grey()])), headers={"Content-Type": DICOM})
    path = f"{kept.headers['location']}/record"
    with service.attack(name):
        answer = service.client.put(path, content=body, headers={"Content-Type": "application/json"})
    assert require_named(answer, name) or name == "UTF-16"


@pytest.mark.parametrize("path", messages.PATHS)
def test_paths(service: Attacked, path: str) -> None:
    answer = service.client.get(path)
    assert answer.status_code in (400, 404, 422), (path, answer.status_code)
    assert b"root:" not in answer.content


def live(service: Attacked) -> ClientConnection:
    return connect(service.address.replace("http", "ws") + "/v1/live", open_timeout=30, max_size=None)


def test_live_pictures(service: Attacked) -> None:
    """Each is answered or refused by name, in one session that goes on."""
    pictures = [(name, data) for name, data in bombs.every_picture() if not SLOW.search(name) and "giga" not in name]
    with live(service) as line:
        line.send(json.dumps({"type": "start", "format": "png", "spacing_mm": [0.1, 0.1]}))
        assert json.loads(line.recv(30))["type"] == "started"
        for sequence, (name, data) in enumerate([*pictures, ("a picture", png())]):
            kind = "jpeg" if data[:2] == b"\xff\xd8" else "png"
            head = json.dumps({"sequence": sequence, "captured_at": sequence, "format": kind}).encode()
            with service.attack(name):
                line.send(struct.pack(">I", len(head)) + head + data)
                said = json.loads(line.recv(60))
            assert said["type"] in ("answer", "problem"), name
            assert said["type"] == "answer" or said["problem"]["status"] < 500, (name, said)
        assert said["type"] == "answer"


def close_code(line: ClientConnection, said: list[str | bytes]) -> int:
    try:
        for message in said:
            line.send(message)
        for _ in line:
            pass
    except ConnectionClosed:
        pass
    return line.close_code or 0


@pytest.mark.parametrize(("name", "said"), messages.LIVE.items(), ids=list(messages.LIVE))
def test_live_messages(service: Attacked, name: str, said: list[str | bytes]) -> None:
    """What is no message closes the connection with a name for it; the next one is welcome."""
    with service.attack(name), live(service) as line:
        # Of a message that is too long the server closes while it is still being sent.
        assert close_code(line, said) in messages.CLOSE_CODES | ({1006} if "40 MB" in name else set())
    with live(service) as line:
        line.send('{"type": "start"}')
        assert json.loads(line.recv(30))["type"] == "started"
        line.send('{"type": "end"}')
        assert json.loads(line.recv(30))["type"] == "ended"
