"""Files by the hash of their content, wherever they lie."""

import hashlib
from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Store of files named by their SHA-256.

    Contract
    --------
    * When ``keep`` returns, the bytes are durable: a row that names them may be written.
    * A name that exists belongs to a file that is whole. Nothing is ever overwritten.
    * Safe to use from several threads and processes.
    """

    def temporary(self) -> Path:
        """Empty local file for bytes that are still arriving; the caller removes it if it is not kept."""
        ...

    def keep(self, temporary: Path) -> str:
        """Make a temporary file durable under the hash of its content, and give that hash; the file is gone then."""
        ...

    def probe(self) -> None:
        """See whether something could be kept.

        Raises
        ------
        StoreUnreachable
            If not, with the reason.
        """
        ...

    def path(self, sha256: str) -> Path:
        """Local file with the bytes of a hash.

        Raises
        ------
        DamagedStore
            If it is missing.
        """
        ...

    def content_sha256(self, sha256: str) -> str | None:
        """Hash of what is really kept under a name, read where it is kept; None if nothing is."""
        ...


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
