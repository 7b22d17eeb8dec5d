"""Whole audits over worker processes: the same rows however many, and nothing lost when something is killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="needs the extra audit")
pytest.importorskip("duckdb", reason="DuckDB reads the tables back")

from distributed import Client

from service.audit.driver import Progress
from service.audit.folder import FolderArchive
from service.audit.run import AuditPlan, run_audit
from service.audit.shard import FileState
from service.errors import ArchiveUnreachable, OtherAudit
from tests.service.audit_archives import AwayArchive, PoisonedArchive, question, rows, write_archive
from tests.service.audit_cluster import ROOT, separate_cluster

CINES, FRAMES = 10, 3


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the archive ``in`` and, at last, the key."""
    home = tmp_path_factory.mktemp("audits")
    write_archive(home / "in", CINES, FRAMES)
    return home


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with separate_cluster(tmp_path_factory.mktemp("cluster")) as address:
        yield address


@pytest.fixture(scope="module")
def reference(home: Path) -> dict[str, Any]:
    """Rows as one local worker gives them."""
    progress = run_audit(planned(home, "one", workers=1), ignore)
    assert progress.counts == counts(done=CINES, failed=2)
    assert progress.frames == CINES * FRAMES
    return rows(home / "one")


def planned(home: Path, out: str, **more: Any) -> AuditPlan:
    plan = AuditPlan(FolderArchive(home / "in"), home / out, question(home), shard_files=3)
    return replace(plan, **more)


def counts(done: int, failed: int, quarantined: int = 0) -> dict[FileState, int]:
    found = {FileState.DONE: done, FileState.FAILED: failed, FileState.QUARANTINED: quarantined}
    return {state: found.get(state, 0) for state in FileState}


def ignore(_: Progress) -> None:
    """Show nothing."""


def test_two_workers_give_the_rows_of_one(home: Path, reference: dict[str, Any]) -> None:
    run_audit(planned(home, "two", workers=2, shard_files=1), ignore)
    assert rows(home / "two") == reference
    assert (len(reference["procedures"]), len(reference["frames"])) == (CINES, CINES * FRAMES)


def test_a_separate_scheduler_and_a_worker_killed_meanwhile_give_the_same_rows(
    home: Path, reference: dict[str, Any], scheduler: str
) -> None:
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=180)
        victims = list(client.run(os.getpid).values())
    killed: list[int] = []

    def kill_one(progress: Progress) -> None:
        if progress.analysed and not killed:
            killed.append(victims[0])
            os.kill(victims[0], signal.SIGKILL)

    progress = run_audit(planned(home, "killed", scheduler=scheduler, shard_files=1), kill_one)
    assert killed
    assert progress.counts == counts(done=CINES, failed=2)
    assert rows(home / "killed") == reference


def test_files_that_end_their_worker_twice_are_quarantined_by_name(
    home: Path, reference: dict[str, Any], scheduler: str
) -> None:
    archive = PoisonedArchive(home / "in", deadly=("a/002.dcm",), raising=("b/001.dcm",))
    progress = run_audit(planned(home, "poisoned", archive=archive, scheduler=scheduler), ignore)
    assert progress.counts == counts(done=CINES - 2, failed=2, quarantined=2)
    got = rows(home / "poisoned")
    quarantined = {row[1]: row[2] for row in got["failures"] if row[4]}
    assert quarantined == {"a/002.dcm": "killed-worker", "b/001.dcm": "unexpected"}
    lost = {row[0] for row in got["failures"] if row[4]}
    assert got["procedures"] == [row for row in reference["procedures"] if row[0] not in lost]
    assert got["frames"] == [row for row in reference["frames"] if row[0] not in lost]
    with closing(sqlite3.connect(home / "poisoned" / "ledger.db")) as ledger:
        tries = dict(ledger.execute("SELECT name, tries FROM file WHERE state = 'quarantined'").fetchall())
    assert tries == {"a/002.dcm": 3, "b/001.dcm": 3}


def test_a_killed_driver_started_again_finishes_the_rest(home: Path, reference: dict[str, Any], scheduler: str) -> None:
    out = home / "resumed"
    with subprocess.Popen(driver(home, out, scheduler), cwd=ROOT, env=environment(home)) as process:  # noqa: S603 - our own interpreter
        before = wait_until_some_are_done(out, process)
        process.kill()
    written = parts(out)
    again = subprocess.run(driver(home, out, scheduler), cwd=ROOT, env=environment(home), check=False)  # noqa: S603 - our own interpreter
    assert again.returncode == 1  # two files cannot be analysed, and the command says so
    assert 0 < before < CINES + 2
    assert {path: parts(out)[path] for path in written} == written, "a part that was there was written again"
    assert rows(out) == reference


def driver(home: Path, out: Path, scheduler: str) -> list[str]:
    run = "from service.cli import app; app()"
    options = ["--out", str(out), "--scheduler", scheduler, "--shard-files", "1", "--json"]
    return [sys.executable, "-c", run, "audit", str(home / "in"), *options]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "SONOPLACE_DATA_DIR": str(home), "SONOPLACE_MAX_FRAMES": "100"}


def wait_until_some_are_done(out: Path, process: "subprocess.Popen[bytes]") -> int:
    patience = time.monotonic() + 300
    while time.monotonic() < patience:
        done = len(list((out / "procedures").glob("part-0*.parquet")))
        if done:
            return done
        assert process.poll() is None, "the driver ended by itself"
        time.sleep(0.01)
    raise TimeoutError


def parts(out: Path) -> dict[Path, int]:
    return {path: path.stat().st_ino for path in out.glob("*/part-0*.parquet")}


def test_an_archive_that_is_away_stops_the_run_and_the_next_one_goes_on(
    home: Path, reference: dict[str, Any], scheduler: str
) -> None:
    plan = planned(home, "away", scheduler=scheduler)
    with pytest.raises(ArchiveUnreachable):
        run_audit(replace(plan, archive=AwayArchive(home / "in")), ignore)
    assert not rows(plan.out)["failures"]
    run_audit(plan, ignore)
    assert rows(plan.out) == reference


def test_new_files_are_added_to_a_finished_audit_and_another_question_is_refused(
    home: Path, reference: dict[str, Any], scheduler: str
) -> None:
    plan = planned(home, "two", scheduler=scheduler)
    extra = home / "in" / "new.txt"
    extra.write_text("one more")
    try:
        progress = run_audit(plan, ignore)
    finally:
        extra.unlink()
    assert (progress.analysed, progress.total) == (1, CINES + 3)
    with pytest.raises(OtherAudit, match="another source"):
        run_audit(replace(plan, archive=FolderArchive(home)), ignore)
