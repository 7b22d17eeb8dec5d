"""Refusals of access; each enters the one table of `service.errors`.

::

    ServiceError
    ├── Unauthenticated      no key or token, or one that does not hold
    ├── Forbidden            known, but without the role that this needs
    ├── TooManyRequests      over the rate or number at a time that one asker may have
    ├── NotLocal             access is off, and this did not come from this machine
    ├── IssuerUnreachable    the identity provider's keys cannot be had
    └── AccessLogUnwritable  what cannot be recorded may change nothing

Messages never repeat a key, a token or any part of one.
"""

from collections.abc import Collection, Mapping

from service.errors import Outcome, ServiceError

_REALM = 'Bearer realm="sonoplace"'


class Unauthenticated(ServiceError, outcome=Outcome(401, 4401, "Not signed in")):
    """No key or token, or one that does not hold."""

    code = "unauthenticated"

    def __init__(self, why: str, *, given: bool) -> None:
        self._given = given
        super().__init__(why)

    @property
    def headers(self) -> Mapping[str, str]:
        """How to sign in; what was wrong only if something was given (RFC 6750 section 3.1)."""
        return {"WWW-Authenticate": _REALM + (', error="invalid_token"' if self._given else "")}


class Forbidden(ServiceError, outcome=Outcome(403, 4403, "Not allowed with this role")):
    """Known, but without the role that this needs."""

    code = "forbidden"

    def __init__(self, held: Collection[str], needed: Collection[str]) -> None:
        self._needed = " ".join(sorted(needed))
        has = ", ".join(sorted(held)) or "none"
        super().__init__(f"roles held: {has}; expected one of {', '.join(sorted(needed))}")

    @property
    def headers(self) -> Mapping[str, str]:
        """Roles that would do."""
        return {"WWW-Authenticate": f'{_REALM}, error="insufficient_scope", scope="{self._needed}"'}


class TooManyRequests(ServiceError, outcome=Outcome(429, 4429, "Too many requests")):
    """Over the rate or number at a time that one asker may have."""

    code = "too-many-requests"

    def __init__(self, what: str, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"{what}: try again in {retry_after_s} s")

    @property
    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"Retry-After": str(self.retry_after_s)}


class NotLocal(ServiceError, outcome=Outcome(403, 4403, "Access is off: this machine alone is answered")):
    """Access is off, and this did not come from this machine."""

    code = "not-local"


class IssuerUnreachable(ServiceError, outcome=Outcome(503, 1013, "The identity provider does not answer")):
    """Its keys cannot be had, so that no token can be checked."""

    code = "issuer-unreachable"

    @property
    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"Retry-After": "10"}


class AccessLogUnwritable(ServiceError, outcome=Outcome(503, 1013, "The access log cannot be written")):
    """What cannot be recorded may change nothing."""

    code = "access-log-unwritable"

    @property
    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"Retry-After": "5"}
