"""The archive breaks off, or the store is away under the queue: every result reaches the archive and stands in it once.

That the archive is away and comes back is in ``tests/service/pacs/test_pushing.py``.
"""

from pathlib import Path
from typing import Any

import pytest

from service.errors import StoreUnreachable
from service.pacs.outbox import PushState
from service.settings import Settings
from service.store.store import Store
from service.store.tables import ProcedureRow
from tests.faults.asking import DICOM
from tests.service.conftest import StartApp, until_ready
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pacs import test_pushing
from tests.service.pacs.fake_archive import FakeArchive, running
from tests.service.pacs.test_pushing import QUICK, wait_for

cine = test_pushing.cine


class BreaksOff(FakeArchive):
    """Stores what it is sent and drops the line in place of an answer, twice: its sender cannot know."""

    left = 2

    def store(self, content_type: str, body: bytes) -> tuple[int, Any]:
        stored = super().store(content_type, body)
        if self.left:
            self.left -= 1
            raise ConnectionAbortedError
        return stored


class AwayStore(Store):
    """A store that cannot be reached for some of the questions that the queue asks."""

    away = 0

    def find(self, procedure_id: str) -> ProcedureRow | None:
        self._perhaps_away()
        return super().find(procedure_id)

    def procedure(self, procedure_id: str) -> ProcedureRow:
        self._perhaps_away()
        row = super().find(procedure_id)
        assert row is not None
        return row

    def _perhaps_away(self) -> None:
        if self.away:
            self.away -= 1
            msg = "the database does not answer"
            raise StoreUnreachable(msg)


def test_what_was_stored_without_an_answer_is_sent_again_and_stands_once(
    start_app: StartApp, cine: bytes, tmp_path: Path
) -> None:
    with running(BreaksOff()) as archive:
        archive.add(cine)
        client = start_app(pacs_url=archive.url, **QUICK)
        assert client.post("/v1/procedures", content=cine, headers=DICOM).status_code == 201
        push = wait_for(tmp_path, PushState.DELIVERED)
        assert (push.attempts, archive.stored_requests) == (3, 3)
        assert len(archive.instances) == 4


def test_the_queue_goes_on_when_the_store_is_back(
    build_app: StartApp, cine: bytes, tmp_path: Path, segmenter: FakeSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(settings: Settings) -> AwayStore:
        return AwayStore(settings.data_dir)

    monkeypatch.setattr("service.app.open_store", opened)
    with running(FakeArchive()) as archive:
        archive.add(cine)
        with build_app(pacs_url=archive.url, **QUICK) as client:
            until_ready(client)
            segmenter.open.clear()
            assert client.post("/v1/procedures?wait=false", content=cine, headers=DICOM).status_code == 202
            store = client.app_state["services"].store
            store.away = 5
            segmenter.open.set()
            push = wait_for(tmp_path, PushState.DELIVERED)
            assert store.away == 0
            assert (push.attempts, archive.stored_requests) == (1, 1)  # the archive was not at fault: nothing counts
