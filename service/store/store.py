"""Procedures and their answers: rows in a database, files beside it, and the chain that seals both.

A row is written after its blob is durable, in one transaction with its link of the chain: what was accepted survives a
crash, and what is there is whole.
"""

import secrets
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from service.errors import DamagedStore, LostRun, NotFound, StoreUnreachable
from service.settings import Settings
from service.store.blobs import Blobs
from service.store.chain import Chain, Entry, EntryKind, Note, append, instant, said_last
from service.store.choice import ALL, Choice
from service.store.database import Database, database_url
from service.store.folder_blobs import FolderBlobs
from service.store.frames import FrameRecord, Seal, frame_rows, packed, seal_stored, unpacked
from service.store.identifiers import IdentifierKey
from service.store.noted import take_note
from service.store.sealing import Conclusion, accepted_content, answered_content, failed_content, stored_conclusion
from service.store.site_key import KEY_FILE, another_key, site_key
from service.store.tables import AccessKeyRow, AssessmentRow, Base, ChainRow, FrameRow, ProcedureRow, now
from service.store.trouble import DAMAGED, LostIdentifierKey, writing_files
from service.store.upgrade import after_migration

__all__ = ["FrameRecord", "Run", "Store", "now", "open_store"]

SERVICE = "service"
"""Asker of what nobody else asked for."""
_UNFINISHED = ("queued", "running")
_CACHE_MB = 2_000.0
_READ_AT_ONCE = 1_000
_PROBE_S = 2.0


@dataclass(frozen=True, slots=True)
class Run:
    """One analysis of a procedure. A later one takes its right to write."""

    procedure_id: str
    token: str


def open_store(settings: Settings) -> "Store":
    """Store where the settings say."""
    return Store(settings.data_dir, settings.database_url, settings.blobs_url)


class Store:
    """Everything a site keeps. Safe to use from several threads, and from several processes at once.

    Parameters
    ----------
    folder
        For the key of the hashed identifiers, and for all else that no address is given for.
    database_address, blobs_address
        ``postgresql://…`` and ``s3://…``; SQLite and a folder where there is none.
    """

    def __init__(self, folder: Path, database_address: str | None = None, blobs_address: str | None = None) -> None:
        with writing_files():
            folder.mkdir(parents=True, exist_ok=True)
        self._database = Database(database_url(database_address, folder))
        self.blobs = open_blobs(folder, blobs_address)
        self.chain = Chain(self._database)
        self._key_path = folder / KEY_FILE
        self._probing = threading.Lock()
        with ExitStack() as refused:
            refused.callback(self._database.close)
            self.identifiers = self._opened()
            refused.pop_all()

    def _opened(self) -> IdentifierKey:
        """The site's key, once the database is of this version."""

        def complete(session: Session, before: str | None) -> IdentifierKey:
            after_migration(session, before)
            return site_key(session, self._key_path, before)

        try:
            return self._database.migrate(complete)
        except UnicodeDecodeError as error:  # of a database's own description of its tables
            raise DamagedStore(DAMAGED) from error
        except sa.exc.DBAPIError as error:
            if not isinstance(error.orig, sqlite3.Error):
                raise
            raise DamagedStore(DAMAGED) from error  # its tables are not those of the schema that it says it has

    def close(self) -> None:
        """Give back all connections."""
        self._database.close()

    def damage(self) -> list[str]:
        """What is wrong with the database as such, in SQLite's own words; nothing of what its rows hold.

        Raises
        ------
        DamagedStore
            If it cannot even be looked through.
        """
        return self._database.damage(Base.metadata)

    def lost_key(self) -> str | None:
        """What became of the key of identifiers since the store was opened, None if it is there as it was."""
        try:
            key = IdentifierKey(self._key_path, may_make=False)
        except LostIdentifierKey as error:
            return str(error)
        return None if key.fingerprint == self.identifiers.fingerprint else str(another_key(self._key_path))

    def probe(self) -> None:
        """See whether a procedure could be taken in now.

        Raises
        ------
        StoreUnreachable
            If not, with the reason; also while an earlier look at it has not come back.
        """
        if not self._probing.acquire(timeout=_PROBE_S):
            msg = f"an earlier look at the store has not come back for {_PROBE_S:g} s"
            raise StoreUnreachable(msg)
        try:
            self._database.probe()
            self.blobs.probe()
        finally:
            self._probing.release()

    def add(self, row: ProcedureRow, asked_by: str = SERVICE) -> bool:
        """Accept a queued procedure; False if it is there already, queued once more if it had failed."""
        with self._database.chaining() as session:
            known = session.get(ProcedureRow, row.id)
            if known is not None:
                if known.status == "failed":  # the chain keeps what was recorded of that
                    known.status, known.failure = "queued", None
                return False
            session.add(row)
            append(session, Note(EntryKind.ACCEPTED, row.id, accepted_content(row), instant(row.created_at), asked_by))
        return True

    def access_keys(self) -> list[AccessKeyRow]:
        """Every key of access, for comparing them with the chain; `service.access.key_store` has them for use."""
        with self._database.reading() as session:
            return list(session.scalars(sa.select(AccessKeyRow).order_by(AccessKeyRow.id)))

    def find(self, procedure_id: str) -> ProcedureRow | None:
        """Procedure of this id, or None."""
        with self._database.reading() as session:
            return session.get(ProcedureRow, procedure_id)

    def procedure(self, procedure_id: str) -> ProcedureRow:
        """Procedure of this id.

        Raises
        ------
        NotFound
            If there is none.
        """
        row = self.find(procedure_id)
        if row is None:
            msg = "there is no procedure of this id"
            raise NotFound(msg)
        return row

    def page(self, limit: int, offset: int, choice: Choice = ALL) -> tuple[int, list[ProcedureRow]]:
        """Number of the chosen procedures, and some of them, newest first."""
        chosen = sa.select(ProcedureRow).options(defer(ProcedureRow.frame_verdicts)).where(*choice.conditions())
        newest = chosen.order_by(ProcedureRow.created_at.desc(), ProcedureRow.id).limit(limit).offset(offset)
        with self._database.reading() as session:
            total = session.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
            return total, list(session.scalars(newest))

    def chosen(self, choice: Choice = ALL) -> Iterator[ProcedureRow]:
        """All of the chosen procedures, newest first, each once however the store grows meanwhile.

        Some are read at a time, so that nothing holds the database.
        """
        wanted = sa.select(ProcedureRow).options(defer(ProcedureRow.frame_verdicts)).where(*choice.conditions())
        at, name = ProcedureRow.created_at, ProcedureRow.id
        wanted = wanted.order_by(at.desc(), name).limit(_READ_AT_ONCE)
        newest = wanted
        while True:
            with self._database.reading() as session:
                rows = list(session.scalars(newest))
            yield from rows
            if len(rows) < _READ_AT_ONCE:
                return
            last = rows[-1]
            older = sa.or_(at < last.created_at, sa.and_(at == last.created_at, name > last.id))
            newest = wanted.where(older)

    def procedure_ids(self) -> set[str]:
        """Identifiers of all procedures."""
        with self._database.reading() as session:
            return set(session.scalars(sa.select(ProcedureRow.id)))

    def verdicts(self) -> list[tuple[str, str]]:
        """Identifier and verdict of every answered procedure, oldest first."""
        wanted = sa.select(ProcedureRow.id, ProcedureRow.verdict).where(ProcedureRow.status == "done")
        with self._database.reading() as session:
            found = session.execute(wanted.order_by(ProcedureRow.created_at))
            return [(name, verdict or "") for name, verdict in found]

    def count_answered(self) -> int:
        """Number of answered procedures."""
        wanted = sa.select(sa.func.count()).select_from(ProcedureRow).where(ProcedureRow.status == "done")
        with self._database.reading() as session:
            return session.scalar(wanted) or 0

    def unfinished(self) -> list[str]:
        """Procedures that were accepted and not answered, oldest first."""
        wanted = sa.select(ProcedureRow.id).where(ProcedureRow.status.in_(_UNFINISHED))
        with self._database.reading() as session:
            return list(session.scalars(wanted.order_by(ProcedureRow.created_at)))

    def begin(self, procedure_id: str, identity: Mapping[str, Any]) -> Run:
        """Begin to analyse a procedure; an analysis begun earlier may write no more, and what it wrote is dropped.

        Parameters
        ----------
        identity
            Model, rules and code that answer, which need not be those that the procedure was accepted under.

        Raises
        ------
        LostRun
            If it is answered already.
        """
        run = Run(procedure_id, secrets.token_hex(16))
        unanswered = sa.and_(ProcedureRow.id == procedure_id, ProcedureRow.status != "done")
        values = {"status": "running", "failure": None, "frames_done": 0, "run": run.token, "identity": dict(identity)}
        with self._database.writing() as session:
            _update(session, unanswered, values)
            session.execute(sa.delete(FrameRow).where(FrameRow.procedure_id == procedure_id))
        return run

    def add_frames(self, run: Run, records: Iterable[FrameRecord]) -> None:
        """Add answers to frames of a running procedure.

        Raises
        ------
        LostRun
            If it was begun again meanwhile.
        """
        rows = [packed(run.procedure_id, record) for record in records]
        with self._database.writing() as session:
            _update(session, _own(run), {"frames_done": ProcedureRow.frames_done + len(rows)})
            session.add_all(rows)

    def finish(self, run: Run, conclusion: Conclusion) -> Entry:
        """Record and seal the answer to a procedure.

        Raises
        ------
        LostRun
            If it was begun again meanwhile.
        """
        seal = self.seal(run.procedure_id)  # before the lock: only this run may write these frames
        values = {
            "status": "done",
            "failure": None,
            "run": None,
            "verdict": str(conclusion.summary["verdict"]),
            "summary": dict(conclusion.summary),
            "reason": conclusion.summary.get("reason"),
            "frame_verdicts": list(conclusion.frame_verdicts),
        }
        with self._database.chaining() as session:
            _update(session, _own(run), values)
            row = session.get_one(ProcedureRow, run.procedure_id)
            if conclusion.assessment is not None:
                session.add(AssessmentRow(procedure_id=row.id, content=zlib.compress(conclusion.assessment)))
            return append(session, _answered(session, row, conclusion.assessment, seal))

    def fail(self, procedure_id: str, code: str) -> None:
        """Record why a procedure could not be answered; one that was answered meanwhile stays so."""
        unfinished = sa.and_(ProcedureRow.id == procedure_id, ProcedureRow.status.in_(_UNFINISHED))
        failed = sa.update(ProcedureRow).where(unfinished).values(status="failed", failure=code, run=None)
        with self._database.chaining() as session:
            if session.execute(failed.returning(ProcedureRow.id)).first() is not None:
                append(session, Note(EntryKind.FAILED, procedure_id, failed_content(code), instant(now()), SERVICE))

    def note(self, kind: EntryKind, procedure_id: str, content: bytes, asked_by: str) -> Entry:
        """Append what people add to a procedure. Nothing that was said before is changed.

        What an asker says twice in a row is kept once: whoever never heard that it was taken says it again.
        """
        with self._database.chaining() as session:
            note = Note(kind, procedure_id, content, instant(now()), asked_by)
            known = said_last(session, note)
            if known is not None:
                return known
            take_note(session, note)
            return append(session, note)

    def seal(self, procedure_id: str) -> Seal:
        """Hashes of the answers to all frames of a procedure, as they are stored.

        Raises
        ------
        ValueError
            If one of them cannot be read.
        """
        with self._database.reading() as session:
            return seal_stored(session, procedure_id)

    def assessment(self, procedure_id: str) -> bytes | None:
        """What the answer to a procedure rests on, as JSON; None if that is not kept.

        Raises
        ------
        DamagedStore
            If it cannot be read.
        """
        with self._database.reading() as session:
            row = session.get(AssessmentRow, procedure_id)
        try:
            return None if row is None else zlib.decompress(row.content)
        except zlib.error as error:
            msg = "what the answer to a procedure rests on cannot be read"
            raise DamagedStore(msg) from error

    def frame_answers(self, procedure_id: str) -> Iterator[bytes]:
        """Answers to all frames of a procedure as JSON, in order."""
        with self._database.reading() as session, frame_rows(session, procedure_id) as rows:
            yield from (unpacked(row).answer for row in rows)

    def frame_answer(self, procedure_id: str, index: int) -> bytes:
        """Answer to a frame as JSON."""
        return unpacked(self._frame(procedure_id, index)).answer

    def frame_overlay(self, procedure_id: str, index: int) -> bytes:
        """Overlay of a frame as SVG."""
        return unpacked(self._frame(procedure_id, index)).overlay

    def _frame(self, procedure_id: str, index: int) -> FrameRow:
        with self._database.reading() as session:
            row = session.get(FrameRow, (procedure_id, index))
        if row is None:
            msg = f"there is no answer to frame {index} of this procedure"
            raise NotFound(msg)
        return row


def open_blobs(folder: Path, address: str | None) -> Blobs:
    """Files of a store, in its folder or at an address."""
    if address is None:
        return FolderBlobs(folder / "blobs")
    from service.store.object_blobs import ObjectBlobs

    return ObjectBlobs(address, folder / "blob-cache", _CACHE_MB)


def _own(run: Run) -> sa.ColumnElement[bool]:
    return sa.and_(ProcedureRow.id == run.procedure_id, ProcedureRow.run == run.token)


def _update(session: Session, which: sa.ColumnElement[bool], values: Mapping[str, Any]) -> None:
    changed = session.execute(sa.update(ProcedureRow).where(which).values(**values).returning(ProcedureRow.id))
    if changed.first() is None:
        msg = "another process analyses this procedure now, or has answered it: its answer counts"
        raise LostRun(msg)


def _answered(session: Session, row: ProcedureRow, assessment: bytes | None, seal: Seal) -> Note:
    accepted = sa.select(ChainRow.asked_by).where(ChainRow.procedure_id == row.id)
    asked_by = session.scalar(accepted.order_by(ChainRow.position).limit(1)) or SERVICE
    return Note(
        EntryKind.ANSWERED,
        row.id,
        answered_content(row, stored_conclusion(row, assessment), seal),
        instant(now()),
        asked_by,
        seal.stored_sha256,
    )
