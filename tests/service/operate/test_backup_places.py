"""A backup lies apart from what it copies, leaves nothing behind where none comes about, and is only read later."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from service.backup.backup import back_up
from service.backup.errors import BackupDamaged, BackupRefused
from service.backup.manifest import Manifest
from service.backup.restore import restore
from service.settings import Settings
from service.store.blobs import file_sha256
from service.store.chain import EntryKind
from service.store.store import Store, open_store
from service.store.trouble import LostIdentifierKey
from service.verification.verify import verify
from tests.service.operate.test_migrations import RELEASED, as_released
from tests.service.test_store import row


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a store that holds nothing yet."""
    settings = Settings(data_dir=tmp_path / "data")
    open_store(settings).close()
    return settings


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_never_lies_in_what_it_copies(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(settings.data_dir)
    before = content(settings.data_dir)
    for out in (settings.data_dir / "backup", settings.data_dir / "all" / "today", tmp_path / "link" / "backup"):
        with pytest.raises(BackupRefused, match="lies in the data folder"):
            back_up(settings, out)
    assert content(settings.data_dir) == before
    assert back_up(settings, tmp_path / "data-backup").links == 0, "a folder beside it, whose name begins like its own"


@pytest.mark.parametrize("was_there", [True, False])
def test_one_that_fails_leaves_the_folder_for_the_next(settings: Settings, tmp_path: Path, *, was_there: bool) -> None:
    out, key = tmp_path / "backup", settings.data_dir / "identifiers.key"
    if was_there:
        out.mkdir()
    whole = key.read_bytes()
    key.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(LostIdentifierKey, match="holds 0 bytes"):
            back_up(settings, out)
        assert out.exists() == was_there
    key.write_bytes(whole)
    back_up(settings, out)
    assert (out / "backup.json").is_file()


def test_a_restore_that_fails_leaves_the_folder_for_the_next(settings: Settings, tmp_path: Path) -> None:
    with closing(open_store(settings)) as store:
        blob = store.blobs.temporary()
        blob.write_bytes(b"pictures")
        kept = row()
        kept.blob_sha256 = store.blobs.keep(blob)
        store.add(kept)
    back_up(settings, tmp_path / "backup")
    copied = tmp_path / "backup" / "data" / "blobs" / kept.blob_sha256[:2] / kept.blob_sha256
    restored = Settings(data_dir=tmp_path / "restored")
    copied.write_bytes(b"something else")
    for _ in range(2):
        with pytest.raises(BackupDamaged, match="not what it was"):
            restore(tmp_path / "backup", restored)
        assert not restored.data_dir.exists()
    elsewhere = tmp_path / "elsewhere.db"
    apart = Settings(data_dir=tmp_path / "apart", database_url=f"sqlite:///{elsewhere}")
    with pytest.raises(BackupDamaged, match="not what it was"):
        restore(tmp_path / "backup", apart)
    copied.write_bytes(b"pictures")
    assert restore(tmp_path / "backup", apart).procedures == 1
    shutil.rmtree(apart.data_dir)
    before = elsewhere.read_bytes()
    with pytest.raises(BackupRefused, match=r"elsewhere\.db is there"):
        restore(tmp_path / "backup", apart)
    assert elsewhere.read_bytes() == before
    assert restore(tmp_path / "backup", restored).procedures == 1


def made_earlier(folder: Path) -> Manifest:
    """Backup as the version of schema 0005 made it, of a store with a key of access, which stood in no chain then."""
    data = as_released(RELEASED / "0005.sql", folder / "data")
    with closing(sqlite3.connect(data / "sonoplace.db")) as database:
        values = ("0123456789ab", "0" * 64, "ADMIN-1", '["admin"]', "2026-01-02 03:04:05.000000", None, None)
        database.execute("INSERT INTO access_key VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        database.commit()
        links, head = database.execute("SELECT position, link_sha256 FROM chain ORDER BY position DESC").fetchone()
        procedures = database.execute("SELECT count(*) FROM procedure").fetchone()[0]
    files = {name: file_sha256(data / name) for name in ("sonoplace.db", "identifiers.key")}
    manifest = Manifest("2026-01-02", "0.1.0", "0005", links, head, procedures, 0, 0, files)
    manifest.write(folder)
    return manifest


def test_one_that_an_earlier_version_made_is_restored_as_often_as_one_likes(tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    manifest = made_earlier(tmp_path / "backup")
    before = content(tmp_path / "backup")
    for name in ("first", "second"):
        assert restore(tmp_path / "backup", Settings(data_dir=tmp_path / name)) == manifest
        assert content(tmp_path / "backup") == before
        with closing(Store(tmp_path / name)) as store:
            assert verify(store, None).intact
            assert [link.position for link in store.chain.of_kind(EntryKind.KEY)] == [manifest.links + 1]
        assert not list((tmp_path / name).glob(".checked-*"))
