"""A procedure's row and its stored answers, against what the chain says of them."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from service.store.chain import UNREADABLE, Entry, EntryKind, instant
from service.store.noted import NOTHING, Noted, noted_in
from service.store.sealing import accepted_content, answered_content, failed_content, stored_conclusion
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.verification.findings import Fault, Part

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the chain says of one procedure: by hashes, so that a million of them fit into memory."""

    procedure_id: str
    position: int
    accepted_sha256: str
    accepted_at: str
    blob_sha256: str
    end_kind: str | None = None
    end_position: int = 0
    end_sha256: str | None = None
    stored_sha256: str | None = None
    noted: Noted = NOTHING

    @classmethod
    def accepted_as(cls, entry: Entry) -> "Recorded":
        """From the link that accepts it."""
        note = entry.note
        return cls(note.procedure_id, entry.position, entry.record_sha256, note.at, _blob_named_in(entry))

    def ended_as(self, entry: Entry) -> "Recorded":
        """With the link that answers it, or says why there is no answer."""
        return replace(
            self,
            end_kind=entry.note.kind,
            end_position=entry.position,
            end_sha256=entry.record_sha256,
            stored_sha256=entry.note.stored_sha256,
        )

    def noted_as(self, entry: Entry) -> "Recorded":
        """With a link of what people added."""
        return replace(self, noted=self.noted.after(entry.note))

    def ended_with(self, content: bytes) -> bool:
        """Whether the end was recorded with this content."""
        return hashlib.sha256(content).hexdigest() == self.end_sha256


def row_faults(store: Store, recorded: Recorded) -> Iterator[Fault]:
    """What differs between a procedure's row and answers and the chain."""
    try:
        row = store.find(recorded.procedure_id)
    except UNREADABLE:
        yield _fault(recorded, Part.ROW, "its row cannot be read")
        return
    if row is None:
        yield _fault(recorded, Part.ROW, "its row is missing")
        return
    accepted = hashlib.sha256(accepted_content(row)).hexdigest() == recorded.accepted_sha256
    if not accepted or instant(row.created_at) != recorded.accepted_at:
        yield _fault(recorded, Part.ROW, "its row is not what was accepted")
    if noted_in(row) != recorded.noted:
        yield _fault(recorded, Part.ROW, "its row is not found by what was recorded")
    yield from _end_faults(store, row, recorded)


def _end_faults(store: Store, row: ProcedureRow, recorded: Recorded) -> Iterator[Fault]:
    if recorded.end_kind == EntryKind.ANSWERED:
        yield from _answer_faults(store, row, recorded)
    elif row.status in ("queued", "running"):
        return  # not answered yet, or asked again after a failure
    elif recorded.end_kind is None:
        yield _fault(recorded, Part.ROW, f"its row says {row.status}, which no link records")
    elif row.status != "failed" or not recorded.ended_with(failed_content(row.failure or "")):
        yield _end_fault(recorded, Part.ROW, "its row does not say why it failed, as was recorded")


def _answer_faults(store: Store, row: ProcedureRow, recorded: Recorded) -> Iterator[Fault]:
    said = row.summary or {}
    state = (row.status, row.verdict, row.reason, row.failure, row.run, row.frames_done)
    if state != ("done", said.get("verdict"), said.get("reason"), None, None, row.frame_count):
        yield _end_fault(recorded, Part.ROW, "its row is not that of an answered procedure")
    try:
        seal = store.seal(row.id)
        conclusion = stored_conclusion(row, store.assessment(row.id))
    except UNREADABLE:
        yield _end_fault(recorded, Part.ANSWERS, "a stored answer, or what it rests on, cannot be read")
        return
    if seal.stored_sha256 != recorded.stored_sha256:
        yield _end_fault(recorded, Part.ANSWERS, "the stored answers to its frames are not those that were recorded")
    elif not recorded.ended_with(answered_content(row, conclusion, seal)):
        yield _end_fault(recorded, Part.ROW, "its row, or what its answer rests on, is not what was answered")


def _blob_named_in(entry: Entry) -> str:
    """Name of the blob; "" where the content says none, which is a fault of the link already."""
    try:
        name = str(entry.note.values["blob_sha256"])
    except UNREADABLE:
        return ""
    return name if _SHA256.fullmatch(name) else ""


def _fault(recorded: Recorded, part: Part, what: str) -> Fault:
    return Fault(recorded.position, EntryKind.ACCEPTED, recorded.procedure_id, part, what)


def _end_fault(recorded: Recorded, part: Part, what: str) -> Fault:
    return Fault(recorded.end_position, recorded.end_kind or "", recorded.procedure_id, part, what)
