"""The queue of results that go to the archive: what it remembers, and for how long."""

import stat
import time
from pathlib import Path

import pytest

from service.decoding.ask import InstanceName
from service.errors import NotFound
from service.pacs.outbox import Outbox, PushState
from service.pacs.policy import PushPolicy
from service.results.build import ResultKind
from service.settings import Settings

IMAGE = InstanceName("1.2.3", "1.2.4", "1.2.5", "1.2.840.10008.5.1.4.1.1.3.1")


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox.db")


def states(outbox: Outbox) -> dict[str, PushState]:
    return {push.procedure_id: push.state for push in outbox.listed()}


def test_from_expected_to_delivered(outbox: Outbox) -> None:
    for _ in range(2):
        outbox.expect("a", IMAGE)
    assert outbox.due(time.time()) == []
    outbox.ready("a")
    (push,) = outbox.due(time.time())
    assert (push.procedure_id, push.image, push.attempts) == ("a", IMAGE, 0)
    outbox.delivered("a")
    outbox.expect("a", IMAGE)
    assert states(outbox) == {"a": PushState.DELIVERED}
    assert outbox.counts()[PushState.DELIVERED] == 1


def test_a_failed_attempt_waits_for_its_time(outbox: Outbox) -> None:
    outbox.expect("a", IMAGE)
    outbox.ready("a")
    later = time.time() + 60
    outbox.postpone("a", later, "archive-silent: gone")
    assert outbox.due(time.time()) == []
    (push,) = outbox.due(later)
    assert (push.attempts, push.problem) == (1, "archive-silent: gone")


def test_it_survives_a_stop_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    first = Outbox(path)
    first.expect("a", IMAGE)
    first.ready("a")
    first.close()
    again = Outbox(path)
    assert [push.image for push in again.due(time.time())] == [IMAGE]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_given_up_can_be_tried_again_from_the_start(outbox: Outbox) -> None:
    for name in ("a", "b"):
        outbox.expect(name, IMAGE)
        outbox.ready(name)
        outbox.bury(name, "push-refused: 0122")
    assert outbox.counts()[PushState.DEAD] == 2
    with pytest.raises(NotFound, match="1 of 2"):
        outbox.retry(["a", "c"])
    assert outbox.counts()[PushState.DEAD] == 2
    assert outbox.retry(["a"]) == 1
    assert outbox.retry() == 1
    assert {push.attempts for push in outbox.due(time.time())} == {0}


def test_results_that_never_came_may_be_expected_again(outbox: Outbox) -> None:
    outbox.expect("a", IMAGE)
    outbox.withdraw("a")
    outbox.expect("a", IMAGE)
    assert states(outbox) == {"a": PushState.ANALYSING}


def test_waits_double_up_to_a_limit_and_vary() -> None:
    policy = PushPolicy((ResultKind.SEG,), attempts=9, first_wait_s=4, longest_wait_s=60)
    assert [policy.wait_s(attempts, luck=1.0) for attempts in (1, 2, 3, 4, 5, 400)] == [4, 8, 16, 32, 60, 60]
    assert [policy.wait_s(attempts, luck=0.0) for attempts in (1, 2)] == [2, 4]
    assert len({policy.wait_s(3) for _ in range(9)}) > 1


def test_the_site_sets_what_is_pushed(tmp_path: Path) -> None:
    policy = PushPolicy.of(Settings(data_dir=tmp_path, pacs_results=("seg", "sr")))
    assert policy.kinds == (ResultKind.SEG, ResultKind.SR)
    assert sum(policy.wait_s(attempt, luck=0.0) for attempt in range(1, policy.attempts)) > 12 * 3600
