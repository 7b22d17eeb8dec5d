"""Identifiers from files, kept as keyed hashes only: equal ones can be recognised, none can be read back."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

_KEY_BYTES = 32


class IdentifierKey:
    """Secret of one site, in a file that only its owner may read; made when it is not there."""

    def __init__(self, path: Path) -> None:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
        self._key = path.read_bytes()

    def hashed(self, identifier: str) -> str:
        """HMAC-SHA-256 of an identifier, hexadecimal."""
        return hmac.new(self._key, identifier.encode(), hashlib.sha256).hexdigest()
