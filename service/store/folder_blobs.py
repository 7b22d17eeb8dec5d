"""Blobs in a folder: written beside, synchronised, and only then given their name."""

import os
from pathlib import Path

from service.durable import synchronise_folder
from service.errors import DamagedStore
from service.store.blobs import file_sha256
from service.store.incoming import Incoming
from service.store.trouble import writing_files


class FolderBlobs:
    """Folder of files named by their SHA-256; see `service.store.blobs.Blobs` for its contract."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = Incoming(folder / "incoming")

    def temporary(self) -> Path:
        """Empty file for bytes that are still arriving."""
        return self._incoming.temporary()

    def keep(self, temporary: Path) -> str:
        """Make a temporary file durable under the hash of its content, and give that hash."""
        sha256 = file_sha256(temporary)
        target = self._place(sha256)
        with writing_files():
            if target.exists():
                temporary.unlink()
            else:
                with temporary.open("rb") as file:
                    os.fsync(file.fileno())
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary.rename(target)
            # Also where it was there already: whoever brought it may not have come this far yet.
            for folder in (target.parent, self._folder):
                synchronise_folder(folder)
        return sha256

    def probe(self) -> None:
        """Write and remove a file as long as a picture."""
        self._incoming.probe()

    def path(self, sha256: str) -> Path:
        """File with the bytes of a hash."""
        place = self._place(sha256)
        if not place.exists():
            msg = f"blob {sha256} is missing"
            raise DamagedStore(msg)
        return place

    def content_sha256(self, sha256: str) -> str | None:
        """Hash of what is really kept under a name."""
        place = self._place(sha256)
        return file_sha256(place) if place.exists() else None

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256
