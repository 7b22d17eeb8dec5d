"""The disk is full, or read-only; the database is locked, or gone: nothing accepted is lost, nothing recorded twice."""

import resource
import sqlite3
import threading
import time
from pathlib import Path

import numpy as np
import orjson
import pytest
from starlette.testclient import TestClient

from service.errors import StoreUnreachable
from service.live.messages import FrameHeader, join_frame
from service.live.recording import RecordedSource, Recorder, RecordingLimits
from service.store.store import Store
from service.store.trouble import StoreUnwritable
from tests.faults.asking import DICOM, START, cine, ends, left_in, until
from tests.faults.disk import Disk
from tests.service.backends import PostgresCluster, new_database
from tests.service.conftest import StartApp, until_ready
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import INSIDE, picture

PICTURE = picture(INSIDE).tobytes()
NOISE = np.random.default_rng(0).integers(0, 255, (200, 240), dtype=np.uint8).tobytes()
"""A picture that no coding makes small."""


def upload(client: TestClient, content: bytes) -> tuple[int, str]:
    """Status of an upload, and its procedure's id or the code of its refusal."""
    answer = client.post("/v1/procedures", content=content, headers=DICOM)
    said = answer.json()
    return answer.status_code, said.get("id") or said["code"]


def readiness(client: TestClient) -> tuple[int, str]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json().get("detail", "")


def test_a_full_disk_refuses_and_goes_on_once_there_is_room(start_app: StartApp, disk: Disk) -> None:
    client, content = start_app(), cine()
    until_ready(client)
    before = upload(client, cine())[1]
    with client.websocket_connect("/v1/live") as socket:
        socket.send_text(orjson.dumps(START).decode())
        session = orjson.loads(socket.receive_text())["session"]
        disk.fill()
        assert upload(client, content) == (507, "store-unwritable")
        assert readiness(client)[0] == 507
        assert "disk is full: make room" in readiness(client)[1]
        assert client.get(f"/v1/procedures/{before}").json()["status"] == "done"
        disk.fill()  # with what was given back meanwhile
        kinds = []
        for sequence in range(4):
            if sequence == 3:
                disk.make_room()
            socket.send_bytes(join_frame(FrameHeader(sequence=sequence, captured_at=sequence), NOISE))
            said = orjson.loads(socket.receive_text())
            kinds.append(said.get("problem", {}).get("code") or said["type"])
        # What cannot be recorded is not answered; the session goes on, and its recording is whole.
        assert kinds == ["store-unwritable"] * 3 + ["answer"]
        socket.send_text('{"type": "end"}')
        assert orjson.loads(socket.receive_text())["procedure"] == f"/v1/procedures/{session}"
    assert readiness(client) == (200, "")
    status, procedure = upload(client, content)
    assert status == 201
    assert upload(client, content) == (200, procedure)
    until(lambda: client.get(f"/v1/procedures/{session}").json()["status"] == "done")
    store = Store(disk.folder)
    assert ends(store) == {before: 1, procedure: 1, session: 1}
    assert left_in(disk.folder) == []
    store.close()


def test_a_session_that_ends_on_a_full_disk_is_stored_later(
    start_app: StartApp, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.live.sessions._AGAIN_S", 0.2)
    client = start_app()
    with client.websocket_connect("/v1/live") as socket:
        socket.send_text(orjson.dumps(START).decode())
        session = orjson.loads(socket.receive_text())["session"]
        socket.send_bytes(join_frame(FrameHeader(sequence=0, captured_at=0), PICTURE))
        assert orjson.loads(socket.receive_text())["type"] == "answer"
        disk.fill()
        socket.send_text('{"type": "end"}')
        assert orjson.loads(socket.receive_text())["problem"]["code"] == "store-unwritable"
    disk.make_room()
    procedure = until(lambda: (got := client.get(f"/v1/procedures/{session}").json()).get("status") == "done" and got)
    assert procedure["frame_count"] == 1


def test_a_read_only_disk_says_so_and_works_again_once_it_is_not(start_app: StartApp, disk: Disk) -> None:
    client, content = start_app(), cine()
    until_ready(client)
    before = upload(client, cine())[1]
    client.app_state["services"].store.close()  # gives back connections alone: files open for writing keep a disk so
    disk.make("ro")
    assert upload(client, content) == (507, "store-unwritable")
    assert readiness(client)[0] == 507
    with pytest.raises(StoreUnwritable, match=r"read-only|cannot be opened"):
        Store(disk.folder)
    disk.make("rw")
    assert readiness(client) == (200, "")
    status, procedure = upload(client, content)
    assert status == 201
    store = Store(disk.folder)
    assert ends(store) == {before: 1, procedure: 1}
    store.close()


def test_a_recording_on_a_disk_that_fills_up_stays_whole(tmp_path: Path) -> None:
    """Without root: the process may write no file beyond a size, which is what a full disk looks like to it."""
    recorder = Recorder(tmp_path / "one.live", RecordingLimits(100, 100.0), {"session": "one"})
    header = {"captured_at": 0, "format": "grey8", "width": 240, "height": 200, "spacing_mm": None, "segment": 0}
    header["bmode_px"] = [0, 0, 240, 200]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept = []
    for sequence in range(6):
        limit = 2 * len(PICTURE) + 1000 if sequence in (2, 3) else soft
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            recorder.keep({**header, "sequence": sequence}, PICTURE)
            kept.append(sequence)
        except StoreUnwritable:
            recorder.note({"sequence": sequence, "age_ms": 1.0})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    recorder.close()
    assert kept == [0, 1, 4, 5]
    source = RecordedSource.opened(recorder.path)
    assert [record.header["sequence"] for record in source.records] == kept
    assert len(list(source.frames())) == 4


def test_another_process_that_starts_leaves_running_sessions_alone(start_app: StartApp, build_app: StartApp) -> None:
    client = start_app()
    with client.websocket_connect("/v1/live") as socket:
        socket.send_text(orjson.dumps(START).decode())
        session = orjson.loads(socket.receive_text())["session"]
        for sequence in range(2):
            socket.send_bytes(join_frame(FrameHeader(sequence=sequence, captured_at=sequence), PICTURE))
            socket.receive_text()
            if sequence == 0:
                with build_app() as other:
                    assert other.get(f"/v1/procedures/{session}").status_code == 404
        socket.send_text('{"type": "end"}')
        socket.receive_text()
    assert client.get(f"/v1/procedures/{session}").json()["frame_count"] == 2


def test_a_locked_database_is_waited_for(start_app: StartApp, tmp_path: Path) -> None:
    client = start_app()
    until(lambda: readiness(client) == (200, ""))
    lock = sqlite3.connect(tmp_path / "data" / "sonoplace.db", isolation_level=None, check_same_thread=False)
    lock.execute("BEGIN IMMEDIATE")
    status, why = readiness(client)
    assert (status, "database" in why) == (503, True)
    threading.Timer(0.5, lock.rollback).start()
    assert upload(client, cine())[0] == 201
    assert until(lambda: readiness(client) == (200, ""))
    lock.close()


def test_what_is_added_again_because_no_answer_came_is_kept_once(client: TestClient) -> None:
    address = f"/v1/procedures/{upload(client, cine())[1]}/follow-ups"
    first, second = {"visited_on": "2026-01", "pain": 3}, {"visited_on": "2026-02", "pain": 2}
    told = [client.post(address, json=visit).json() for visit in (first, first, second, second, first)]
    assert told[0] == told[1]
    kept = [answer["follow_up"]["visited_on"] for answer in client.get(address).json()]
    assert kept == ["2026-01", "2026-02", "2026-01"]  # what was said in between makes it a new word


def test_a_lock_that_is_kept_has_a_name(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store._database.writing() as session:
        session.connection().exec_driver_sql("PRAGMA busy_timeout=10")
    lock = sqlite3.connect(tmp_path / "sonoplace.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnreachable, match="another program keeps the database locked"):
        store.probe()
    lock.rollback()
    store.probe()
    lock.close()
    store.close()


def test_a_database_that_goes_away_is_waited_for(
    build_app: StartApp, cluster: PostgresCluster, segmenter: FakeSegmenter, tmp_path: Path
) -> None:
    with cluster.running():
        address = new_database(cluster.address)
    running = cluster.running()
    running.__enter__()
    with build_app(database_url=address) as client:
        first = upload(client, cine())[1]
        until_ready(client)
        segmenter.open.clear()  # the second one is accepted, and judged while the database is away
        second = client.post("/v1/procedures?wait=false", content=cine(), headers=DICOM).json()["id"]
        running.__exit__(None, None, None)
        segmenter.open.set()
        again = cine()
        assert upload(client, again) == (503, "store-unreachable")
        assert readiness(client) == (503, "the database does not answer: it is looked for again by itself")
        assert client.get("/livez").status_code == 200
        time.sleep(1.0)  # a try or two of the analysis fall into this
        with cluster.running():
            assert until(lambda: readiness(client) == (200, ""))
            status, third = upload(client, again)
            assert status == 201
            until(lambda: client.get(f"/v1/procedures/{second}").json()["status"] == "done")
            store = Store(tmp_path / "data", address)
            assert ends(store) == {first: 1, second: 1, third: 1}
            store.close()
