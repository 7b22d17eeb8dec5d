"""Identifiers from files, kept as keyed hashes only: equal ones can be recognised, none can be read back."""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from service.durable import synchronise_folder
from service.store.trouble import LostIdentifierKey, writing_files

_KEY_BYTES = 32
_FINGERPRINT_OF = "fingerprint of the key of identifiers"
"""What the key hashes to be known again; no identifier, and its hash tells nothing of the key."""
_UID_DIGITS = 32
"""Hexadecimal digits of the hash that make a UID: 128 bits, as many as a UUID has."""
_PSEUDONYM_DIGITS = 16


class IdentifierKey:
    """Secret of one site, in a file that only its owner may read.

    Parameters
    ----------
    may_make
        Whether a new key is made where there is none: not where anything was hashed with one before.

    Raises
    ------
    LostIdentifierKey
        If there is none, or not a whole one.
    StoreUnwritable
        If the disk takes no new one.
    """

    def __init__(self, path: Path, *, may_make: bool = True) -> None:
        if may_make and not path.exists():
            with writing_files():
                _make(path)
        self._key = _read(path)

    @property
    def fingerprint(self) -> str:
        """What the key is known again by, hexadecimal."""
        return self.hashed(_FINGERPRINT_OF)

    def hashed(self, identifier: str) -> str:
        """HMAC-SHA-256 of an identifier, hexadecimal."""
        return hmac.new(self._key, identifier.encode(), hashlib.sha256).hexdigest()

    def uid(self, uid: str) -> str:
        """UID that stands for another one (PS3.5 B.2: root 2.25 and a 128-bit number)."""
        return f"2.25.{int(self.hashed(uid)[:_UID_DIGITS], 16)}"

    def pseudonym(self, patient_id: str) -> str:
        """Patient ID that stands for another one, so that procedures of one person can be counted as such."""
        return self.hashed(f"patient:{patient_id}")[:_PSEUDONYM_DIGITS].upper()


def _read(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        what = f"{path.name} is missing"
        raise LostIdentifierKey(what) from error
    if len(key) != _KEY_BYTES:
        what = f"{path.name} holds {len(key)} bytes where {_KEY_BYTES} are expected"
        raise LostIdentifierKey(what)
    return key


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
