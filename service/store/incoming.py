"""Where bytes arrive before they are kept: one folder for each process, removed by the next start after its end."""

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from service.store.trouble import writing_files

if os.name == "posix":
    import fcntl

_PROBE_BYTES = 65_536
"""About a picture: with less room than that, nothing can be taken in."""


class Incoming:
    """Folder for files that are still arriving; files of processes that are gone are dropped when one is made."""

    def __init__(self, folder: Path) -> None:
        with writing_files():
            folder.mkdir(parents=True, exist_ok=True)
            for left_over in folder.iterdir():
                _drop_unowned(left_over)
            self._folder, lock = _own_folder(folder)
        if lock is not None:
            weakref.finalize(self, os.close, lock)

    def temporary(self) -> Path:
        """Empty file for bytes that are still arriving; the caller removes it."""
        with writing_files():
            handle, name = tempfile.mkstemp(dir=self._folder)
        os.close(handle)
        return Path(name)

    def probe(self) -> None:
        """See whether a file of some size could be written here."""
        with writing_files(), tempfile.TemporaryFile(dir=self._folder) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()


def _own_folder(folder: Path) -> tuple[Path, int | None]:
    """New folder, and the handle of its lock."""
    while True:
        own = Path(tempfile.mkdtemp(dir=folder))
        if os.name != "posix":
            return own, None
        lock = _locked(own)
        if lock is not None:
            if own.exists():
                return own, lock
            os.close(lock)
        # Another start took it for a left-over before it was locked, and removes it or has done so.


def _drop_unowned(left_over: Path) -> None:
    """Remove what a process left behind; a lock ends with its process, however that ended."""
    if not left_over.is_dir():
        left_over.unlink(missing_ok=True)
        return
    lock = _locked(left_over)
    if lock is not None:
        shutil.rmtree(left_over, ignore_errors=True)
        os.close(lock)


def _locked(folder: Path) -> int | None:
    """Handle that holds the lock of a folder; None if another process does, or there are no such locks."""
    if os.name != "posix":
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
