"""What a migration leaves to fill: links of what was there before the chain, codes that lists are searched by."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.store.chain import EntryKind, Note, append, instant
from service.store.frames import seal_stored
from service.store.noted import take_all_notes
from service.store.sealing import accepted_content, answered_content, failed_content, key_note, stored_conclusion
from service.store.tables import AccessKeyRow, ProcedureRow, now

_BEFORE_THE_CHAIN = "0001"
_WITH_CODES = "0004"
_WITH_KEYS, _WITH_SEALED_KEYS = "0003", "0006"
_UPGRADE = "upgrade"
"""Who asked for these links."""


def after_migration(session: Session, before: str | None) -> None:
    """Complete a migration from this revision, in its own transaction."""
    if before == _BEFORE_THE_CHAIN:
        for row in session.scalars(sa.select(ProcedureRow).order_by(ProcedureRow.created_at, ProcedureRow.id)):
            _seal(session, row)
    if before is not None and before < _WITH_CODES:
        take_all_notes(session)
    if before is not None and _WITH_KEYS <= before < _WITH_SEALED_KEYS:
        for key in session.scalars(sa.select(AccessKeyRow).order_by(AccessKeyRow.created_at, AccessKeyRow.id)):
            append(session, key_note(key, now(), _UPGRADE))


def _seal(session: Session, row: ProcedureRow) -> None:
    append(session, Note(EntryKind.ACCEPTED, row.id, accepted_content(row), instant(row.created_at), _UPGRADE))
    if row.status == "failed":
        content = failed_content(row.failure or "unexpected")
        append(session, Note(EntryKind.FAILED, row.id, content, instant(now()), _UPGRADE))
    if row.status == "done":
        seal = seal_stored(session, row.id)
        content = answered_content(row, stored_conclusion(row), seal)
        append(session, Note(EntryKind.ANSWERED, row.id, content, instant(now()), _UPGRADE, seal.stored_sha256))
