"""Clocks that jump, backwards and forwards: ages stay sane, the chain stays whole, nothing waits for years."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imaging.rules import ScoringRules
from service.decoding.ask import InstanceName
from service.engine import Engine
from service.live.messages import FrameFormat, FrameHeader, Start, join_frame
from service.live.recording import RecordedSource, Recorder, RecordingLimits
from service.live.session import LiveLimits, LiveSession
from service.live.thread import LiveThread
from service.media import Media
from service.pacs.outbox import Outbox
from service.procedures.admission import Upload, admit
from service.procedures.analysis import analyse_stored
from service.reading import Reading
from service.store.store import Store
from tests.faults.asking import cine, ends
from tests.service.fake_segmenter import FakeSegmenter

HOUR_NS = 3600 * 10**9
STEP_NS = 33 * 10**6


def ages_ms(clock: str, jump_ns: int) -> list[float]:
    """Ages of ten frames that came in step, the sender's clock set in their middle."""
    now_ns = 100 * HOUR_NS
    start = Start(format=FrameFormat.PNG, clock=clock)
    session = LiveSession(LiveLimits(60.0, 600.0), lambda said: LiveThread.begun("s", said), now_ns)
    session.receive_text(start.model_dump_json(exclude_none=True), now_ns)
    ages = []
    for sequence in range(10):
        now_ns += STEP_NS
        captured = now_ns - 4 * 10**6 + (jump_ns if sequence >= 5 else 0)
        session.receive_frame(join_frame(FrameHeader(sequence=sequence, captured_at=captured), b"x"), now_ns)
        taken = session.take()
        assert taken is not None
        reply = session.refuse(taken, ValueError(), now_ns + 10**6)
        assert reply is not None
        ages.append(reply.facts["age_ms"])
    return ages


@pytest.mark.parametrize("jump_ns", [HOUR_NS, -HOUR_NS])
def test_ages_by_the_sender_s_own_clock_survive_its_jump(jump_ns: int) -> None:
    assert max(ages_ms("own", jump_ns)) == 1.0
    assert min(ages_ms("own", jump_ns)) == 1.0


def test_ages_by_a_shared_clock_that_is_no_longer_shared_are_never_too_young() -> None:
    assert ages_ms("shared", -HOUR_NS)[5:] == [3_600_005.0] * 5  # stale, and said to be: no overlay is drawn
    assert min(ages_ms("shared", HOUR_NS)) >= 1.0


@pytest.mark.parametrize("jump_ns", [HOUR_NS, -HOUR_NS, 0])
def test_a_recording_lasts_as_long_as_it_did(tmp_path: Path, jump_ns: int) -> None:
    recorder = Recorder(tmp_path / "one.live", RecordingLimits(100, 100.0), {})
    header = {"format": "grey8", "width": 1, "height": 1, "spacing_mm": None, "bmode_px": [0, 0, 1, 1], "segment": 0}
    for sequence in range(11):
        at = {"received_at": sequence * STEP_NS, "captured_at": HOUR_NS * 2 + sequence * STEP_NS}
        at["captured_at"] += jump_ns if sequence >= 4 else 0
        recorder.keep({**header, **at, "sequence": sequence}, b"x")
    recorder.close()
    assert RecordedSource.opened(recorder.path).frame_time_ms == pytest.approx(33.0)


def test_results_wait_no_longer_than_they_were_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    now = 1_800_000_000.0
    monkeypatch.setattr("service.pacs.outbox.time.time", lambda: now + 10 * 365 * 86_400)  # ten years ahead
    outbox.expect("a", InstanceName("1.2", "1.3", "1.4", "1.5"))
    outbox.ready("a")
    outbox.postpone("a", now + 10 * 365 * 86_400 + 60, "archive-silent: gone")
    assert [push.procedure_id for push in outbox.due(now)] == ["a"]  # and set right
    monkeypatch.setattr("service.pacs.outbox.time.time", lambda: now)
    outbox.postpone("a", now + 60, "archive-silent: gone")
    assert outbox.due(now + 59) == []
    assert len(outbox.due(now + 60)) == 1
    outbox.close()


def test_the_chain_stays_whole_and_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, engine = Store(tmp_path / "data"), Engine(FakeSegmenter(), ScoringRules())
    today = datetime(2026, 11, 22, tzinfo=UTC)
    procedures = []
    for days in (0, 3650, -3650):
        for module in ("service.store.store", "service.procedures.admission"):
            monkeypatch.setattr(f"{module}.now", lambda days=days: today + timedelta(days=days))
        path = tmp_path / "cine.dcm"
        path.write_bytes(cine())
        row, _ = admit(Upload(path, Media.DICOM, Reading(), 10), store, engine)
        analyse_stored(store, row.id, engine)
        procedures.append(row.id)
    assert ends(store) == dict.fromkeys(procedures, 1)
    positions = [link.position for link in store.chain.walk()]
    assert positions == list(range(1, len(positions) + 1))
    instants = [link.note.at[:4] for link in store.chain.walk()]
    assert [year for year, _ in itertools.groupby(instants)] == ["2026", "2036", "2016"]  # as each clock said
    assert store.unfinished() == []
    store.close()
