"""What people added to a procedure, as far as a list is searched by it: kept in its row, in the link's transaction.

The chain is where it is said; the row holds a copy of the newest, so that nobody need read all records to find some.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.store.chain import EntryKind, Note
from service.store.tables import ChainRow, ProcedureRow
from service.wire.dates import days_of

KINDS = (EntryKind.RECORD, EntryKind.REVIEW)


@dataclass(frozen=True, slots=True)
class Noted:
    """Codes of the newest record, and how many reviews there are.

    Parameters
    ----------
    performed_on
        Day, month or year, as it was recorded; ``performed_first`` and ``performed_last`` are the days it may mean.
    """

    site: str | None = None
    operator: str | None = None
    injectate: str | None = None
    performed_on: str | None = None
    performed_first: date | None = None
    performed_last: date | None = None
    reviews: int = 0

    def after(self, note: Note) -> "Noted":
        """With what one more link says."""
        if note.kind == EntryKind.REVIEW:
            return replace(self, reviews=self.reviews + 1)
        if note.kind != EntryKind.RECORD:
            return self
        record = note.values.get("record") or {}
        performed_on = record.get("performed_on")
        first, last = days_of(performed_on) if performed_on else (None, None)
        return Noted(
            site=record.get("site"),
            operator=record.get("operator"),
            injectate=(record.get("injectate") or {}).get("kind"),
            performed_on=performed_on,
            performed_first=first,
            performed_last=last,
            reviews=self.reviews,
        )


NOTHING = Noted()


def noted_in(row: ProcedureRow) -> Noted:
    """What a row holds."""
    return Noted(**{name: getattr(row, name) for name in Noted.__dataclass_fields__})


def take_note(session: Session, note: Note) -> None:
    """Keep in the row of a procedure what a link says of it."""
    row = session.get(ProcedureRow, note.procedure_id) if note.kind in KINDS else None
    if row is not None:
        for name, value in asdict(noted_in(row).after(note)).items():
            setattr(row, name, value)


def take_all_notes(session: Session) -> None:
    """Fill the rows of a store whose chain is older than these columns."""
    links = sa.select(ChainRow).where(ChainRow.kind.in_([kind.value for kind in KINDS])).order_by(ChainRow.position)
    for link in session.scalars(links.execution_options(yield_per=256)):
        take_note(session, Note(link.kind, link.procedure_id, link.content, link.at, link.asked_by))
    session.execute(sa.update(ProcedureRow).values(reason=ProcedureRow.summary["reason"].as_string()))
