"""What of a live picture's scale holds for the next one, and what has to be said anew."""

from typing import Any

import cv2
import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import WebSocketTestSession

from imaging.raster import encode_jpeg, encode_png, jpeg_size, png_size
from service.live.messages import End, FrameFormat, FrameHeader, Start, control_text, join_frame, split_frame
from service.live.picture_size import MOST_SEGMENTS, coded_size
from service.live.session import JudgedFrame, LiveLimits, LiveSession
from service.live.thread import LiveThread
from tests.service.conftest import StartApp
from tests.service.pictures import INSIDE, picture
from tests.service.test_live_sessions import judged

GREY = np.zeros((6, 8), np.uint8)
WIDE, HALF = encode_png(GREY), encode_png(GREY[::2, ::2])
BOX = (0, 0, 4, 3)
JUDGED = JudgedFrame({}, {}, None)


class Sender:
    """Sends frames to a session without a socket, and has each one answered at once."""

    def __init__(self, **said: Any) -> None:
        self.thread = LiveThread.begun("0" * 32, Start(**{"format": FrameFormat.PNG, **said}))
        self.sequence = 0
        self.connect(Start())

    def connect(self, start: Start) -> None:
        """Connect anew."""

        def opened(said: Start) -> LiveThread:
            self.thread.resume(said)
            return self.thread

        self.session = LiveSession(LiveLimits(9.0, 9.0), opened, 0)
        self.session.receive_text(control_text(start), 0)

    def drop(self, picture: bytes, **said: Any) -> None:
        """Send a frame that another one is going to replace."""
        header = FrameHeader.model_validate_json(orjson.dumps({"sequence": self.sequence, "captured_at": 0, **said}))
        self.sequence += 1
        self.session.receive_frame(join_frame(header, picture), 0)

    def read(self, picture: bytes, **said: Any) -> tuple[float | None, tuple[int, ...] | None, int, list[str]]:
        """Row spacing and rectangle that a frame is read with, its segment and the reasons beside its answer."""
        self.drop(picture, **said)
        taken = self.session.take()
        assert taken is not None
        reply = self.session.answer(taken, JUDGED, 0)
        assert reply is not None
        spacing, box = taken.reading.spacing, taken.reading.bmode
        row_mm, edges = spacing.row_mm if spacing else None, box.xyxy() if box else None
        return row_mm, edges, taken.segment, reply.facts["reasons"]


def test_a_spacing_and_a_rectangle_hold_for_pictures_of_one_size() -> None:
    sender = Sender(spacing_mm=(0.1, 0.1), bmode_px=BOX)
    assert sender.read(WIDE) == (0.1, BOX, 0, [])
    assert sender.read(WIDE) == (0.1, BOX, 0, [])
    assert sender.read(HALF) == (None, None, 1, ["SCALE_CHANGED"])
    assert sender.read(WIDE) == (None, None, 2, ["SCALE_CHANGED"])
    assert sender.read(HALF, spacing_mm=[0.2, 0.2]) == (0.2, None, 3, ["SCALE_CHANGED"])
    assert sender.read(HALF, bmode_px=[0, 0, 2, 2]) == (0.2, (0, 0, 2, 2), 3, [])


def test_another_size_may_say_its_own_scale() -> None:
    sender = Sender(spacing_mm=(0.1, 0.1), bmode_px=BOX)
    assert sender.read(WIDE) == (0.1, BOX, 0, [])
    assert sender.read(HALF, spacing_mm=[0.2, 0.2]) == (0.2, None, 1, ["SCALE_CHANGED"])
    assert sender.read(WIDE, spacing_mm=[0.2, 0.2], bmode_px=BOX) == (0.2, BOX, 1, [])  # a larger piece of the same


def test_a_size_counts_whether_or_not_its_frame_is_judged() -> None:
    sender = Sender(spacing_mm=(0.1, 0.1))
    sender.read(WIDE)
    sender.drop(HALF, spacing_mm=[0.2, 0.2])
    assert sender.read(HALF) == (0.2, None, 1, ["SCALE_CHANGED"])
    sender.drop(WIDE)
    assert sender.read(HALF) == (None, None, 3, ["SCALE_CHANGED"])


def test_bytes_that_state_no_size_change_nothing() -> None:
    sender = Sender(spacing_mm=(0.1, 0.1))
    for content in (WIDE, WIDE[:20], b"", WIDE):
        assert sender.read(content) == (0.1, None, 0, [])


def test_grey_levels_have_the_size_that_is_said() -> None:
    sender = Sender(spacing_mm=(0.1, 0.1), format=FrameFormat.GREY8, width=4, height=2)
    assert sender.read(bytes(8)) == (0.1, None, 0, [])
    assert sender.read(bytes(8), width=2, height=4) == (None, None, 1, ["SCALE_CHANGED"])


@pytest.mark.parametrize("name", ["spacing_mm", "um_per_px"])
def test_null_withdraws_a_spacing_and_what_is_absent_stays(name: str) -> None:
    sender = Sender(spacing_mm=(0.1, 0.1), bmode_px=BOX)
    assert sender.read(WIDE, **{name: None}) == (None, BOX, 0, [])
    assert sender.read(WIDE, um_per_px=100.0) == (0.1, BOX, 1, ["SCALE_CHANGED"])
    assert sender.read(WIDE, **{name: None}) == (None, BOX, 2, ["SCALE_CHANGED"])
    assert sender.read(WIDE) == (None, BOX, 2, [])
    assert sender.read(WIDE, bmode_px=None) == (None, None, 2, [])
    assert sender.read(WIDE, spacing_mm=None, um_per_px=100.0) == (0.1, None, 3, ["SCALE_CHANGED"])


def test_a_start_that_goes_on_says_only_what_changes() -> None:
    sender = Sender(spacing_mm=(0.1, 0.1), overlay="svg", stale_after_ms=500.0, clock="shared")
    sender.read(WIDE)
    sender.connect(Start(stale_after_ms=50.0))
    kept = sender.thread.start
    assert (kept.overlay, kept.stale_after_ms, kept.clock) == ("svg", 50.0, "shared")
    assert sender.read(WIDE) == (0.1, None, 0, [])
    sender.connect(Start())
    assert sender.read(HALF) == (None, None, 1, ["SCALE_CHANGED"])
    sender.connect(Start(spacing_mm=(0.1, 0.1), overlay="none"))  # of whatever comes next
    assert sender.read(WIDE) == (0.1, None, 2, ["SCALE_CHANGED"])
    assert sender.thread.start.overlay == "none"
    sender.connect(Start(spacing_mm=None))
    assert sender.read(WIDE) == (None, None, 3, ["SCALE_CHANGED"])


def test_messages_hold_what_was_said_and_nothing_else() -> None:
    assert orjson.loads(control_text(End())) == {"type": "end"}
    assert orjson.loads(control_text(Start(spacing_mm=None))) == {"type": "start", "spacing_mm": None}
    header = FrameHeader(sequence=1, captured_at=2, spacing_mm=None)
    back, _ = split_frame(join_frame(header, b"p"))
    assert (back.withdraws_spacing, back.withdraws_bmode) == (True, False)


@given(rows=st.integers(1, 40), columns=st.integers(1, 40))
def test_the_size_is_the_one_that_decoding_finds(rows: int, columns: int) -> None:
    grey = np.zeros((rows, columns), np.uint8)
    for coded, kind, size in (
        (encode_png(grey), FrameFormat.PNG, png_size),
        (encode_jpeg(grey), FrameFormat.JPEG, jpeg_size),
    ):
        assert coded_size(coded, kind) == size(coded) == (columns, rows)


@pytest.mark.parametrize("progressive", [0, 1])
def test_sizes_behind_other_segments(progressive: int) -> None:
    whole = cv2.imencode(".jpg", GREY, [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])[1].tobytes()
    comment = b"\xff\xfe\x00\x06note"
    assert coded_size(whole[:2] + b"\xff" + comment * 3 + whole[2:], FrameFormat.JPEG) == (8, 6)
    assert coded_size(whole[:2] + comment * MOST_SEGMENTS + whole[2:], FrameFormat.JPEG) is None


@pytest.mark.parametrize("picture", [b"", WIDE[:23], b"\xff\xd8\xff", b"\xff\xd8\xff\xda" + bytes(20), bytes(40)])
def test_bytes_without_a_size(picture: bytes) -> None:
    assert {coded_size(picture, kind) for kind in (*FrameFormat, None)} == {None}


def ask(socket: WebSocketTestSession, sequence: int, picture: bytes) -> dict[str, Any]:
    socket.send_bytes(join_frame(FrameHeader(sequence=sequence, captured_at=sequence * 10**8), picture))
    return dict(orjson.loads(socket.receive_text()))


def test_a_halved_picture_has_no_millimetres_live_or_stored(start_app: StartApp) -> None:
    client = start_app()
    whole, half = encode_png(picture(INSIDE)), encode_png(picture(INSIDE)[::2, ::2])
    with client.websocket_connect("/v1/live") as socket:
        socket.send_text(control_text(Start(format=FrameFormat.PNG, spacing_mm=(0.2, 0.2))))
        session = orjson.loads(socket.receive_text())["session"]
        told = [ask(socket, at, content) for at, content in enumerate((whole, half, half, whole))]
        socket.send_text('{"type": "end"}')
        assert orjson.loads(socket.receive_text())["procedure"] == f"/v1/procedures/{session}"
    assert [answer["calibration"]["spacing_mm"] for answer in told] == [[0.2, 0.2], None, None, None]
    assert [answer["live"]["segment"] for answer in told] == [0, 1, 1, 2]
    assert [answer["placement"]["verdict"] for answer in told] == ["inside"] + ["not_assessed"] * 3
    assert all("NOT_CALIBRATED" in answer["placement"]["reasons"] for answer in told[1:])
    assert judged(client, session).frame_count == 4
    for index, answer in enumerate(told):
        again = client.get(f"/v1/procedures/{session}/frames/{index}").json()
        for part in ("calibration", "recess", "needle", "placement"):
            assert again[part] == answer[part], part
    report = client.get(f"/v1/procedures/{session}/report.html")
    assert "The scale of the picture changed during the procedure." in report.text


def test_a_picture_that_hides_its_size_is_refused(start_app: StartApp) -> None:
    whole = cv2.imencode(".jpg", GREY)[1].tobytes()
    hidden = whole[:2] + b"\xff\xfe\x00\x06note" * MOST_SEGMENTS + whole[2:]
    with start_app().websocket_connect("/v1/live") as socket:
        socket.send_text(control_text(Start(format=FrameFormat.JPEG, spacing_mm=(0.2, 0.2))))
        socket.receive_text()
        assert ask(socket, 0, hidden)["problem"]["code"] == "unreadable-image"
        assert ask(socket, 1, whole)["type"] == "answer"
