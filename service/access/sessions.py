"""Sessions of the page: a key, entered once, becomes a cookie that no script can read.

The cookie says ``KEY.SESSION.EXPIRES.MAC``. The MAC needs two secrets: the site's own (`identifiers.key`, a file) and
the hash of the key (in the database), so that neither alone can make one, no process has to remember any, and a
revoked key takes its sessions with it.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from service.access.keys import AccessKey

_TEXT = re.compile(r"([0-9a-f]{12})\.([0-9a-f]{32})\.([0-9]{10,12})\.([0-9a-f]{64})")
_SESSION_BYTES = 16
PLAIN_NAME, SECURE_NAME = "sonoplace-session", "__Host-sonoplace-session"
"""Behind TLS the cookie has a name that a browser takes from this host alone, over TLS alone (RFC 6265bis)."""

Hashed = Callable[[str], str]
"""HMAC with the site's secret, hexadecimal."""


@dataclass(frozen=True, slots=True)
class PageSession:
    """Session as a cookie says it."""

    key_id: str
    id: str
    expires_at: int
    mac: str

    def __str__(self) -> str:
        return f"{self.key_id}.{self.id}.{self.expires_at}.{self.mac}"

    def belongs_to(self, key: AccessKey, hashed: Hashed) -> bool:
        """Whether this was made by `begin_session` for that key."""
        return hmac.compare_digest(self.mac, _mac(key, self.id, self.expires_at, hashed))


def begin_session(key: AccessKey, expires_at: int, hashed: Hashed) -> PageSession:
    """New session of whoever holds a key."""
    session_id = secrets.token_hex(_SESSION_BYTES)
    return PageSession(key.id, session_id, expires_at, _mac(key, session_id, expires_at, hashed))


def parse_session(text: str) -> PageSession | None:
    """Session in a cookie's value, None if it is not of this form."""
    match = _TEXT.fullmatch(text)
    return None if match is None else PageSession(match[1], match[2], int(match[3]), match[4])


def cookie_name(scheme: str) -> str:
    """Name of the cookie: ``scheme`` is that of the request, which a proxy in front may have said."""
    return SECURE_NAME if scheme in ("https", "wss") else PLAIN_NAME


def set_cookie(session: PageSession, scheme: str, life_s: int) -> str:
    """``Set-Cookie`` that begins a session."""
    return f"{cookie_name(scheme)}={session}; Max-Age={life_s}; {_attributes(scheme)}"


def clear_cookie(scheme: str) -> str:
    """``Set-Cookie`` that ends one."""
    return f"{cookie_name(scheme)}=; Max-Age=0; {_attributes(scheme)}"


def _attributes(scheme: str) -> str:
    secure = "; Secure" if cookie_name(scheme) == SECURE_NAME else ""
    return f"Path=/; HttpOnly; SameSite=Strict{secure}"


def _mac(key: AccessKey, session_id: str, expires_at: int, hashed: Hashed) -> str:
    return hashed(f"access-session:{key.id}:{session_id}:{expires_at}:{key.secret_sha256}")
