"""The live protocol without sockets: a state machine driven by Hypothesis, and a table of refusals."""

import dataclasses

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from imaging.errors import UnreadableImage
from imaging.geometry import PixelSpacing
from service.errors import BadMessage, NotFound, ServiceError, SessionIdle, SessionTooLong, UnexpectedMessage
from service.live.messages import End, FrameFormat, FrameHeader, Ping, Start, join_frame, parse_control, split_frame
from service.live.session import JudgedFrame, LiveLimits, LiveSession, PendingFrame, SessionState
from service.live.thread import LiveThread, Transit

LIMITS = LiveLimits(idle_s=10.0, life_s=100.0)
JUDGED = JudgedFrame({"placement": {"verdict": "inside"}}, {}, "<svg/>")
MS = 1_000_000
SELDOM = st.integers(0, 11).map(lambda drawn: drawn == 11)
"""What ends a session happens seldom, or none would ever grow long."""


def text(message: Start | Ping | End) -> str:
    return message.model_dump_json(exclude_none=True)


def begun(start: Start | None = None, now_ns: int = 0) -> LiveSession:
    session = LiveSession(LIMITS, lambda said: LiveThread.begun("0" * 32, said), now_ns)
    session.receive_text(text(start or Start(format=FrameFormat.PNG)), now_ns)
    return session


def frame(sequence: int, captured_at: int = 0, **said: object) -> bytes:
    header = orjson.dumps({"sequence": sequence, "captured_at": captured_at, **said})
    return join_frame(FrameHeader.model_validate_json(header), b"p")


class LiveProtocol(RuleBasedStateMachine):
    """Anything may happen in any order; what was counted must add up, and answers must come in order."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 10**12
        self.threads: dict[str, LiveThread] = {}
        self.sent = self.next = self.lost = 0
        self.answers: list[int] = []
        self.told = {"dropped": 0, "lost": 0, "scale": 0}
        self.spacing_mm = (0.1, 0.2)
        self.segments: list[int] = []
        """Segment of each frame that came."""
        self.taken: PendingFrame | None = None
        self.connect()
        self.start(resume=False, clock="own", out_of_turn=False)

    def connect(self) -> None:
        self.session = LiveSession(LIMITS, self.open_thread, self.now_ns)
        self.taken = None

    def open_thread(self, start: Start) -> LiveThread:
        if start.session is None:
            self.threads["a" * 32] = LiveThread.begun("a" * 32, start)
            self.sent = self.next = self.lost = 0
            self.answers, self.segments, self.told = [], [], {"dropped": 0, "lost": 0, "scale": 0}
        elif start.session not in self.threads:
            raise NotFound("no such session")
        else:
            self.threads[start.session].resume(start)
        return self.threads["a" * 32]

    @rule(passed_ms=st.integers(0, 400), long=SELDOM)
    def time_passes(self, passed_ms: int, long: bool) -> None:
        self.now_ns += passed_ms * MS * (30 if long else 1)

    @rule()
    def time_is_checked(self) -> None:
        overdue = self.now_ns >= self.session.deadline_ns
        try:
            self.session.check_time(self.now_ns)
        except (SessionIdle, SessionTooLong):
            assert overdue
            assert self.session.state is SessionState.CLOSED
        else:
            assert not overdue

    @rule(resume=st.booleans(), clock=st.sampled_from(["own", "shared"]), out_of_turn=SELDOM)
    def start(self, resume: bool, clock: str, out_of_turn: bool) -> None:
        before = self.session.state
        if before is not SessionState.WAITING_FOR_START and not out_of_turn:
            return
        named = "a" * 32 if resume else None
        start = Start(
            spacing_mm=self.spacing_mm, session=named, clock=clock, format=FrameFormat.PNG, stale_after_ms=500.0
        )
        try:
            reply = orjson.loads(self.session.receive_text(text(start), self.now_ns) or b"")
        except UnexpectedMessage:
            assert before is not SessionState.WAITING_FOR_START
        except NotFound:
            assert not self.threads
        else:
            assert reply["next_sequence"] == self.next
            assert before is SessionState.WAITING_FOR_START

    @precondition(lambda self: self.session.state is SessionState.STREAMING and self.taken is None)
    @rule(rescaled=st.booleans())
    def a_frame_is_answered_at_once(self, rescaled: bool) -> None:
        self.frame_comes(gap=0, late_ms=0, rescaled=rescaled)
        self.a_frame_is_taken()
        self.the_frame_is_answered(readable=True)

    @precondition(lambda self: self.session.state is SessionState.STREAMING)
    @rule(gap=st.integers(0, 3), late_ms=st.integers(-500, 800), rescaled=st.booleans())
    def frame_comes(self, gap: int, late_ms: int, rescaled: bool) -> None:
        said: dict[str, object] = {}
        segment = self.segments[-1] if self.segments else 0
        if rescaled:
            self.spacing_mm = (self.spacing_mm[0] + 0.01, 0.2)
            said["spacing_mm"] = self.spacing_mm
            segment += bool(self.sent)
        self.segments.append(segment)
        sequence = self.next + gap
        self.lost += gap if self.sent else 0
        self.session.receive_frame(frame(sequence, self.now_ns - late_ms * MS, **said), self.now_ns)
        self.sent += 1
        self.next = sequence + 1

    @precondition(lambda self: self.session.state is SessionState.STREAMING and self.sent > 0)
    @rule(really=SELDOM)
    def an_old_frame_closes(self, really: bool) -> None:
        if not really:
            return
        with pytest.raises(BadMessage, match="expected a greater number"):
            self.session.receive_frame(frame(self.next - 1), self.now_ns)
        assert self.session.state is SessionState.CLOSED

    @rule(data=st.binary(max_size=40), really=SELDOM)
    def rubbish_closes(self, data: bytes, really: bool) -> None:
        if not really:
            return
        with pytest.raises(ServiceError):
            self.session.receive_frame(data, self.now_ns)
        assert self.session.state is SessionState.CLOSED

    @rule()
    def a_frame_is_taken(self) -> None:
        frame = self.session.take()
        assert frame is None or self.taken is None
        self.taken = frame or self.taken
        if frame is not None:
            assert frame.sequence == self.next - 1  # the newest
            assert isinstance(frame.reading.spacing, PixelSpacing)

    @precondition(lambda self: self.taken is not None)
    @rule(readable=st.booleans())
    def the_frame_is_answered(self, readable: bool) -> None:
        taken, self.taken = self.taken, None
        assert taken is not None
        if readable:
            reply = self.session.answer(taken, JUDGED, self.now_ns)
        else:
            reply = self.session.refuse(taken, UnreadableImage("cut short"), self.now_ns)
        if self.session.state is SessionState.CLOSED:
            assert reply is None
            return
        assert reply is not None
        said = orjson.loads(reply.message)
        assert (said["type"] == "answer") == readable
        self.check_facts(said["live"], taken)
        if readable:
            assert (said["overlay_svg"] is None) == said["live"]["stale"]

    def check_facts(self, live: dict, taken: PendingFrame) -> None:
        assert live["sequence"] == taken.sequence
        assert live["segment"] == (self.segments[-1] if self.next == taken.sequence + 1 else taken.segment)
        assert not self.answers or live["sequence"] > self.answers[-1]
        self.answers.append(live["sequence"])
        self.told["dropped"] += live["dropped"]
        self.told["lost"] += live["lost"]
        assert live["age_ms"] >= 0
        assert live["stale"] == (live["age_ms"] > 500.0)
        codes = live["reasons"]
        assert ("STALE_FRAME" in codes) == live["stale"]
        assert ("SCALE_CHANGED" in codes) == (live["segment"] != self.told["scale"])
        self.told["scale"] = live["segment"]

    @rule()
    def ping(self) -> None:
        if self.session.state is SessionState.CLOSED:
            return
        pong = orjson.loads(self.session.receive_text(text(Ping(sent_at=7)), self.now_ns) or b"")
        assert (pong["type"], pong["sent_at"], pong["received_at"]) == ("pong", 7, self.now_ns)

    @precondition(lambda self: self.session.state is SessionState.STREAMING)
    @rule(really=SELDOM)
    def the_end_is_asked_for(self, really: bool) -> None:
        if not really:
            return
        assert self.session.receive_text(text(End()), self.now_ns) is None
        assert self.session.state is SessionState.ENDING

    @precondition(lambda self: self.session.drained)
    @rule()
    def it_ends(self) -> None:
        assert self.taken is None
        ended = orjson.loads(self.session.finish(None))
        frames = ended["frames"]
        assert frames["received"] == self.sent == frames["answered"] + frames["failed"] + frames["dropped"]
        assert frames["lost"] == self.lost
        assert self.told["dropped"] <= frames["dropped"]
        self.threads.clear()
        self.sent = self.next = self.lost = 0
        self.answers, self.told = [], {"dropped": 0, "lost": 0, "scale": 0}

    @rule(really=SELDOM)
    def the_line_breaks(self, really: bool) -> None:
        if not really and self.session.state is not SessionState.CLOSED:
            return
        self.session.close()
        self.connect()

    @invariant()
    def counts_add_up(self) -> None:
        for thread in self.threads.values():
            waiting = (self.session._waiting is not None) + (self.session._working is not None)
            mine = waiting if self.session.started and self.session.state is not SessionState.CLOSED else 0
            assert thread.received == thread.answered + thread.failed + thread.dropped + mine
            assert thread.received == self.sent
            assert thread.lost == self.lost


LiveProtocol.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestLiveProtocol = LiveProtocol.TestCase


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("", "Invalid JSON"),
        ("[]", "should be an object"),
        ('{"type": "hello"}', "does not match any"),
        ('{"type": "start", "colour": "red"}', "start.colour: Extra inputs"),
        ('{"type": "start", "spacing_mm": [0.1, -0.1]}', "greater than or equal to 0.001"),
        ('{"type": "start", "spacing_mm": 0.1}', "valid array"),
        ('{"type": "start", "spacing_mm": [0.1, 0.1], "um_per_px": 100}', "expected one of them"),
        ('{"type": "start", "name": "Ms Doe, 1957"}', "match pattern"),
        ('{"type": "start", "stale_after_ms": 0}', "greater than 0"),
        ('{"type": "ping"}', "sent_at: Field required"),
    ],
)
def test_text_that_is_refused(message: str, told: str) -> None:
    with pytest.raises(BadMessage, match=told) as refused:
        parse_control(message)
    assert "Doe" not in str(refused.value)


@pytest.mark.parametrize(
    "data", [b"", b"\0\0\0", b"\0\0\0\0{}", b"\0\0\0\x09{}", b"\xff\xff\xff\xff{}", b"\0\0\0\2[]", b"\0\0\0\2{}x"]
)
def test_frames_that_are_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        split_frame(data)


def test_frames_come_apart_as_they_were_put_together() -> None:
    header = FrameHeader(sequence=3, captured_at=10**18, format=FrameFormat.GREY8, width=2, height=1, um_per_px=90.0)
    assert split_frame(join_frame(header, b"\0\xff")) == (header, b"\0\xff")


@pytest.mark.parametrize(("sent", "state"), [(End(), "waiting for start"), (Start(), "streaming")])
def test_messages_out_of_turn(sent: End | Start, state: str) -> None:
    session = begun() if state == "streaming" else LiveSession(LIMITS, lambda said: LiveThread.begun("0" * 32, said), 0)
    with pytest.raises(UnexpectedMessage, match=f"not allowed while {state}: expected"):
        session.receive_text(text(sent), 0)
    assert session.state is SessionState.CLOSED


def test_a_format_must_be_said() -> None:
    session = begun(Start())
    with pytest.raises(BadMessage, match="format"):
        session.receive_frame(frame(0), 0)


def test_what_is_said_once_holds() -> None:
    session = begun(Start(um_per_px=90.0))
    session.receive_frame(frame(0, format="grey8", width=4, height=2, bmode_px=[0, 0, 4, 2]), 0)
    first = session.take()
    assert first is not None
    assert first.reading.spacing is not None
    assert (first.reading.spacing.row_mm, first.segment) == (0.09, 0)
    session.answer(first, JUDGED, 0)
    session.receive_frame(frame(1, spacing_mm=[0.0900001, 0.09]), 0)  # the noise of a float is no new scale
    second = session.take()
    assert second is not None
    assert (second.reading, second.segment) == (first.reading, 0)


def test_a_box_that_is_none_closes() -> None:
    session = begun()
    with pytest.raises(BadMessage, match="box"):
        session.receive_frame(frame(0, bmode_px=[4, 0, 4, 2]), 0)


def test_own_clock_ages_count_from_the_quickest_way() -> None:
    transit = Transit()
    offset = -(10**15)  # a clock that is eleven days ahead
    assert [transit.observe(offset + way, at) for at, way in enumerate((5, 3, 9, 3))] == [0, 0, 6, 0]
    minute = 61 * 10**9
    assert transit.observe(offset + 20, 2 * minute) == 0  # the old way is forgotten, so clocks may drift


def test_shared_clock_ages_count_from_capture() -> None:
    session = begun(Start(format=FrameFormat.PNG, clock="shared", stale_after_ms=50.0))
    session.receive_frame(frame(0, captured_at=100 * MS), 130 * MS)
    taken = session.take()
    assert taken is not None
    reply = session.answer(taken, dataclasses.replace(JUDGED, overlay_svg="<svg/>"), 151 * MS)
    assert reply is not None
    assert (reply.facts["age_ms"], reply.facts["stale"]) == (51.0, True)
    assert orjson.loads(reply.message)["overlay_svg"] is None
