"""Identifiers from files, kept as keyed hashes only: equal ones can be recognised, none can be read back."""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from service.durable import synchronise_folder

_KEY_BYTES = 32
_UID_DIGITS = 32
"""Hexadecimal digits of the hash that make a UID: 128 bits, as many as a UUID has."""
_PSEUDONYM_DIGITS = 16


class IdentifierKey:
    """Secret of one site, in a file that only its owner may read; made when it is not there."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            _make(path)
        self._key = path.read_bytes()

    def hashed(self, identifier: str) -> str:
        """HMAC-SHA-256 of an identifier, hexadecimal."""
        return hmac.new(self._key, identifier.encode(), hashlib.sha256).hexdigest()

    def uid(self, uid: str) -> str:
        """UID that stands for another one (PS3.5 B.2: root 2.25 and a 128-bit number)."""
        return f"2.25.{int(self.hashed(uid)[:_UID_DIGITS], 16)}"

    def pseudonym(self, patient_id: str) -> str:
        """Patient ID that stands for another one, so that procedures of one person can be counted as such."""
        return self.hashed(f"patient:{patient_id}")[:_PSEUDONYM_DIGITS].upper()


def _make(path: Path) -> None:
    """Write a new key whole, then give it its name: no start ever reads half a key, and none replaces one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # readable by its owner only
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(temporary)
    except FileExistsError:
        return  # another process was quicker
    finally:
        temporary.unlink(missing_ok=True)
    synchronise_folder(path.parent)
