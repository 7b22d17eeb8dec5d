"""The site's key beside its store: made with the store, and known again by its fingerprint ever after."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import DamagedStore
from service.store.chain import EntryKind, Note, append, canonical, instant
from service.store.identifiers import IdentifierKey
from service.store.tables import ChainRow, IdentifierKeyRow, now
from service.store.trouble import KeyInPlace, LostIdentifierKey

_WITH_FINGERPRINT = "0007"


def site_key(session: Session, path: Path, before: str | None) -> IdentifierKey:
    """Key of a store, within the transaction that opens it: no two starts make one each.

    Parameters
    ----------
    before
        Revision of the database before it was opened; None for an empty one.

    Raises
    ------
    LostIdentifierKey
        If it is missing, not whole, or not the one that the store was made with.
    DamagedStore
        If nothing tells any more which one that was.
    """
    kept = list(session.scalars(sa.select(IdentifierKeyRow.fingerprint)))
    is_new = not kept and session.scalar(sa.select(ChainRow.position).limit(1)) is None
    key = IdentifierKey(path, may_make=is_new)
    if kept:
        if kept != [key.fingerprint]:
            raise another_key(path)
        return key
    if not is_new and (before or "") >= _WITH_FINGERPRINT:
        msg = f"the database does not say any more which {path.name} is its own: restore a backup"
        raise DamagedStore(msg)
    session.add(IdentifierKeyRow(fingerprint=key.fingerprint))
    return key


def renew_site_key(session: Session, path: Path, asked_by: str) -> None:
    """Make a new key for a store that lost its own for good, and record it in the chain.

    Raises
    ------
    KeyInPlace
        If there is a file of its name, whatever it holds.
    """
    if path.exists():
        msg = f"{path.name} is there: keep it elsewhere first, if it is not the site's own"
        raise KeyInPlace(msg)
    key = IdentifierKey(path)
    lost = session.scalar(sa.select(IdentifierKeyRow.fingerprint))
    session.execute(sa.delete(IdentifierKeyRow))
    session.add(IdentifierKeyRow(fingerprint=key.fingerprint))
    content = canonical({"entry": EntryKind.IDENTIFIERS, "fingerprint": key.fingerprint, "lost": lost})
    append(session, Note(EntryKind.IDENTIFIERS, "", content, instant(now()), asked_by))


def another_key(path: Path) -> LostIdentifierKey:
    """Refusal of a whole key that is not the store's own."""
    return LostIdentifierKey(f"{path.name} is not the key that this store was made with")
