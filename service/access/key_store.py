"""Keys and ended sessions in the store's database, so that all processes of a site know the same ones.

That a key was made or revoked is a link of the chain, so that `service.verification` sees a row that was changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from service.access.keys import AccessKey
from service.access.roles import Role
from service.settings import Settings
from service.store.chain import append
from service.store.database import Database, database_url
from service.store.sealing import key_note
from service.store.tables import AccessKeyRow, SessionEndRow, now

_COMMAND_LINE = "command-line"
"""Who makes and revokes keys: nothing else does."""


@dataclass(frozen=True, slots=True)
class Issued:
    """All keys by their id, and the sessions that were signed out of."""

    keys: Mapping[str, AccessKey]
    ended: frozenset[str]


class KeyStore:
    """Keys of one site. Safe to use from several threads; the store must have been opened once before."""

    def __init__(self, settings: Settings) -> None:
        self._database = Database(database_url(settings.database_url, settings.data_dir))

    def close(self) -> None:
        """Give back all connections."""
        self._database.close()

    def add(self, key: AccessKey) -> None:
        """Keep a new key."""
        row = AccessKeyRow(
            id=key.id,
            secret_sha256=key.secret_sha256,
            label=key.label,
            roles=sorted(key.roles),
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
        )
        with self._database.chaining() as session:
            session.add(row)
            append(session, key_note(row, now(), _COMMAND_LINE))

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Revoke a key from an instant on; False if there is none. One that was revoked before stays so."""
        with self._database.chaining() as session:
            row = session.get(AccessKeyRow, key_id)
            if row is None:
                return False
            if row.revoked_at is None:
                row.revoked_at = at
                append(session, key_note(row, at, _COMMAND_LINE))
        return True

    def end_session(self, session_id: str, expires_at: datetime) -> None:
        """Let a session hold no longer; those that would have expired by now are forgotten."""
        with self._database.writing() as session:
            session.execute(sa.delete(SessionEndRow).where(SessionEndRow.expires_at < now()))
            session.merge(SessionEndRow(session=session_id, expires_at=expires_at))

    def listed(self) -> list[AccessKey]:
        """All keys, oldest first."""
        with self._database.reading() as session:
            rows = session.scalars(sa.select(AccessKeyRow).order_by(AccessKeyRow.created_at, AccessKeyRow.id))
            return [_key(row) for row in rows]

    def issued(self) -> Issued:
        """Everything that a process needs to know."""
        with self._database.reading() as session:
            ended = frozenset(session.scalars(sa.select(SessionEndRow.session)))
        return Issued({key.id: key for key in self.listed()}, ended)


def _key(row: AccessKeyRow) -> AccessKey:
    roles = frozenset(map(Role, row.roles))
    return AccessKey(row.id, row.secret_sha256, row.label, roles, row.created_at, row.expires_at, row.revoked_at)
