"""Rows of a store that grows while they are read."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.export.rows import procedure_rows
from service.settings import Settings
from service.store import store as stores
from service.store.store import open_store
from service.store.tables import ProcedureRow

JUDGE = dict.fromkeys(("model_version", "model_sha256", "rules_sha256", "code_version"), "0")


def queued(name: str, minute: int) -> ProcedureRow:
    return ProcedureRow(
        id=name, created_at=datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=minute), status="queued",
        blob_sha256="0" * 64, media_type="image/png", reading={}, frame_count=1, frames_done=0, reviews=0,
        identity=JUDGE,
    )  # fmt: skip


def test_one_that_arrives_meanwhile_makes_no_other_stand_there_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_READ_AT_ONCE", 2)
    settings = Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    with closing(open_store(settings)) as store:
        for minute, name in enumerate("abc"):
            store.add(queued(name, minute))
        rows = procedure_rows(store)
        first = next(rows)["procedure_id"]
        store.add(queued("d", 9))
        assert [first, *(row["procedure_id"] for row in rows)] == ["c", "b", "a"]


def test_those_of_one_instant_stand_there_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_READ_AT_ONCE", 2)
    settings = Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    with closing(open_store(settings)) as store:
        for name in "dabce":
            store.add(queued(name, 0))
        assert [row.id for row in store.chosen()] == list("abcde")
