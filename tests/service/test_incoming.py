"""Folders for bytes that are still arriving, while another process starts on the same store."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from service.store.incoming import Incoming

fcntl = pytest.importorskip("fcntl", reason="this system has no such locks")


def removed(folder: str) -> None:
    Path(folder).rmdir()


def being_removed(folder: str) -> None:
    fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)


@pytest.mark.parametrize("taken", [removed, being_removed])
def test_a_new_folder_that_another_start_takes_for_a_left_over_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: Callable[[str], None]
) -> None:
    made: list[str] = []
    really = tempfile.mkdtemp

    def mkdtemp(**place: Path) -> str:
        made.append(really(dir=place["dir"]))
        if len(made) == 1:
            taken(made[0])
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    arriving = Incoming(tmp_path)
    assert [str(arriving.temporary().parent)] == made[1:]


def test_what_a_living_process_receives_is_left_alone_and_what_a_dead_one_left_is_dropped(tmp_path: Path) -> None:
    living, dead = Incoming(tmp_path), Incoming(tmp_path)
    kept, lost = living.temporary(), dead.temporary()
    del dead
    Incoming(tmp_path)
    assert (kept.exists(), lost.exists()) == (True, False)
