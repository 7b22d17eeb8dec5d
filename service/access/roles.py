"""Who asks, and what they may do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here for."""

    WORKSTATION = "workstation"
    """Sends pictures and live sessions, and sees what became of them."""
    REVIEWER = "reviewer"
    """Reads procedures and reports, adds records, follow-ups and reviews."""
    AUDITOR = "auditor"
    """Reads everything, figures too, and verifies the store; adds nothing."""
    ADMIN = "admin"
    """May do all of it."""


ALL_ROLES = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks, once known.

    Parameters
    ----------
    name
        ``key:ID`` or ``oidc:HASH``; what the chain and the access log hold.
    expires_at
        Unix time in seconds after which this holds no longer; None for never.
    key_id
        Key that it rests on, if on one.
    session
        Session of the page that it came by, if by one.
    """

    name: str
    roles: frozenset[Role]
    expires_at: float | None = None
    key_id: str | None = None
    session: str | None = None


LOCAL = Principal("anonymous", ALL_ROLES)
"""Everyone, while access is off."""
