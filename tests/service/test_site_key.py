"""The key of the hashed identifiers: made with its store, and no other is taken for it, nor half of it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from service.cli import app
from service.errors import DamagedStore
from service.settings import Settings
from service.store.chain import EntryKind
from service.store.identifiers import IdentifierKey
from service.store.renewal import renew_identifiers
from service.store.store import Store, open_store
from service.store.trouble import KeyInPlace, LostIdentifierKey
from service.verification.verify import verify
from tests.service.backends import BACKENDS as BACKENDS
from tests.service.operate.test_migrations import RELEASED, as_released
from tests.service.test_store import row


@pytest.fixture
def settings(tmp_path: Path, backend: dict[str, str]) -> Iterator[Settings]:
    """Of a store that holds one procedure."""
    settings = Settings(data_dir=tmp_path / "data", **backend)
    with closing(open_store(settings)) as store:
        store.add(row())
    return settings


def key_of(settings: Settings) -> Path:
    return settings.data_dir / "identifiers.key"


def refusal(settings: Settings) -> str:
    with pytest.raises(LostIdentifierKey) as refused:
        open_store(settings)
    return str(refused.value)


def test_each_way_to_lose_it_is_named_and_its_return_mends_it(settings: Settings) -> None:
    key = key_of(settings)
    whole = key.read_bytes()
    assert len(whole) == 32
    for other, why in (
        (b"", "identifiers.key holds 0 bytes where 32 are expected"),
        (whole[:-1], "identifiers.key holds 31 bytes where 32 are expected"),
        (whole + b"\n", "identifiers.key holds 33 bytes where 32 are expected"),
        (whole[::-1], "identifiers.key is not the key that this store was made with"),
    ):
        key.write_bytes(other)
        assert refusal(settings).startswith(f"{why}: bring back the site's own key")
    key.unlink()
    assert refusal(settings).startswith("identifiers.key is missing: bring back the site's own key")
    assert not key.exists(), "none is made for a store that holds procedures"
    key.mkdir()  # what a container makes of a file to be mounted that is not there
    assert "is missing" in refusal(settings)
    key.rmdir()
    key.write_bytes(whole)
    with closing(open_store(settings)) as store:
        assert store.find("a" * 32) is not None


def test_another_machine_on_the_same_database_must_have_the_same_key(tmp_path: Path, settings: Settings) -> None:
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    if settings.database_url is None:
        other = other.model_copy(update={"database_url": f"sqlite:///{settings.data_dir / 'sonoplace.db'}"})
    assert "is missing" in refusal(other)
    key_of(other).write_bytes(key_of(settings).read_bytes())
    open_store(other).close()


def test_a_forgotten_fingerprint_is_not_written_anew(settings: Settings) -> None:
    with closing(open_store(settings)) as store, store._database.writing() as session:
        session.execute(sa.text("DELETE FROM identifier_key"))
    with pytest.raises(DamagedStore, match=r"which identifiers\.key is its own"):
        open_store(settings)


def test_a_key_that_was_there_before_its_store_is_taken(tmp_path: Path) -> None:
    IdentifierKey(tmp_path / "identifiers.key")
    given = (tmp_path / "identifiers.key").read_bytes()
    with closing(Store(tmp_path)) as store:
        fingerprint = store.identifiers.fingerprint
    assert (tmp_path / "identifiers.key").read_bytes() == given
    assert fingerprint == IdentifierKey(tmp_path / "identifiers.key").fingerprint
    assert given.hex() not in fingerprint


def test_verification_under_way_sees_that_it_went(settings: Settings) -> None:
    key = key_of(settings)
    whole = key.read_bytes()

    def seen() -> list[str]:
        return [fault.what for fault in verify(store, None).faults if "identifiers.key" in fault.what]

    with closing(open_store(settings)) as store:
        assert seen() == []
        key.write_bytes(whole[::-1])
        assert [what.partition(":")[0] for what in seen()] == [
            "identifiers.key is not the key that this store was made with"
        ]
        key.unlink()
        assert [what.partition(":")[0] for what in seen()] == ["identifiers.key is missing"]
        assert not key.exists()


def test_verify_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Store(tmp_path / "data")) as store:
        store.add(row())
    (tmp_path / "data" / "identifiers.key").unlink()
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))
    said = CliRunner().invoke(app, ["verify"])
    assert said.exit_code == 2
    assert said.output.startswith("LostIdentifierKey: identifiers.key is missing: ")
    assert said.output.count("\n") == 1
    assert not (tmp_path / "data" / "identifiers.key").exists()


def test_a_key_that_is_lost_for_good_is_renewed_on_the_record(settings: Settings) -> None:
    with pytest.raises(KeyInPlace, match="is there"):
        renew_identifiers(settings)
    key = key_of(settings)
    lost = IdentifierKey(key).fingerprint
    key.unlink()
    renew_identifiers(settings)
    with closing(open_store(settings)) as store:
        (link,) = store.chain.of_kind(EntryKind.IDENTIFIERS)
        assert link.note.values == {
            "entry": "identifiers", "lost": lost, "fingerprint": store.identifiers.fingerprint
        }  # fmt: skip
        assert lost != store.identifiers.fingerprint
        assert [fault for fault in verify(store, None).faults if not fault.procedure_id] == []


def test_a_store_of_an_earlier_version_without_a_whole_key_is_told_and_may_begin_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = as_released(RELEASED / "0006.sql", tmp_path / "data")
    (data / "identifiers.key").write_bytes(b"")  # was taken for a key
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(data))
    assert "holds 0 bytes" in CliRunner().invoke(app, ["verify"]).output
    (data / "identifiers.key").unlink()
    assert CliRunner().invoke(app, ["renew-identifiers"]).exit_code == 0
    assert ": intact" in CliRunner().invoke(app, ["verify"]).output
