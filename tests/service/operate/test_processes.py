"""Two processes behind one address: one set of figures, one model, one stop; and their log."""

import json
import os
import signal
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.service.operate.running import Running, model_folder, service, until
from tests.service.pictures import dicom, picture, png

PNG = {"Content_Type": "image/png"}
STAGES = ("decode", "crop", "network", "measurement", "placement")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("processes")
    first = model_folder(folder / "models", "1.0")
    model_folder(folder / "models", "2.0")
    with service(folder, processes=2, model_dir=first, stop_notice_s=0.2) as running:
        yield running


def series(stage: str) -> str:
    return f'sonoplace_stage_seconds_count{{stage="{stage}"}}'


def processes(running: Running, event: str) -> set[int]:
    return {line["pid"] for line in running.lines() if line["event"] == event}


def test_figures_count_every_request_whichever_process_is_asked(running: Running) -> None:
    number = 0
    while len(processes(running, "request")) < 2 or number < 6:
        accept = "image/svg+xml" if number % 2 else "application/json"
        assert running.ask("v1/frames?spacing_mm=0.2", png(), Accept=accept, **PNG)[0] == 200
        number += 1
        assert number < 200, "one process never got a connection"
    asked = 'sonoplace_requests_total{method="POST",route="/v1/frames",status="200"}'
    until(lambda: running.metric(asked) == number)  # the last is counted once its answer has been sent
    for _ in range(6):
        assert running.metric(asked) == number
        assert {stage: running.metric(series(stage)) for stage in STAGES} == dict.fromkeys(STAGES, number)
        assert running.metric(series("overlay")) + running.metric(series("json")) == number
        assert running.metric(series("overlay")) == number // 2
    assert running.metric("sonoplace_ready") == 1


def test_every_line_of_a_request_has_its_id_whatever_thread_writes_it(running: Running) -> None:
    cine = dicom([picture(None), picture()])
    _, headers, _ = running.ask("v1/procedures", cine, Content_Type="application/dicom", X_Request_ID="night-shift-1")
    assert headers["x-request-id"] == "night-shift-1"
    _, headers, _ = running.ask("livez", X_Request_ID="no good id")
    made = headers["x-request-id"]

    def routes() -> dict[str, str]:
        return {line["request_id"]: line["route"] for line in running.lines() if line["event"] == "request"}

    until(lambda: {"night-shift-1", made} <= routes().keys())  # a line may be written after its answer
    assert routes()["night-shift-1"] == "/v1/procedures"
    assert routes()[made] == "/livez"
    assert "no good id" not in running.log.read_text()


def identities(running: Running) -> set[str]:
    return {running.json("v1/model")["identity"]["model_version"] for _ in range(8)}


def processes_with(running: Running, version: str) -> float:
    text = running.ask("metrics")[2].decode()
    found = [line.split()[-1] for line in text.splitlines() if f'version="{version}"' in line]
    return sum(map(float, found))


def test_a_live_session_goes_over_to_another_model_and_loses_no_frame(running: Running) -> None:
    assert identities(running) == {"1.0"}
    jpeg = png()
    with connect(running.address.replace("http", "ws") + "v1/live") as live:
        live.send(json.dumps({"type": "start", "format": "png", "spacing_mm": [0.2, 0.2]}))
        assert json.loads(live.recv())["type"] == "started"
        versions: list[str] = []
        until_s = time.monotonic() + 180
        while versions[-5:] != ["2.0"] * 5:
            number = len(versions)
            assert time.monotonic() < until_s, "the session never saw the other model"
            if number == 3:
                swapped = running.json("v1/model", b'{"model": "2.0"}', Content_Type="application/json")
                told = (swapped["before"]["model_version"], swapped["identity"]["model_version"])
                assert told == ("1.0", "2.0")
            head = json.dumps({"sequence": number, "captured_at": number}).encode()
            live.send(struct.pack(">I", len(head)) + head + jpeg)
            answer = json.loads(live.recv())
            assert (answer["type"], answer["live"]["sequence"]) == ("answer", number)
            assert (answer["live"]["dropped"], answer["live"]["lost"]) == (0, 0)
            versions.append(answer["identity"]["model_version"])
        live.send('{"type": "end"}')
        ended = json.loads(live.recv())
    assert versions == sorted(versions), "never back and forth"
    assert ended["frames"] == {
        "received": len(versions),
        "answered": len(versions),
        "failed": 0,
        "dropped": 0,
        "lost": 0,
    }
    until(lambda: processes_with(running, "2.0") == 2)
    assert processes_with(running, "1.0") == 0
    assert identities(running) == {"2.0"}


def test_a_model_that_cannot_take_over_changes_nothing(running: Running) -> None:
    broken = model_folder(Path(running.log.parent) / "models", "3.0")
    (broken / "model.onnx").write_bytes(b"no graph")
    for wanted, why in (("3.0", "its manifest expects"), ("4.0", "0 models answer")):
        status, _, body = running.ask(
            "v1/model", json.dumps({"model": wanted}).encode(), Content_Type="application/json"
        )
        refused = json.loads(body)
        assert (status, refused["code"]) == (409, "model-not-usable")
        assert why in refused["detail"]
    assert identities(running) == {"2.0"}


def test_a_hang_up_loads_the_configured_folder_again_in_every_process(running: Running) -> None:
    running.process.send_signal(signal.SIGHUP)
    until(lambda: processes_with(running, "1.0") == 2)
    assert identities(running) == {"1.0"}


def test_a_process_that_dies_is_replaced_and_its_figures_stay(running: Running) -> None:
    asked = 'sonoplace_requests_total{method="POST",route="/v1/frames",status="200"}'
    before = running.metric(asked)
    (victim, *_) = sorted(processes(running, "ready"))
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(processes(running, "ready")) == 3)
    assert running.ask("v1/frames?spacing_mm=0.2", png(), **PNG)[0] == 200
    until(lambda: running.metric(asked) == before + 1)  # counted once its answer has been sent
    until(lambda: processes_with(running, "1.0") == 2)


def test_all_stop_together(running: Running) -> None:
    assert running.stop(within_s=60) == 0
    host, port = running.address.removeprefix("http://").rstrip("/").split(":")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), 1)
    for pid in processes(running, "ready"):
        assert not Path(f"/proc/{pid}").exists()
