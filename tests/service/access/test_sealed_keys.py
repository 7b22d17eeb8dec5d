"""Keys of access stand in the chain: one that somebody gave itself, or whose rights were changed, is found."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from service.access.key_store import KeyStore
from service.settings import Settings
from service.store.chain import EntryKind
from service.store.store import Store, open_store
from service.store.tables import AccessKeyRow, now
from service.verification.findings import Fault
from service.verification.verify import verify
from tests.service.access.conftest import Make, kept
from tests.service.operate.test_migrations import RELEASED, as_released

LATER = "2031-01-01 00:00:00.000000"
ALTERED = {
    "id": "0123456789ab",
    "secret_sha256": "0" * 64,
    "label": "CART-2",
    "roles": json.dumps(["admin"]),
    "created_at": "2020-01-01 00:00:00.000000",
    "expires_at": LATER,
    "revoked_at": None,
}


@pytest.fixture
def store(settings: Settings, key_store: KeyStore, make: Make) -> Iterator[Store]:
    """One key that holds and one that was revoked."""
    make("workstation", life=timedelta(hours=2))
    key_store.revoke(kept(key_store, make("reviewer")).id, now())
    with closing(open_store(settings)) as store:
        yield store


def of_keys(store: Store) -> list[Fault]:
    return [fault for fault in verify(store, None).faults if fault.kind == EntryKind.KEY]


def changed(settings: Settings, statement: str, *values: object) -> None:
    """Behind everybody's back."""
    with closing(sqlite3.connect(settings.data_dir / "sonoplace.db")) as database, database:
        assert database.execute(statement, values).rowcount == 1


def test_what_was_done_with_keys_is_told_in_order(store: Store, key_store: KeyStore) -> None:
    first, second = sorted(key_store.listed(), key=lambda key: key.revoked_at is not None)
    told = [(link.note.procedure_id, link.note.values) for link in store.chain.of_kind(EntryKind.KEY)]
    assert [name for name, _ in told] == [first.id, second.id, second.id]
    assert [said["roles"] for _, said in told] == [["workstation"], ["reviewer"], ["reviewer"]]
    assert [said["revoked_at"] is None for _, said in told] == [True, True, False]
    key_store.revoke(second.id, now())
    assert store.chain.head()[0] == 3, "revoked is revoked"
    assert verify(store, None).intact


def test_every_column_is_looked_at() -> None:
    assert ALTERED.keys() == {column.name for column in AccessKeyRow.__table__.columns}


@pytest.mark.parametrize("column", ALTERED)
def test_an_altered_key_is_found(store: Store, settings: Settings, key_store: KeyStore, column: str) -> None:
    revoked = next(key.id for key in key_store.listed() if key.revoked_at)
    changed(settings, f"UPDATE access_key SET {column} = ? WHERE id = ?", ALTERED[column], revoked)  # noqa: S608 - ours
    found = of_keys(store)
    assert found[0].procedure_id == revoked
    assert "key of access is" in found[0].what
    assert len(found) == (2 if column == "id" else 1)


def test_a_key_that_nobody_made_is_found(store: Store, settings: Settings) -> None:
    changed(
        settings,
        "INSERT INTO access_key (id, secret_sha256, label, roles, created_at) VALUES (?, ?, ?, ?, ?)",
        *(ALTERED[name] for name in ("id", "secret_sha256", "label", "roles", "created_at")),
    )
    (found,) = of_keys(store)
    assert (found.procedure_id, found.what) == ("0123456789ab", "no link records that this key was made")


def test_a_key_that_cannot_be_read_does_not_stop_the_walk(
    store: Store, settings: Settings, key_store: KeyStore
) -> None:
    key_id = key_store.listed()[0].id
    changed(settings, "UPDATE access_key SET roles = '[', created_at = 'today' WHERE id = ?", key_id)
    assert [fault.what for fault in of_keys(store)] == ["the keys of access cannot be read"]


def test_keys_of_an_older_store_are_taken_into_the_chain(tmp_path: Path) -> None:
    data = as_released(RELEASED / "0005.sql", tmp_path / "data")
    names = ("id", "secret_sha256", "label", "roles", "created_at", "expires_at", "revoked_at")
    with closing(sqlite3.connect(data / "sonoplace.db")) as database, database:
        marks = ", ".join("?" * len(names))
        database.execute(f"INSERT INTO access_key VALUES ({marks})", [ALTERED[name] for name in names])  # noqa: S608 - ours
    for _ in range(2):
        with closing(Store(data)) as store:
            assert verify(store, None).intact
            (link,) = store.chain.of_kind(EntryKind.KEY)
            assert (link.note.asked_by, link.note.values["roles"]) == ("upgrade", ["admin"])
