"""Files by the hash of their content: written beside, synchronised, and only then given their name."""

import hashlib
import os
import tempfile
from pathlib import Path


class Blobs:
    """Folder of files named by their SHA-256; a name that exists is a file that is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        for left_over in self._incoming.iterdir():
            left_over.unlink(missing_ok=True)

    def temporary(self) -> Path:
        """Empty file for bytes that are still arriving; the caller removes it."""
        handle, name = tempfile.mkstemp(dir=self._incoming)
        os.close(handle)
        return Path(name)

    def keep(self, temporary: Path) -> str:
        """Make a temporary file durable under the hash of its content, and give that hash."""
        with temporary.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        target = self.path(sha256)
        if target.exists():
            temporary.unlink()
            return sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(target)
        for folder in (target.parent, self._folder):
            _synchronise(folder)
        return sha256

    def path(self, sha256: str) -> Path:
        """Where the bytes of a hash lie, or would."""
        return self._folder / sha256[:2] / sha256


def _synchronise(folder: Path) -> None:
    """Make a rename in a folder durable (POSIX; elsewhere folders cannot be opened)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
