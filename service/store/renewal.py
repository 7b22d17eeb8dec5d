"""A new key of identifiers for a store that lost its own for good, on the record."""

from contextlib import closing

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.settings import Settings
from service.store.chain import EntryKind, Note, append, canonical, instant
from service.store.database import Database, database_url
from service.store.identifiers import IdentifierKey
from service.store.site_key import KEY_FILE
from service.store.tables import IdentifierKeyRow, now
from service.store.trouble import KeyInPlace, writing_files
from service.store.upgrade import after_migration

_COMMAND_LINE = "command-line"


def renew_identifiers(settings: Settings) -> None:
    """Make a new key and say so in the chain; identifiers that were hashed before are not recognised again.

    Raises
    ------
    KeyInPlace
        If there is a file of its name, whatever it holds.
    """
    path = settings.data_dir / KEY_FILE
    if path.exists():
        msg = f"{path.name} is there: keep it elsewhere first, if it is not the site's own"
        raise KeyInPlace(msg)

    def complete(session: Session, before: str | None) -> None:
        after_migration(session, before)
        _replace(session, IdentifierKey(path).fingerprint)

    with writing_files():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    with closing(Database(database_url(settings.database_url, settings.data_dir))) as database:
        database.migrate(complete)


def _replace(session: Session, fingerprint: str) -> None:
    lost = session.scalar(sa.select(IdentifierKeyRow.fingerprint))
    session.execute(sa.delete(IdentifierKeyRow))
    session.add(IdentifierKeyRow(fingerprint=fingerprint))
    content = canonical({"entry": EntryKind.IDENTIFIERS, "fingerprint": fingerprint, "lost": lost})
    append(session, Note(EntryKind.IDENTIFIERS, "", content, instant(now()), _COMMAND_LINE))
