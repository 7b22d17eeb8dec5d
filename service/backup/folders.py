"""Where a backup or a restored store is put: an empty folder, filled whole or left as it was."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from service.backup.errors import BackupRefused


def require_empty(folder: Path) -> None:
    """Refuse to write over anything.

    Raises
    ------
    BackupRefused
        If there is something in the folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder.name} is not empty: expected a new folder"
        raise BackupRefused(msg)


def require_apart(out: Path, data_dir: Path) -> None:
    """Refuse to put a copy into what is copied: the next one would hold it as well.

    Raises
    ------
    BackupRefused
        If the folder is the data folder or lies in it, by whatever links.
    """
    if out.resolve().is_relative_to(data_dir.resolve()):
        msg = f"{out.name} lies in the data folder: expected a folder elsewhere, best on another disk"
        raise BackupRefused(msg)


@contextmanager
def left_as_it_was(folder: Path) -> Iterator[None]:
    """Block that fills an empty folder; what it made there is removed if it ends by an error or is interrupted."""
    was_there = folder.exists()
    with ExitStack() as failed:
        failed.callback(_empty, folder, itself=not was_there)
        yield
        failed.pop_all()


def _empty(folder: Path, *, itself: bool) -> None:
    if itself:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
