"""A store made again from a backup: checked before, put where the settings say, and verified after."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from service.backup.backup import BLOBS, DATA, blob_names, require_intact, verified
from service.backup.errors import BackupDamaged, BackupRefused
from service.backup.folders import left_as_it_was, require_empty
from service.backup.manifest import Manifest
from service.backup.rows import address_of, put_database
from service.settings import Settings
from service.store.blobs import file_sha256
from service.store.database import DATABASE_FILE
from service.store.store import Store, open_store
from service.store.trouble import writing_files
from service.verification.findings import Progress
from service.verification.verify import Wanted


def restore(folder: Path, settings: Settings, progress: Progress = lambda *_: None) -> Manifest:
    """Put a backup into the store of the settings, which must be empty; the backup is only read.

    If none comes about, the data folder is left as it was; a PostgreSQL database or an object store may hold a part.

    Raises
    ------
    BackupRefused
        If the folder is no whole backup, or the store holds anything.
    BackupDamaged
        If the backup, or what was made of it, does not pass verification.
    StoreUnwritable
        If the disk takes it not.
    """
    manifest = Manifest.read(folder)
    require_empty(settings.data_dir)
    _require_unchanged(folder / DATA, manifest)
    with left_as_it_was(settings.data_dir), _new_database(settings):
        _put_back(folder / DATA, manifest, settings, progress)
    return manifest


def _put_back(data: Path, manifest: Manifest, settings: Settings, progress: Progress) -> None:
    with writing_files(), tempfile.TemporaryDirectory(prefix=".checked-", dir=_made(settings.data_dir)) as name:
        database = Path(name) / DATABASE_FILE  # a copy: opening it brings it to this version's schema
        shutil.copy2(data / DATABASE_FILE, database)
        checked = verified(data, progress, _chain_of(manifest), f"sqlite:///{database}")
        _put(data, database, settings, manifest)
    with closing(open_store(settings)) as store:
        _put_blobs(data, store, progress)
        restored = require_intact(store, progress, _chain_of(manifest))
    _require_same_chain(restored.head_sha256, checked.head_sha256)


@contextmanager
def _new_database(settings: Settings) -> Iterator[None]:
    """Block that makes a database in a file, wherever that is set to lie: none is written over, or left if it fails."""
    address = address_of(settings.database_url, settings.data_dir)
    with ExitStack() as failed:
        if address.get_backend_name() == "sqlite":
            file = Path(str(address.database))
            if file.exists():
                msg = f"{file.name} is there: expected no database yet"
                raise BackupRefused(msg)
            failed.callback(file.unlink, missing_ok=True)
        yield
        failed.pop_all()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _chain_of(manifest: Manifest) -> Wanted:
    """The chain must hold the backup's last link; what brings an earlier schema up may add some after it."""
    return Wanted(head_sha256=manifest.head_sha256 if manifest.links else None)


def _require_unchanged(data: Path, manifest: Manifest) -> None:
    for name, sha256 in manifest.files.items():
        path = data / name
        if not path.is_file() or file_sha256(path) != sha256:
            msg = f"{name} is {'not what was copied' if path.is_file() else 'missing'}"
            raise BackupDamaged(msg)


def _require_same_chain(restored_sha256: str, checked_sha256: str) -> None:
    if restored_sha256 != checked_sha256:
        msg = f"the chain ends with {restored_sha256[:12]}…: that of the backup with {checked_sha256[:12]}…"
        raise BackupDamaged(msg)


def _put(data: Path, database: Path, settings: Settings, manifest: Manifest) -> None:
    """The database and everything else but the blobs."""
    address = address_of(settings.database_url, settings.data_dir)
    is_file = address.get_backend_name() == "sqlite"
    if not is_file:
        put_database(database, address)
    for name in manifest.files:
        if name != DATABASE_FILE or is_file:
            target = Path(str(address.database)) if name == DATABASE_FILE else settings.data_dir / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(database if name == DATABASE_FILE else data / name, target)


def _put_blobs(data: Path, store: Store, progress: Progress) -> None:
    names = blob_names(data / DATABASE_FILE)
    for done, name in enumerate(names, 1):
        temporary = store.blobs.temporary()
        with writing_files():
            shutil.copyfile(data / BLOBS / name[:2] / name, temporary)
        store.blobs.keep(temporary)
        progress("files", done, len(names))
