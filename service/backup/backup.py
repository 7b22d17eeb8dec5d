"""A copy of everything that a site keeps, made while the service runs, and verified before it is called one.

The database comes first, as it was at one instant; then the files that it names. A file is durable before a row names
it and is never changed or removed, so whatever is taken in meanwhile makes no difference to the copy.
"""

import shutil
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from service.answer import code_version
from service.backup.errors import BackupDamaged
from service.backup.folders import left_as_it_was, require_apart, require_empty
from service.backup.manifest import Manifest
from service.backup.rows import address_of, copy_database, copy_sqlite, revision_of
from service.durable import synchronise_folder
from service.settings import Settings
from service.store.blobs import Blobs, file_sha256
from service.store.chain import instant
from service.store.database import DATABASE_FILE
from service.store.store import Store, open_blobs
from service.store.tables import ProcedureRow, now
from service.store.trouble import writing_files
from service.verification.findings import Progress, Verification
from service.verification.verify import Wanted, verify

DATA = "data"
"""Folder of a backup that is laid out as the data folder of a service is."""
BLOBS = "blobs"
_APART = frozenset({BLOBS, "blob-cache", "live", DATABASE_FILE})
"""Copied in their own way, or (recordings under way, files fetched from elsewhere) not at all."""
_PASSING = ("-wal", "-shm", "-journal")
_ALL_LINKS = Wanted()


def back_up(settings: Settings, out: Path, progress: Progress = lambda *_: None) -> Manifest:
    """Make a backup in a folder that is empty or not there, and leave it so if none comes about.

    The store is only read.

    Raises
    ------
    BackupRefused
        If there is something in the folder, if it lies in the store's own, or if there is no store.
    BackupDamaged
        If the copy does not pass verification.
    StoreUnwritable
        If the disk takes it not.
    """
    require_empty(out)
    require_apart(out, settings.data_dir)
    with left_as_it_was(out):
        return _copied(settings, out, progress)


def _copied(settings: Settings, out: Path, progress: Progress) -> Manifest:
    data = out / DATA
    with writing_files():
        data.mkdir(parents=True, mode=0o700)
        copy_database(address_of(settings.database_url, settings.data_dir), data / DATABASE_FILE)
        _copy_rest(settings.data_dir, data)
        blobs = blob_names(data / DATABASE_FILE)
        kept = open_blobs(settings.data_dir, settings.blobs_url)
        for done, name in enumerate(blobs, 1):
            _copy_blob(kept, name, data / BLOBS)
            progress("files", done, len(blobs))
    found = verified(data, progress)
    manifest = _manifest(data, found, len(blobs))
    with writing_files():
        manifest.write(out)
        synchronise_folder(out)
    return manifest


def verified(data: Path, progress: Progress, wanted: Wanted = _ALL_LINKS, database: str | None = None) -> Verification:
    """What the chain says of a store that lies in one folder, but for its database where an address is given.

    Raises
    ------
    BackupDamaged
        If anything differs.
    """
    with closing(Store(data, database)) as store:
        return require_intact(store, progress, wanted)


def require_intact(store: Store, progress: Progress, wanted: Wanted = _ALL_LINKS) -> Verification:
    """Walk the chain over a store.

    Raises
    ------
    BackupDamaged
        If anything differs.
    """
    found = verify(store, None, wanted, progress)
    if not found.intact:
        first = found.faults[0]
        msg = f"{len(found.faults)} differences, the first at link {first.position}: {first.what}"
        raise BackupDamaged(msg)
    return found


def blob_names(database: Path) -> list[str]:
    """Hashes of the files that a copy's rows name."""
    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        names = list(connection.scalars(sa.select(ProcedureRow.blob_sha256).distinct()))
    engine.dispose()
    return sorted(names)


def other_files(data: Path) -> list[Path]:
    """Files of a data folder beside the database and the blobs: keys, queues and logs, the access log among them."""
    return [
        path
        for path in sorted(data.rglob("*"))
        if path.is_file() and path.relative_to(data).parts[0] not in _APART and not path.name.endswith(_PASSING)
    ]


def _copy_rest(source: Path, data: Path) -> None:
    for path in other_files(source):
        target = data / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.suffix == ".db":
            copy_sqlite(path, target)
        else:
            shutil.copy2(path, target)


def _copy_blob(blobs: Blobs, name: str, folder: Path) -> None:
    target = folder / name[:2] / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(blobs.path(name), target)


def _manifest(data: Path, found: Verification, blobs: int) -> Manifest:
    kept = (data / DATABASE_FILE, *other_files(data))
    files = {path.relative_to(data).as_posix(): file_sha256(path) for path in kept}
    everything = [path for path in data.rglob("*") if path.is_file()]
    return Manifest(
        made_at=instant(now()),
        code_version=code_version(),
        revision=revision_of(data / DATABASE_FILE),
        links=found.links,
        head_sha256=found.head_sha256,
        procedures=found.procedures,
        blobs=blobs,
        total_bytes=sum(path.stat().st_size for path in everything),
        files=files,
    )
