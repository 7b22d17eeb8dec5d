"""Links for what was accepted and answered before there was a chain."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.store.chain import EntryKind, Note, append, instant
from service.store.frames import seal_stored
from service.store.sealing import accepted_content, answered_content, failed_content, stored_conclusion
from service.store.tables import ProcedureRow, now

_BEFORE_THE_CHAIN = "0001"
_UPGRADE = "upgrade"
"""Who asked for these links."""


def after_migration(session: Session, before: str | None) -> None:
    """Complete a migration from this revision, in its own transaction."""
    if before == _BEFORE_THE_CHAIN:
        for row in session.scalars(sa.select(ProcedureRow).order_by(ProcedureRow.created_at, ProcedureRow.id)):
            _seal(session, row)


def _seal(session: Session, row: ProcedureRow) -> None:
    append(session, Note(EntryKind.ACCEPTED, row.id, accepted_content(row), instant(row.created_at), _UPGRADE))
    if row.status == "failed":
        content = failed_content(row.failure or "unexpected")
        append(session, Note(EntryKind.FAILED, row.id, content, instant(now()), _UPGRADE))
    if row.status == "done":
        seal = seal_stored(session, row.id)
        content = answered_content(row, stored_conclusion(row), seal)
        append(session, Note(EntryKind.ANSWERED, row.id, content, instant(now()), _UPGRADE, seal.stored_sha256))
