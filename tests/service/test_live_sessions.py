"""Live sessions beyond their connections: idle, resting, cut off, recorded and thinned."""

import csv
import io
import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Literal

import orjson
import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

import service.live.recording
from imaging.errors import BadInput
from imaging.frame import Frame
from imaging.geometry import BoxPx
from service.live.judge import Bmode
from service.live.messages import FrameHeader, join_frame
from service.live.recording import RecordedSource, Recorder, RecordingLimits, read_records
from service.live.wire import LiveRecord
from service.wire import ProcedureAnswer
from tests.service.conftest import StartApp
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import INSIDE, dicom, picture, png

START = '{"type": "start", "format": "png", "spacing_mm": [0.2, 0.2]}'
PICTURE = png(INSIDE)
HEADER = {"captured_at": 5, "format": "png", "width": 240, "height": 200, "spacing_mm": [0.2, 0.3], "segment": 0}


def start(socket: WebSocketTestSession, message: str = START) -> str:
    socket.send_text(message)
    return str(orjson.loads(socket.receive_text())["session"])


def ask(socket: WebSocketTestSession, sequence: int) -> dict:
    socket.send_bytes(join_frame(FrameHeader(sequence=sequence, captured_at=sequence), PICTURE))
    return dict(orjson.loads(socket.receive_text()))


def refusal(socket: WebSocketTestSession) -> tuple[str, int]:
    """Code of the last word, and of the close frame."""
    code = orjson.loads(socket.receive_text())["problem"]["code"]
    with pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_text()
    return code, closed.value.code


def judged(client: TestClient, procedure_id: str) -> ProcedureAnswer:
    """Stored procedure, once it is there and done."""
    until_s = time.monotonic() + 120
    while time.monotonic() < until_s:
        response = client.get(f"/v1/procedures/{procedure_id}")
        if response.status_code == 200 and response.json()["status"] == "done":
            return ProcedureAnswer.model_validate(response.json(), strict=False)
        time.sleep(0.02)
    return pytest.fail("there is no such procedure")


def test_idle_connections_are_closed_and_their_sessions_end(start_app: StartApp) -> None:
    client = start_app(live_idle_s=4.0, live_resume_s=0.1)
    with client.websocket_connect("/v1/live") as socket:
        session = start(socket)
        assert ask(socket, 0)["placement"]["verdict"] == "inside"
        assert refusal(socket) == ("session-idle", 4408)
    assert judged(client, session).frame_count == 1
    with client.websocket_connect("/v1/live") as socket:
        socket.send_text(START.replace("{", f'{{"session": "{session}", ', 1))
        assert refusal(socket) == ("not-found", 4404)


def test_connections_have_a_longest_life(start_app: StartApp) -> None:
    with start_app(live_life_s=1.5).websocket_connect("/v1/live") as socket:
        start(socket)
        assert refusal(socket) == ("session-too-long", 4408)


def test_resting_sessions_make_room_for_new_ones(start_app: StartApp) -> None:
    client = start_app(live_sessions=1)
    with client.websocket_connect("/v1/live") as first:
        session = start(first, START.replace("{", '{"transducer": "linear", ', 1))
        ask(first, 0)
        with client.websocket_connect("/v1/live") as second:
            second.send_text(START)
            assert refusal(second) == ("busy", 1013)
    with client.websocket_connect("/v1/live") as third:
        start(third)
        assert judged(client, session).verdict == "probable"
    (row,) = csv.DictReader(io.StringIO(client.get("/v1/exports/procedures.csv").text))
    assert (row["transducer"], row["scanner"]) == ("linear", "")


def test_a_session_goes_on_over_another_connection(start_app: StartApp) -> None:
    client = start_app()
    with client.websocket_connect("/v1/live") as first:
        session = start(first)
        again = START.replace("{", f'{{"session": "{session}", ', 1)
        ask(first, 4)
        with client.websocket_connect("/v1/live") as second:
            second.send_text(again)
            started = orjson.loads(second.receive_text())
            assert (started["resumed"], started["next_sequence"]) == (True, 5)
            assert refusal(first) == ("taken-over", 4409)
            assert ask(second, 5)["track"]["statistics"]["frames"] == 2
    with client.websocket_connect("/v1/live") as third:
        assert start(third, again) == session
        assert ask(third, 6)["live"]["lost"] == 0


def test_what_cannot_be_judged_is_answered(start_app: StartApp) -> None:
    with start_app().websocket_connect("/v1/live") as socket:
        start(socket)
        for sequence, (content, said, code) in enumerate(
            [
                (PICTURE[:80], {}, "unreadable-image"),
                (b"", {}, "unreadable-image"),
                (PICTURE, {"format": "jpeg"}, "media-type-mismatch"),
                (PICTURE, {"format": "grey8"}, "bad-message"),
                (bytes(6), {"width": 2, "height": 2}, "unreadable-image"),
            ]
        ):
            header = orjson.dumps({"sequence": sequence, "captured_at": 1, **said})
            socket.send_bytes(join_frame(FrameHeader.model_validate_json(header), content))
            assert orjson.loads(socket.receive_text())["problem"]["code"] == code


def test_the_rectangle_is_looked_for_less_and_less_often() -> None:
    grey = picture()
    seen: list[Bmode] = []
    for _ in range(20):
        seen.append(Bmode.seen(seen[-1] if seen else None, grey))
    found = [at for at, (one, next_one) in enumerate(itertools.pairwise(seen), 1) if one.box is not next_one.box]
    assert found == [1, 3, 7, 15]
    assert Bmode.seen(seen[-1], grey[:-10]).height == len(grey) - 10


def test_the_protocol_knows_no_web_framework() -> None:
    banned = ("fastapi", "starlette", "sqlalchemy")
    code = f"import service.live.session, sys; print([m for m in {banned} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    assert result.stdout.strip() == "[]"


def test_sessions_without_a_judged_frame_leave_nothing(start_app: StartApp, tmp_path: Path) -> None:
    client = start_app()
    with client.websocket_connect("/v1/live") as socket:
        start(socket)
        socket.send_text('{"type": "end"}')
        ended = orjson.loads(socket.receive_text())
    assert (ended["procedure"], ended["frames"]["received"]) == (None, 0)
    assert client.get("/v1/procedures").json()["total"] == 0
    assert not list((tmp_path / "data" / "live").iterdir())


def test_a_stop_ends_sessions_as_procedures(build_app: StartApp) -> None:
    with build_app() as client, client.websocket_connect("/v1/live") as socket:
        session = start(socket, START.replace("{", '{"name": "left-knee-7", ', 1))
        ask(socket, 0)
    with build_app() as client:
        assert judged(client, session).verdict == "probable"


def test_a_crash_loses_only_the_record_it_cut(build_app: StartApp, tmp_path: Path, segmenter: FakeSegmenter) -> None:
    folder = tmp_path / "data" / "live"
    folder.mkdir(parents=True)
    recording(folder / f"{'c' * 32}.live", 3)
    whole = (folder / f"{'c' * 32}.live").read_bytes()
    (folder / f"{'c' * 32}.live").write_bytes(whole[:-100])
    (folder / f"{'d' * 32}.live").write_bytes(whole[:20])
    with build_app() as client:
        assert judged(client, "c" * 32).frame_count == 2
        assert client.get("/v1/procedures").json()["total"] == 1


def lost_in(whole: bytes, at: int, length: int) -> bytes:
    return whole[:at] + bytes(length) + whole[at + length :]


@pytest.mark.parametrize(
    ("damage", "left"),
    [
        (lambda whole: whole + bytes(4096), 3),
        (lambda whole: lost_in(whole, whole.rindex(b"\x89PNG"), 4096)[: len(whole)], 2),
        (lambda whole: lost_in(whole, whole.rindex(b'{"captured_at"'), 8), 2),
        (lambda whole: lost_in(whole, whole.index(b"\x89PNG"), 8), 2),
        (lambda whole: whole.replace(b'{"session"', b"[[session]", 1), 3),
    ],
    ids=["zeros behind it", "no last picture", "no last header", "no first picture", "no word of the session"],
)
def test_a_machine_that_lost_power_costs_the_pictures_it_lost_and_no_other(
    damage: Callable[[bytes], bytes], left: int, build_app: StartApp, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "live" / f"{'e' * 32}.live"
    path.parent.mkdir(parents=True)
    recording(path, 3)
    path.write_bytes(damage(path.read_bytes()))
    with build_app() as client:
        assert judged(client, "e" * 32).frame_count == left


def recording(path: Path, frames: int, limits: RecordingLimits | None = None) -> None:
    recorder = Recorder(path, limits or RecordingLimits(100, 100.0), {"session": path.stem})
    for sequence in range(frames):
        recorder.keep({**HEADER, "sequence": sequence, "bmode_px": [0, 0, 240, 200]}, PICTURE)
        recorder.note({"sequence": sequence, "age_ms": 1.5})
    recorder.close()
    recorder.close()
    recorder.keep({**HEADER, "sequence": frames}, PICTURE)  # too late: let go


def test_recordings_tell_how_each_frame_was_answered(tmp_path: Path) -> None:
    recording(tmp_path / "one", 2)
    records = read_records(tmp_path / "one")
    assert [record.is_picture for record in records] == [False, True, False, True, False]
    assert records[-1].header == {"sequence": 1, "age_ms": 1.5}
    frame = RecordedSource.opened(tmp_path / "one").frame(1)
    assert frame.spacing is not None
    assert (frame.index, frame.captured_at_ns, frame.spacing.column_mm) == (1, 5, 0.3)


@pytest.mark.parametrize("limits", [RecordingLimits(8, 100.0), RecordingLimits(1000, 8 * (len(PICTURE) + 200) / 1e6)])
def test_long_recordings_are_thinned_evenly(tmp_path: Path, limits: RecordingLimits) -> None:
    recording(tmp_path / "long", 100, limits)
    kept = [record.header["sequence"] for record in read_records(tmp_path / "long") if record.is_picture]
    steps = {after - before for before, after in itertools.pairwise(kept)}
    assert kept[0] == 0
    assert len(kept) < 9
    assert len(steps) == 1
    assert kept[-1] + steps.pop() >= 100


@pytest.mark.parametrize("coded_beside", [True, False])
def test_pictures_are_coded_beside_the_network_or_after_it(tmp_path: Path, coded_beside: bool) -> None:
    recorder = Recorder(tmp_path / "one", RecordingLimits(2, 9.0, coded_beside=coded_beside), {})
    frame = Frame(picture(INSIDE), None, BoxPx(0, 0, 240, 200))
    for sequence in range(3):
        recorder.keep({**HEADER, "sequence": sequence, "bmode_px": [0, 0, 240, 200]}, recorder.code(frame)())
    assert recorder.code(frame)() == b""  # every second one is let go by now
    recorder.close()
    kept = list(RecordedSource.opened(tmp_path / "one").frames())
    assert all((one.pixels == frame.pixels).all() for one in kept)
    assert len(kept) > 0


def test_recordings_with_bytes_that_are_no_picture(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "bad", RecordingLimits(9, 9.0), {})
    recorder.keep({**HEADER, "sequence": 0, "bmode_px": [0, 0, 240, 200]}, PICTURE[:50])
    recorder.close()
    with pytest.raises(BadInput):
        list(RecordedSource.opened(tmp_path / "bad").frames())


def test_the_ages_of_a_session_s_answers_can_be_asked_for(start_app: StartApp) -> None:
    client = start_app()
    with client.websocket_connect("/v1/live") as socket:
        session = start(socket)
        told = [ask(socket, sequence)["live"] for sequence in (0, 1, 4)]
        socket.send_text('{"type": "end"}')
        assert orjson.loads(socket.receive_text())["procedure"] == f"/v1/procedures/{session}"
    kept = client.get(f"/v1/procedures/{session}/live").json()
    assert kept["answers"] == told
    assert [answer.lost for answer in LiveRecord.model_validate(kept, strict=False).answers] == [0, 0, 2]
    cine = client.post("/v1/procedures", content=dicom([picture()])).json()["id"]
    assert client.get(f"/v1/procedures/{cine}/live").json()["code"] == "not-found"
    assert client.get("/v1/procedures/none/live").status_code in (404, 422)


def test_a_recording_is_locked_before_another_start_can_see_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[Path]] = []
    lock = service.live.recording.locked_file

    def looked_at(path: Path, mode: Literal["x+b", "r+b"]) -> FileIO:
        file = lock(path, mode)
        seen.append(list(tmp_path.glob("*.live")))
        return file

    monkeypatch.setattr(service.live.recording, "locked_file", looked_at)
    recorder = Recorder(tmp_path / "one.live", RecordingLimits(9, 9.0), {"session": "one"})
    assert (seen, list(tmp_path.iterdir())) == ([[]], [tmp_path / "one.live"])
    with pytest.raises(BlockingIOError):
        lock(tmp_path / "one.live", "r+b")
    recorder.close()
