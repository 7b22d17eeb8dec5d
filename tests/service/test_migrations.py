"""Stores of earlier schemas, taken to the present one with what lists are searched by."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from service.settings import Settings
from service.store.chain import EntryKind, Note, append, canonical, instant
from service.store.choice import Choice
from service.store.database import Database, database_url
from service.store.equipment import sealed_equipment as equipment
from service.store.noted import Noted, noted_in
from service.store.sealing import accepted_content
from service.store.store import Store, open_store
from service.store.tables import ProcedureRow
from service.verification.verify import verify
from tests.service.backends import BACKENDS as BACKENDS  # every test here runs on both

WAITING, DONE = "a" * 32, "b" * 32
AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
SUMMARY = {"verdict": "not_assessed", "reason": "NO_NEEDLE"}


def row(name: str, status: str) -> ProcedureRow:
    return ProcedureRow(
        id=name, created_at=AT, status=status, blob_sha256="0" * 64, media_type="image/png", reading={},
        frame_count=1, frames_done=0, reviews=0, identity={}, summary=SUMMARY if status == "done" else None,
    )  # fmt: skip


def said(kind: EntryKind, values: dict[str, object]) -> Note:
    return Note(kind, WAITING, canonical({"entry": kind.value, **values}), instant(AT), "WS-1")


NOTES = [
    said(EntryKind.RECORD, {"record": {"site": "S-1", "operator": "OP-1", "performed_on": "2025"}}),
    said(EntryKind.REVIEW, {"review": {}}),
    said(EntryKind.RECORD, {"record": {"site": "S-1", "operator": "OP-2", "injectate": {"kind": "saline"},
                                       "performed_on": "2026-02"}}),
    said(EntryKind.REVIEW, {"review": {"reader": "R-2"}}),
    said(EntryKind.FOLLOW_UP, {"follow_up": {}}),
]  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path, backend: dict[str, str]) -> Settings:
    settings = Settings(data_dir=tmp_path / "data", **backend)
    settings.data_dir.mkdir()
    (settings.data_dir / "identifiers.key").write_bytes(bytes(range(32)))
    return settings


def at_revision(settings: Settings, revision: str) -> None:
    """A store as it was, with one procedure that waits and has records, and one that is answered."""
    database = Database(database_url(settings.database_url, settings.data_dir))
    config = Config()
    config.set_main_option("script_location", "service/store/migrations")
    config.set_main_option("path_separator", "os")
    with database.chaining() as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, revision)
        tables = sa.MetaData()
        tables.reflect(session.connection())
        procedure = tables.tables["procedure"]
        for one in (row(WAITING, "queued"), row(DONE, "done")):
            there = {column.name: getattr(one, column.name) for column in procedure.columns}
            session.execute(procedure.insert(), [there])
            content = accepted_content(one)
            append(session, Note(EntryKind.ACCEPTED, one.id, content, instant(AT), "WS-1"))
        for note in NOTES:
            append(session, note)
    database.close()


def found(store: Store, choice: Choice) -> list[str]:
    return [one.id for one in store.chosen(choice)]


@pytest.mark.parametrize("revision", ["0002", "0003"])
def test_lists_are_searched_by_what_was_recorded_before(settings: Settings, revision: str) -> None:
    at_revision(settings, revision)
    for _ in range(2):  # a later start finds nothing to do
        store = open_store(settings)
        assert noted_in(store.procedure(WAITING)) == Noted(
            "S-1", "OP-2", "saline", "2026-02", date(2026, 2, 1), date(2026, 2, 28), 2
        )
        assert noted_in(store.procedure(DONE)) == Noted()
        for choice in (
            Choice(site="S-1"),
            Choice(operator="OP-2", injectate="saline", reviewed=True),
            Choice(performed=(date(2026, 2, 5), None)),
        ):
            assert found(store, choice) == [WAITING], choice
        assert found(store, Choice(operator="OP-1")) == []
        assert found(store, Choice(reason="NO_NEEDLE")) == found(store, Choice(reviewed=False)) == [DONE]
        assert [fault.procedure_id for fault in verify(store, None).faults if "found by" in fault.what] == []
        store.close()


def test_procedures_accepted_before_know_no_scanner_and_stay_intact(settings: Settings) -> None:
    at_revision(settings, "0005")
    store = open_store(settings)
    assert [equipment(store.procedure(name)) for name in (WAITING, DONE)] == [{}, {}]
    faults = [fault.what for fault in verify(store, None).faults if fault.procedure_id == WAITING]
    assert "its row is not what was accepted" not in faults
    store.close()


def test_what_is_added_is_there_with_its_link(settings: Settings) -> None:
    at_revision(settings, "0006")
    store = open_store(settings)
    for note in NOTES:
        store.note(EntryKind(note.kind), DONE, note.content, "WS-1")
    assert noted_in(store.procedure(DONE)).reviews == 2
    assert found(store, Choice(site="S-1")) == [DONE]  # of the other nothing was noted in its row
    faults = [fault for fault in verify(store, None).faults if "found by" in fault.what]
    assert [fault.procedure_id for fault in faults] == [WAITING]
    store.close()
