"""``WS /v1/live`` on a real server process, over a real socket."""

import asyncio
import json
import time

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from service.client.calls import Picture
from service.client.client import AsyncClient, AsyncLive, LiveAnswer, LiveProblem, Refused, Start
from service.live.messages import FrameFormat, FrameHeader, join_frame
from service.wire import ProcedureAnswer
from tests.service.pictures import BELOW, HEIGHT, WIDTH, encoded, picture, png

JPEG = encoded(".jpg", picture())
START = Start(spacing_mm=(0.2, 0.2), overlay="svg", stale_after_ms=5000.0)


@pytest.fixture
def server(server_process: str) -> str:
    return server_process


def live_url(server: str) -> str:
    return "ws" + server.removeprefix("http") + "/v1/live"


async def streamed(server: str, pictures: list[Picture], fps: float) -> tuple[AsyncLive, list]:
    """Session of these pictures at a rate, and its answers."""
    async with AsyncClient(server) as client, client.live(START) as live:

        async def send() -> None:
            begun = time.monotonic()
            for index, content in enumerate(pictures):
                await live.send(content)
                await asyncio.sleep(max(0.0, begun + (index + 1) / fps - time.monotonic()))
            await live.end()

        async with asyncio.TaskGroup() as group:
            group.create_task(send())
            answers = [answer async for answer in live]
    return live, answers


async def one_by_one(server: str, pictures: list[Picture], start: Start) -> tuple[AsyncLive, list]:
    """Session of these pictures, each sent once the one before it is answered, and its answers."""
    async with AsyncClient(server) as client, client.live(start) as live:
        answers = []
        for content in pictures:
            await live.send(content)
            answers.append(await anext(aiter(live)))
        await live.end()
        async for _ in live:
            pytest.fail("nothing was sent")
    return live, answers


async def stored(server: str, live: AsyncLive) -> ProcedureAnswer:
    """Procedure of an ended session, once it has been judged again."""
    assert live.ended is not None
    assert live.ended.procedure == f"/v1/procedures/{live.started.session}"
    async with AsyncClient(server) as client:
        while (procedure := await client.procedure(live.started.session)).status in ("queued", "running"):
            await asyncio.sleep(0.05)
    return procedure


def require_all_accounted(live: AsyncLive, answers: list[LiveAnswer | LiveProblem]) -> None:
    facts = [answer.live for answer in answers if answer.live is not None]
    sequences = [fact.sequence for fact in facts]
    assert live.ended is not None
    frames = live.ended.frames
    assert sequences == sorted(set(sequences))
    assert frames.received == live.sent == len(facts) + frames.dropped
    assert frames.answered + frames.failed == len(facts)
    assert frames.dropped == sum(fact.dropped for fact in facts)
    assert sequences[-1] == live.sent - 1  # the newest is always answered


def test_thirty_frames_a_second_for_five_seconds(server: str) -> None:
    live, answers = asyncio.run(streamed(server, [JPEG] * 150, fps=30.0))
    require_all_accounted(live, answers)
    assert {answer.placement.verdict for answer in answers} == {"inside"}
    assert all(answer.overlay_svg.startswith("<svg") and not answer.live.stale for answer in answers)
    assert answers[-1].track.statistics.needle_frames == len(answers)
    assert {answer.live.lost for answer in answers} == {0}


def test_overload_drops_and_counts(server: str) -> None:
    live, answers = asyncio.run(streamed(server, [picture()] * 300, fps=200.0))
    require_all_accounted(live, answers)
    assert live.ended.frames.dropped > 0
    # One frame in work and one waiting: whatever is offered, an answer is at most two works old, and the last one is
    # as young as the first ones were.
    ages = [answer.live.age_ms for answer in answers]
    work = [answer.timing_ms["total"] for answer in answers]
    assert sorted(ages)[len(ages) // 2] < 4 * max(work)


def test_live_answers_are_found_again_in_the_procedure(server: str) -> None:
    pictures: list[Picture] = [png(BELOW), encoded(".jpg", picture(BELOW)), picture(None), png(BELOW)]
    measured = START.model_copy(update={"spacing_source": "ruler"})
    live, answers = asyncio.run(one_by_one(server, pictures, measured))
    assert [answer.calibration.source for answer in answers] == ["ruler"] * 4
    procedure = asyncio.run(stored(server, live))
    assert (procedure.status, procedure.frame_count, procedure.verdict) == ("done", 4, "extra_articular")

    async def compare() -> None:
        async with AsyncClient(server) as client:
            for index, answer in enumerate(answers):
                again = await client.procedure_frame(procedure.id, index)
                assert again.frame.pixels_sha256 == answer.frame.pixels_sha256
                assert again.frame.captured_at == answer.frame.captured_at
                for part in ("calibration", "view", "recess", "needle", "placement", "identity"):
                    assert getattr(again, part) == getattr(answer, part), part

    asyncio.run(compare())


def test_a_new_scale_begins_a_segment(server: str) -> None:
    async def run() -> list[LiveAnswer]:
        async with AsyncLive(live_url(server), START) as live:
            answers = []
            for sequence, said in enumerate([{}, {"spacing_mm": (0.3, 0.3)}, {}, {"spacing_mm": None}]):
                await live.send(JPEG, header=FrameHeader(sequence=sequence, captured_at=sequence, **said))
                answers.append(await anext(aiter(live)))
            return answers

    answers = asyncio.run(run())
    assert [answer.live.segment for answer in answers] == [0, 1, 1, 2]
    assert [answer.live.reasons for answer in answers] == [[], ["SCALE_CHANGED"], [], ["SCALE_CHANGED"]]
    assert [answer.calibration.spacing_mm for answer in answers] == [[0.2, 0.2], [0.3, 0.3], [0.3, 0.3], None]
    assert "scale_changed" in [event.kind for event in answers[1].track.events]


def test_a_frame_that_cannot_be_judged_is_answered_and_the_session_goes_on(server: str) -> None:
    def sent(sequence: int, content: bytes, **said: object) -> bytes:
        return join_frame(FrameHeader(sequence=sequence, captured_at=sequence, **said), content)

    frames = [
        (sent(0, JPEG[: len(JPEG) // 2]), "unreadable-image"),
        (sent(1, png()), "media-type-mismatch"),
        (sent(2, b""), "unreadable-image"),
        (sent(3, bytes(5), format=FrameFormat.GREY8), "bad-message"),
        (sent(4, bytes(5), format=FrameFormat.GREY8, width=2, height=2), "unreadable-image"),
        (sent(5, picture().tobytes(), width=WIDTH, height=HEIGHT, bmode_px=(0, 0, 999, 9)), "bad-box"),
        (sent(6, picture().tobytes(), width=WIDTH, height=HEIGHT, bmode_px=(0, 0, WIDTH, HEIGHT)), None),
    ]

    async def run() -> None:
        async with connect(live_url(server)) as socket:
            await socket.send('{"type": "start", "format": "jpeg", "um_per_px": 200}')
            assert json.loads(await socket.recv())["type"] == "started"
            for sequence, (message, code) in enumerate(frames):
                await socket.send(message)
                said = json.loads(await socket.recv())
                assert (said["type"], said["live"]["sequence"]) == ("problem" if code else "answer", sequence)
                if code is not None:
                    assert said["problem"]["type"] == f"urn:sonoplace:problem:{code}"
                    LiveProblem.model_validate(said)
            await socket.send('{"type": "end"}')
            frames_told = json.loads(await socket.recv())["frames"]
            assert frames_told == {"received": 7, "answered": 1, "failed": 6, "dropped": 0, "lost": 0}
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1000

    asyncio.run(run())


@pytest.mark.parametrize(
    ("messages", "close", "code"),
    [
        (["hello"], 4400, "bad-message"),
        (['{"type": "end"}'], 4409, "unexpected-message"),
        ([b"\0\0\0\2{}x"], 4409, "unexpected-message"),
        (['{"type": "start"}', b"\0\0\0\2{}x"], 4400, "bad-message"),
        (['{"type": "start", "session": "' + 32 * "0" + '"}'], 4404, "not-found"),
        (['{"type": "start"}', '{"type": "start"}'], 4409, "unexpected-message"),
    ],
)
def test_protocol_errors_close_with_the_code_of_the_one_table(
    server: str, messages: list[str | bytes], close: int, code: str
) -> None:
    async def run() -> None:
        async with connect(live_url(server)) as socket:
            for message in messages:
                await socket.send(message)
            said = [json.loads(text) async for text in _until_closed(socket)]
            assert said[-1]["problem"]["type"] == f"urn:sonoplace:problem:{code}"
            assert said[-1]["sequence"] is None
            assert socket.close_code == close
            assert (socket.close_reason or "").startswith(f"{code}: ")

    asyncio.run(run())


async def _until_closed(socket: object):  # noqa: ANN202 - an iterator of texts
    try:
        while True:
            yield await socket.recv()  # type: ignore[attr-defined]
    except ConnectionClosed:
        return


def test_a_broken_line_is_taken_up_again(server: str) -> None:
    async def run() -> None:
        first = AsyncLive(live_url(server), START)
        async with first:
            await first.send(JPEG)
            before = await anext(aiter(first))
            await first.send(JPEG)
            await anext(aiter(first))
            first._connection.transport.abort()  # no close frame
        again = START.model_copy(update={"session": first.started.session})
        async with AsyncLive(live_url(server), again) as second:
            assert (second.started.resumed, second.started.next_sequence) == (True, 2)
            await second.send(JPEG)
            after = await anext(aiter(second))
            assert after.live.session == before.live.session
            assert after.track.statistics.frames == 3
            await second.end()
            async for _ in second:
                pytest.fail("nothing was sent")
            assert second.ended.frames.received == 3

    asyncio.run(run())


def test_a_newer_connection_takes_over(server: str) -> None:
    async def run() -> None:
        async with AsyncLive(live_url(server), START) as first:
            again = START.model_copy(update={"session": first.started.session})
            async with AsyncLive(live_url(server), again) as second:
                with pytest.raises(Refused, match="taken-over"):
                    await anext(aiter(first))
                await second.send(JPEG)
                assert (await anext(aiter(second))).live.sequence == 0

    asyncio.run(run())


def test_pages_of_other_sites_are_refused(server: str) -> None:
    async def close_code(origin: str) -> int | None:
        async with connect(live_url(server), origin=origin) as socket:
            if origin == server:
                await socket.send('{"type": "start"}')
                assert json.loads(await socket.recv())["type"] == "started"
                return None
            assert [json.loads(text)["problem"]["code"] async for text in _until_closed(socket)] == ["foreign-origin"]
            return socket.close_code

    assert asyncio.run(close_code("https://elsewhere.example")) == 4403
    assert asyncio.run(close_code("null")) == 4403
    assert asyncio.run(close_code(server)) is None
