"""How live connections end that nobody ended: an error that nobody expected, a frame that is too large, a stop."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from imaging.frame import Frame
from imaging.segmentation import Segmentation
from service.client.calls import Refused
from service.client.live import AsyncLive, Live, LiveExchange
from service.http import problems
from service.live.messages import FrameHeader, Start, join_frame
from service.operation.errors import ServiceStopping
from service.stream.feed import StreamPlan, stream
from service.stream.sources import FrameSource
from tests.service.conftest import StartApp
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import png

START = {"type": "start", "format": "png", "spacing_mm": [0.2, 0.2]}


class FailingSegmenter(FakeSegmenter):
    """Fails as nobody expects, once it is told to."""

    fails = False

    def segment(self, frame: Frame) -> Segmentation:
        if self.fails:
            msg = "Featherstonehaugh"
            raise ValueError(msg)
        return super().segment(frame)


def said(socket: WebSocketTestSession, **message: Any) -> dict[str, Any]:
    """Answer to a text message."""
    socket.send_text(orjson.dumps(message).decode())
    return dict(orjson.loads(socket.receive_text()))


def ask(socket: WebSocketTestSession, sequence: int) -> dict[str, Any]:
    socket.send_bytes(join_frame(FrameHeader(sequence=sequence, captured_at=sequence), png()))
    return dict(orjson.loads(socket.receive_text()))


def test_an_unexpected_error_is_told_and_closes(start_app: StartApp, capsys: pytest.CaptureFixture[str]) -> None:
    judge = FailingSegmenter()
    client = start_app(judge=judge)
    with client.websocket_connect("/v1/live", headers={"X-Request-ID": "request-0001"}) as socket:
        session = said(socket, **START)["session"]
        assert ask(socket, 0)["type"] == "answer"
        judge.fails = True
        last = ask(socket, 1)
        assert (last["type"], last["sequence"], last["problem"]["code"]) == ("problem", None, "unexpected")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
        assert (closed.value.code, closed.value.reason.split(":")[0]) == (1011, "unexpected")
    logged = "".join(capsys.readouterr())
    assert "ValueError" in logged
    assert "request-0001" in logged
    assert "Featherstonehaugh" not in logged + str(last) + closed.value.reason
    judge.fails = False
    with client.websocket_connect("/v1/live") as socket:
        assert said(socket, **START, session=session)["next_sequence"] == 2
        assert ask(socket, 2)["live"]["dropped"] == 0
        frames = said(socket, type="end")["frames"]
    assert frames == {"received": 3, "answered": 2, "failed": 1, "dropped": 0, "lost": 0}


@pytest.mark.parametrize(
    ("wrong", "code"), [({"bmode_px": [4, 0, 4, 2]}, "bad-message"), ({"spacing_mm": [0.01, 1.0]}, "bad-spacing")]
)
def test_who_cannot_go_on_takes_no_session_over(client: TestClient, wrong: dict[str, Any], code: str) -> None:
    with client.websocket_connect("/v1/live") as first:
        session = said(first, **START)["session"]
        with client.websocket_connect("/v1/live") as second:
            assert said(second, **{**START, **wrong, "session": session})["problem"]["code"] == code
        answer = ask(first, 0)
    assert answer["calibration"]["spacing_mm"] == [0.2, 0.2]
    with client.websocket_connect("/v1/live") as third:
        assert said(third, **START, session=session)["next_sequence"] == 1


def test_an_unexpected_error_before_the_handshake_is_a_problem(start_app: StartApp) -> None:
    client = start_app()

    @client.app.websocket("/fails")
    async def fails() -> None:
        raise ValueError

    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/fails"):
        pytest.fail("it was accepted")
    assert (refused.value.status_code, refused.value.json()["code"]) == (500, "unexpected")


def test_frames_are_taken_up_to_the_setting_and_larger_ones_refused_by_name(server_process: str) -> None:
    async def answered(url: str, megabytes: int) -> tuple[list[dict[str, Any]], int | None, str]:
        """What is said of a frame of this size, and how the connection ends."""
        async with connect(url) as socket:
            await socket.send(orjson.dumps(START).decode())
            await socket.recv()
            with suppress(ConnectionClosed):  # in the midst of the frame
                await socket.send(join_frame(FrameHeader(sequence=0, captured_at=0), bytes(megabytes * 1_000_000)))
                await socket.send('{"type": "end"}')
            told = [orjson.loads(message) async for message in told_by(socket)]
            return told, socket.close_code, socket.close_reason or ""

    url = f"ws{server_process.removeprefix('http')}/v1/live"
    taken, code, _ = asyncio.run(answered(url, 17))
    assert [message["type"] for message in taken] == ["problem", "ended"]
    assert (taken[0]["sequence"], taken[0]["problem"]["code"], code) == (0, "media-type-mismatch", 1000)
    refused, code, reason = asyncio.run(answered(url, 33))
    assert [(message["sequence"], message["problem"]["code"]) for message in refused] == [(None, "payload-too-large")]
    assert (code, reason) == (1009, "payload-too-large: the body is over the limit of 32 MB")


async def told_by(socket: ClientConnection) -> AsyncIterator[str | bytes]:
    """Messages until the connection is closed, however."""
    with suppress(ConnectionClosed):
        while True:
            yield await socket.recv()


STARTED = {"type": "started", "session": "a" * 32, "resumed": False, "next_sequence": 0, "segment": 0, "received_at": 1}
COUNTS = {"received": 2, "answered": 1, "failed": 0, "dropped": 1, "lost": 0}
ENDED = {"type": "ended", "session": "a" * 32, "frames": COUNTS, "procedure": f"/v1/procedures/{'a' * 32}"}
STOPPING = problems.last_word(ServiceStopping("it ends"), "/v1/live").decode()
REASON = problems.close_words(ServiceStopping("it ends"))["reason"]
TOLD = "service-stopping: the service is being stopped: it ends"


@contextmanager
def service_that_says(*messages: str, reason: str = REASON) -> Iterator[str]:
    """Address of something that answers a start so, and closes."""

    def answer(socket: ServerConnection) -> None:
        socket.recv()
        for message in messages:
            socket.send(message)
        socket.close(1012, reason)

    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1/live"
        server.shutdown()
        thread.join()


def heard_waiting(url: str) -> LiveExchange:
    with Live(url, Start()) as live, pytest.raises(Refused) as refused:
        list(live)
    assert str(refused.value) == TOLD
    return live


def heard_in_a_loop(url: str) -> LiveExchange:
    async def hear() -> LiveExchange:
        async with AsyncLive(url, Start()) as live:
            with pytest.raises(Refused) as refused:
                [said async for said in live]
        assert str(refused.value) == TOLD
        return live

    return asyncio.run(hear())


@pytest.mark.parametrize("heard", [heard_waiting, heard_in_a_loop])
@pytest.mark.parametrize(
    ("messages", "kept"),
    [
        ([STOPPING, json.dumps(ENDED)], True),
        ([STOPPING], False),
        ([], False),
    ],
    ids=["why, then the end", "why alone", "a close frame alone"],
)
def test_a_client_of_a_service_that_stops_hears_all_it_says(
    heard: Callable[[str], LiveExchange], messages: list[str], kept: bool
) -> None:
    with service_that_says(json.dumps(STARTED), *messages) as url:
        live = heard(url)
    assert (live.ended is not None) == kept
    if live.ended is not None:
        assert (live.ended.frames.received, live.ended.procedure) == (2, ENDED["procedure"])


@pytest.mark.parametrize(
    ("messages", "reason", "told"),
    [([STOPPING], REASON, TOLD), ([], REASON, TOLD), ([], "words", "closed: 1012 (service restart) words")],
)
def test_who_is_refused_at_once_hears_why(messages: list[str], reason: str, told: str) -> None:
    with service_that_says(*messages, reason=reason) as url, pytest.raises(Refused) as refused:
        Live(url, Start()).__enter__()
    assert str(refused.value) == told


def test_a_stream_into_a_service_that_stops_tells_what_became_of_it() -> None:
    with service_that_says(json.dumps(STARTED), STOPPING, json.dumps(ENDED)) as url:
        never = FrameSource(lambda: iter(()), None, None)
        summary = asyncio.run(stream(never, StreamPlan(url), lambda _summary, _said: None))
    assert (summary.procedure, summary.dropped, summary.refused) == (ENDED["procedure"], 1, TOLD)
