"""The ledger: planned once, gone on with, held by one process, small in memory however long the plan."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from service.audit.ledger import Ledger
from service.audit.shard import FileState, Shard
from service.errors import AuditUnderWay, OtherAudit

ASKED = {"source": "somewhere", "model": "1"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path)
    yield ledger
    ledger.close()


def plan(ledger: Ledger, names: list[str], shard_files: int = 2) -> None:
    ledger.plan(names, shard_files, lambda name: f"id-{name}")


def test_files_are_shared_out_in_small_groups(ledger: Ledger) -> None:
    plan(ledger, list("abcde"))
    assert ledger.to_do(0, 10) == [Shard(1, ("a", "b")), Shard(2, ("c", "d")), Shard(3, ("e",))]
    assert ledger.to_do(1, 1) == [Shard(2, ("c", "d"))]
    assert ledger.counts()[FileState.TO_DO] == ledger.planned == 5


def test_a_finished_shard_is_not_to_do(ledger: Ledger) -> None:
    plan(ledger, list("abc"))
    ledger.finish(Shard(1, ("a", "b")), [FileState.DONE, FileState.QUARANTINED], [1, 3])
    assert [shard.number for shard in ledger.to_do(0, 10)] == [2]
    counts = ledger.counts()
    assert (counts[FileState.DONE], counts[FileState.QUARANTINED], counts[FileState.TO_DO]) == (1, 1, 1)
    assert ledger.quarantined() == ["b"]


def test_listing_again_adds_what_is_new_and_nothing_else(ledger: Ledger) -> None:
    plan(ledger, list("abc"))
    ledger.finish(Shard(1, ("a", "b")), [FileState.DONE, FileState.DONE], [1, 1])
    plan(ledger, list("xabcy"))
    assert ledger.to_do(0, 10) == [Shard(2, ("c",)), Shard(3, ("x", "y"))]


def test_runs_are_numbered_and_another_question_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    assert [ledger.begin(ASKED, "now"), ledger.begin(ASKED, "later")] == [1, 2]
    with pytest.raises(OtherAudit, match="another model"):
        ledger.begin({**ASKED, "model": "2"}, "now")


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path, ledger: Ledger) -> None:
    with pytest.raises(AuditUnderWay):
        Ledger(tmp_path)
    ledger.close()
    Ledger(tmp_path).close()


def test_a_million_files_are_planned_without_holding_them(ledger: Ledger) -> None:
    process = psutil.Process()
    taken, most = 0, 0

    def names() -> Iterator[str]:
        nonlocal taken, most
        for number in range(1_000_000):
            taken += 1
            if number % 50_000 == 0:
                most = max(most, process.memory_info().rss)
            yield f"site/2025-01/a-folder-with-a-long-name/{number:012d}.dcm"

    before = process.memory_info().rss
    ledger.plan(names(), 16, lambda name: name[-36:-4])
    assert taken == ledger.planned == ledger.counts()[FileState.TO_DO] == 1_000_000
    assert max(most, process.memory_info().rss) - before < 40_000_000  # the names alone would take 110 MB
    assert ledger.to_do(62_499, 3) == [Shard(62_500, ledger.to_do(62_499, 1)[0].names)]
