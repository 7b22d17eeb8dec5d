"""What is written down about every access, and what is done when it cannot be."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.access.errors import AccessLogUnwritable
from service.access.log import AccessLog, AccessRecord, Event
from service.access.log_reading import Wanted, read_log
from service.access.strangers import Strangers
from tests.service.access.conftest import Make, bearer
from tests.service.conftest import until_ready
from tests.service.pictures import dicom, picture

RECORD = AccessRecord(Event.ANSWERED, "key:0123456789ab", "GET /v1/procedures", 200)
NAME = "Featherstonehaugh"


def lines(folder: Path, **wanted: Any) -> list[dict[str, Any]]:
    return list(read_log(folder, Wanted(**wanted)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a service that runs in this test writes its log."""
    return tmp_path / "data" / "access"


def told(folder: Path, **wanted: Any) -> list[tuple[Any, ...]]:
    return [
        tuple(line.get(name) for name in ("event", "who", "what", "outcome", "code"))
        for line in lines(folder, **wanted)
    ]


def test_every_access_is_written_down_refused_ones_too(guarded: TestClient, make: Make, folder: Path) -> None:
    key, reviewer = make("workstation", "reviewer"), make("reviewer")
    who, other = (f"key:{one.split('_')[1]}" for one in (key, reviewer))
    posted = guarded.post(
        "/v1/procedures?wait=true",
        content=dicom([picture()]),
        headers=bearer(key) | {"Content-Type": "application/dicom", "X-Request-ID": "request-0001", "User-Agent": NAME},
    )
    name = posted.json()["id"]
    guarded.get(f"/v1/procedures/{name}?who={NAME}", headers=bearer(key))
    guarded.get(f"/v1/procedures/{NAME}", headers=bearer(key))
    guarded.get("/metrics", headers=bearer(reviewer))
    guarded.get(f"/v1/procedures?name={NAME}", headers=bearer("sonoplace_000000000000_" + "s" * 43))
    guarded.get(f"/{NAME}", headers=bearer(key))
    guarded.post("/v1/frames", headers=bearer(key) | {"Origin": f"https://{NAME}.example"})
    with guarded.websocket_connect("/v1/live", headers=bearer(key)) as socket:
        socket.close(1000)
    one = "/v1/procedures/{procedure_id}"
    assert told(folder) == [
        ("begun", who, "POST /v1/procedures", None, None),
        ("answered", who, "POST /v1/procedures", 201, None),
        ("answered", who, f"GET {one}", 422, None),
        ("answered", who, f"GET {one}", 404, None),
        ("refused", other, "GET /metrics", 403, "forbidden"),
        ("refused", "-", "GET /v1/procedures", 401, "unauthenticated"),
        ("refused", who, "GET (unlisted)", 404, "not-found"),
        ("refused", "-", "POST /v1/frames", 403, "foreign-origin"),
        ("begun", who, "WEBSOCKET /v1/live", None, None),
        ("ended", who, "WEBSOCKET /v1/live", 1000, None),
    ]
    assert [line.get("procedure_id") for line in lines(folder, what=one)] == [name, None]
    assert {line["peer"] for line in lines(folder)} == {"testclient"}
    whole = next(folder.glob("*.jsonl")).read_text()
    assert NAME not in whole
    assert key[-43:] not in whole
    assert "s" * 43 not in whole
    guarded.get("/livez")
    guarded.get("/")
    assert next(folder.glob("*.jsonl")).read_text() == whole  # the page and the probes are not accesses


def test_nothing_is_changed_that_cannot_be_written_down(guarded: TestClient, make: Make, folder: Path) -> None:
    headers = bearer(make("workstation", "auditor")) | {"Content-Type": "application/dicom"}
    until_ready(guarded)
    before = guarded.get("/v1/procedures", headers=headers)
    assert before.json()["total"] == 0
    day = next(folder.glob("*.jsonl"))
    day.unlink()
    day.mkdir()  # whoever runs as root may write anything but a folder
    refused = guarded.post("/v1/procedures", content=dicom([picture()]), headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (503, "access-log-unwritable")
    assert refused.headers["retry-after"]
    unready = guarded.get("/readyz")
    assert (unready.status_code, unready.json()["code"]) == (503, "access-log-unwritable")
    with guarded.websocket_connect("/v1/live", headers=headers) as socket:
        assert socket.receive_json()["problem"]["code"] == "access-log-unwritable"
    assert guarded.get("/v1/procedures", headers=headers).json()["total"] == 0  # what changes nothing is answered
    assert "sonoplace_access_unwritten_total 3.0" in guarded.get("/metrics", headers=headers).text
    day.rmdir()
    assert guarded.post("/v1/procedures", content=dicom([picture()]), headers=headers).status_code == 201


def test_a_line_is_added_and_no_other_touched(tmp_path: Path) -> None:
    log, other = AccessLog(tmp_path), AccessLog(tmp_path)
    for number in range(50):
        (log if number % 2 else other).write(RECORD)
    assert len(lines(tmp_path)) == 50
    path = next(tmp_path.iterdir())
    assert path.stat().st_mode & 0o777 == 0o600
    path.rename(tmp_path / "2001-01-01.jsonl")
    log.write(RECORD)  # goes on in the file that was moved
    assert len(lines(tmp_path)) == 51
    (tmp_path / "2001-01-01.jsonl").unlink()
    log.write(RECORD)  # but never into one that nobody can read any more
    assert len(lines(tmp_path)) == 1
    log.close()
    other.close()


def test_a_full_disk_leaves_no_torn_line_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, whole = AccessLog(tmp_path), os.write
    log.write(RECORD)
    monkeypatch.setattr(os, "write", lambda file, content: whole(file, content[:20]))
    with pytest.raises(AccessLogUnwritable, match="disk full"):
        log.write(RECORD)
    monkeypatch.setattr(os, "write", whole)
    log.write(RECORD)
    log.close()
    assert ["unreadable" in line for line in lines(tmp_path)] == [False, True, False]


def test_what_a_line_says() -> None:
    line = json.loads(RECORD.line(datetime(2026, 11, 22, 8, 30, tzinfo=UTC)))
    assert line == {
        "at": "2026-11-22T08:30:00.000+00:00",
        "event": "answered",
        "who": "key:0123456789ab",
        "what": "GET /v1/procedures",
        "outcome": 200,
    }


def test_filters(tmp_path: Path) -> None:
    for day, who, outcome, event in (
        ("2026-11-20", "key:a", 200, "answered"),
        ("2026-11-21", "key:a", 404, "answered"),
        ("2026-11-21", "-", 401, "refused"),
        ("2026-11-22", "key:b", 4403, "refused"),
        ("2026-11-22", "key:b", 1000, "ended"),
        ("2026-11-22", "key:b", None, "begun"),
    ):
        line = {"who": who, "what": f"GET /{who}", "outcome": outcome, "event": event, "procedure_id": day}
        with (tmp_path / f"{day}.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
    for wanted, expected in (
        ({}, [200, 404, 401, 4403, 1000, None]),
        ({"who": "key:a"}, [200, 404]),
        ({"what": "/key:b"}, [4403, 1000, None]),
        ({"what": "2026-11-20"}, [200]),
        ({"refused": True}, [404, 401, 4403]),
        ({"since": date(2026, 11, 21)}, [404, 401, 4403, 1000, None]),
        ({"until": date(2026, 11, 20)}, [200]),
    ):
        assert [line["outcome"] for line in lines(tmp_path, **wanted)] == expected, wanted


def test_a_flood_does_not_fill_the_disk(guarded: TestClient, folder: Path) -> None:
    guarded.app_state["services"].access._strangers = Strangers(lambda: 0.0)  # no second passes
    for number in range(60):
        guarded.get("/v1/procedures")
        if number > 30:
            guarded.post("/v1/procedures", headers={"Origin": "https://evil.example"})
    found = lines(folder)
    assert len(found) == 20 + 1  # the tries that anybody has, and one line for the rest of the second
