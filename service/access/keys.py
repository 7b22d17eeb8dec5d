"""Keys of access: ``sonoplace_ID_SECRET``. Only a hash of the secret is kept.

The secret has 256 random bits, so that a plain SHA-256 of it can be neither guessed nor searched for: slow hashes are
for what people think up (NIST SP 800-63B section 5.1.2.2 asks for one where a secret is chosen by its user).
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.access.roles import Principal, Role

_TEXT = re.compile(r"sonoplace_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_ID_BYTES, _SECRET_BYTES = 6, 32
_NOBODY_SHA256 = hashlib.sha256(secrets.token_bytes(_SECRET_BYTES)).hexdigest()
"""Compared with where there is no such key, so that both take the same time."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What is kept of a key."""

    id: str
    secret_sha256: str
    label: str
    roles: frozenset[Role]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.roles:
            msg = "the key has no role: expected one at least"
            raise ValueError(msg)

    def fault(self, at: datetime) -> str | None:
        """Why the key does not hold at an instant, None if it does."""
        if self.revoked_at is not None and self.revoked_at <= at:
            return "the key was revoked"
        if self.expires_at is not None and self.expires_at <= at:
            return "the key has expired"
        return None

    @property
    def principal(self) -> Principal:
        """Whoever holds it."""
        until = None if self.expires_at is None else self.expires_at.timestamp()
        return Principal(f"key:{self.id}", self.roles, until, key_id=self.id)


@dataclass(frozen=True, slots=True)
class GivenKey:
    """Key as a caller gave it."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"GivenKey({self.id})"

    def opens(self, key: AccessKey | None) -> bool:
        """Whether this is that key. Takes as long for one that does not exist."""
        digest = hashlib.sha256(self.secret.encode()).hexdigest()
        same = hmac.compare_digest(digest, _NOBODY_SHA256 if key is None else key.secret_sha256)
        return same and key is not None


def parse_key(text: str) -> GivenKey | None:
    """Key in a text, None if it is not of this form."""
    match = _TEXT.fullmatch(text)
    return None if match is None else GivenKey(match[1], match[2])


def make_key(label: str, roles: frozenset[Role], at: datetime, life: timedelta | None) -> tuple[str, AccessKey]:
    """New key: the text that is shown once, and what is kept of it."""
    key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    kept = AccessKey(key_id, digest, label, roles, at, None if life is None else at + life)
    return f"sonoplace_{key_id}_{secret}", kept
