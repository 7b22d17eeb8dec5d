"""The chain: everything that was accepted, answered or added, each link holding the hash of the one before it.

A link has two hashes. ``record_sha256`` is that of its content alone, canonical JSON without time, asker or place in
the chain: the same bytes judged by the same model and rules give the same on another day, with another number of
workers. ``link_sha256`` covers that hash and all the rest: position, kind, procedure, instant, asker, how the answers
are stored, and the link before.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import DamagedStore
from service.store.database import Database
from service.store.tables import ChainRow

Json = dict[str, Any]

GENESIS = "0" * 64
"""What the first link holds in place of a predecessor's hash."""
_READ_AT_ONCE = 256
_BEFORE_ALL = -(2**31)
"""Not 0: a link moved in front of the first one must be met."""
UNREADABLE = (ValueError, LookupError, TypeError, sa.exc.DBAPIError, DamagedStore)
"""What reading a row raises whose bytes are no longer what its columns take."""


class UnreadableLink(Exception):
    """The link after this position cannot be read."""

    def __init__(self, after: int) -> None:
        self.position = max(after, 0) + 1
        super().__init__(f"link {self.position} cannot be read")


class EntryKind(StrEnum):
    """What a link records."""

    ACCEPTED = "accepted"
    ANSWERED = "answered"
    FAILED = "failed"
    RECORD = "record"
    FOLLOW_UP = "follow_up"
    REVIEW = "review"
    KEY = "key"
    """A key of access, made or revoked; what it belongs to is its own id."""
    IDENTIFIERS = "identifiers"
    """A new key of the hashed identifiers, in place of one that was lost; it belongs to no procedure."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be appended: of which `EntryKind`, whose it is, what it says, when (`instant`) and who asked for it.

    ``procedure_id`` is the key's own id in links of keys.
    ``stored_sha256`` is the hash of the bytes that the answers to frames are stored as; the content holds that of the
    answers themselves, which outlives another library's way to deflate.
    """

    kind: str
    procedure_id: str
    content: bytes
    at: str
    asked_by: str
    stored_sha256: str | None = None

    @property
    def record_sha256(self) -> str:
        """Hash of the content alone."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def values(self) -> Json:
        """Content as plain values."""
        values: Json = orjson.loads(self.content)
        return values


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the chain, with the hashes that were written down for it."""

    position: int
    note: Note
    previous_sha256: str
    record_sha256: str
    link_sha256: str

    def fault(self, position: int, previous_sha256: str) -> str | None:
        """What is wrong with this link at its place, None if nothing is."""
        note = self.note
        if self.position != position:
            return f"link {position} is missing: the next one is {self.position}"
        if self.previous_sha256 != previous_sha256:
            return "it does not hold the hash of the link before it"
        if self.record_sha256 != note.record_sha256:
            return "its content is not what was recorded"
        if self.link_sha256 != link_sha256(position, note, previous_sha256):
            return "its instant, asker, kind or procedure is not what was recorded"
        return None


def instant(at: datetime) -> str:
    """An instant as the chain writes it: ISO 8601 in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def canonical(values: Mapping[str, Any]) -> bytes:
    """JSON of plain values in one form only: keys sorted, no spaces, shortest numbers."""
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)


def link_sha256(position: int, note: Note, previous_sha256: str) -> str:
    """Hash of a link: everything about it, and the hash of the link before."""
    link = {
        "position": position,
        "kind": note.kind,
        "procedure": note.procedure_id,
        "record_sha256": note.record_sha256,
        "stored_sha256": note.stored_sha256,
        "at": note.at,
        "asked_by": note.asked_by,
        "previous_sha256": previous_sha256,
    }
    return hashlib.sha256(canonical(link)).hexdigest()


def append(session: Session, note: Note) -> Entry:
    """Append a link, within a `Database.chaining` transaction."""
    newest = sa.select(ChainRow.position, ChainRow.link_sha256).order_by(ChainRow.position.desc()).limit(1)
    last, previous_sha256 = session.execute(newest).first() or (0, GENESIS)
    row = ChainRow(
        position=last + 1,
        kind=note.kind,
        procedure_id=note.procedure_id,
        content=note.content,
        record_sha256=note.record_sha256,
        stored_sha256=note.stored_sha256,
        at=note.at,
        asked_by=note.asked_by,
        previous_sha256=previous_sha256,
        link_sha256=link_sha256(last + 1, note, previous_sha256),
    )
    session.add(row)
    session.flush()
    return _entry(row)


def said_last(session: Session, note: Note) -> Entry | None:
    """The newest link of a note's kind, procedure and asker, if it says the same."""
    mine = (ChainRow.procedure_id == note.procedure_id, ChainRow.kind == note.kind, ChainRow.asked_by == note.asked_by)
    last = session.scalars(sa.select(ChainRow).where(*mine).order_by(ChainRow.position.desc()).limit(1)).first()
    return _entry(last) if last is not None and last.record_sha256 == note.record_sha256 else None


class Chain:
    """The chain of one database, for reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, procedure_id: str, kind: EntryKind | None = None) -> list[Entry]:
        """Links of one procedure, oldest first."""
        wanted = sa.select(ChainRow).where(ChainRow.procedure_id == procedure_id)
        if kind is not None:
            wanted = wanted.where(ChainRow.kind == kind.value)
        with self._database.reading() as session:
            return [_entry(row) for row in session.scalars(wanted.order_by(ChainRow.position))]

    def counts(self, procedure_id: str) -> dict[str, int]:
        """Number of links of one procedure by their kind."""
        wanted = sa.select(ChainRow.kind, sa.func.count()).where(ChainRow.procedure_id == procedure_id)
        with self._database.reading() as session:
            return {row[0]: row[1] for row in session.execute(wanted.group_by(ChainRow.kind))}

    def of_kind(self, kind: EntryKind) -> Iterator[Entry]:
        """Links of one kind over all procedures, oldest first."""
        return self._pages(ChainRow.kind == kind.value)

    def walk(self) -> Iterator[Entry]:
        """Every link, oldest first; read in pages, so that nothing holds the database meanwhile."""
        return self._pages(sa.true())

    def head(self) -> tuple[int, str]:
        """Number of links, and the hash of the last one."""
        newest = sa.select(ChainRow.position, ChainRow.link_sha256).order_by(ChainRow.position.desc()).limit(1)
        with self._database.reading() as session:
            return session.execute(newest).first() or (0, GENESIS)

    def _pages(self, wanted: sa.ColumnElement[bool]) -> Iterator[Entry]:
        after, at_once = _BEFORE_ALL, _READ_AT_ONCE
        while True:
            page = sa.select(ChainRow).where(wanted, ChainRow.position > after).order_by(ChainRow.position)
            try:
                with self._database.reading() as session:
                    entries = [_entry(row) for row in session.scalars(page.limit(at_once))]
            except UNREADABLE as error:
                if at_once == 1:
                    raise UnreadableLink(after) from error
                at_once = 1  # to come as far as can be read
                continue
            yield from entries
            if len(entries) < at_once:
                return
            after = entries[-1].position


def _entry(row: ChainRow) -> Entry:
    note = Note(row.kind, row.procedure_id, row.content, row.at, row.asked_by, row.stored_sha256)
    return Entry(row.position, note, row.previous_sha256, row.record_sha256, row.link_sha256)
