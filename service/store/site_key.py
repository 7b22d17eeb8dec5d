"""The site's key beside its store: made with the store, and known again by its fingerprint ever after."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import DamagedStore
from service.store.identifiers import IdentifierKey
from service.store.tables import ChainRow, IdentifierKeyRow
from service.store.trouble import LostIdentifierKey

KEY_FILE = "identifiers.key"
"""Its name in the data folder."""
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


def another_key(path: Path) -> LostIdentifierKey:
    """Refusal of a whole key that is not the store's own."""
    return LostIdentifierKey(f"{path.name} is not the key that this store was made with")
