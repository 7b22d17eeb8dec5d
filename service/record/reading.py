"""What people added, read from the chain: the one place where it is kept."""

from typing import Any

from service.errors import NotFound
from service.record.sight import EVERYTHING, Sight
from service.store.chain import Entry, EntryKind
from service.store.store import Store
from service.wire import (
    Flag,
    FollowUp,
    FollowUpAnswer,
    Laterality,
    LinkAnswer,
    ProcedureRecord,
    RecordAnswer,
    Review,
    ReviewAnswer,
)


def record_of(store: Store, procedure_id: str, version: int | None = None) -> RecordAnswer | None:
    """Record of a procedure, the newest version or the one asked for; None if nothing was recorded.

    Raises
    ------
    NotFound
        If there are versions, but not this one.
    """
    entries = store.chain.of(procedure_id, EntryKind.RECORD)
    if not entries:
        return None
    wanted = version or len(entries)
    if wanted > len(entries):
        msg = f"version {wanted} of the record was asked for: there are versions 1 to {len(entries)}"
        raise NotFound(msg)
    return record_answer(entries[wanted - 1], wanted)


def follow_ups_of(store: Store, procedure_id: str) -> list[FollowUpAnswer]:
    """Visits, in the order in which they were added."""
    return [follow_up_answer(entry) for entry in store.chain.of(procedure_id, EntryKind.FOLLOW_UP)]


def reviews_of(store: Store, procedure_id: str) -> list[ReviewAnswer]:
    """Reviews, in the order in which they were added."""
    return [review_answer(entry) for entry in store.chain.of(procedure_id, EntryKind.REVIEW)]


def history_of(store: Store, procedure_id: str, sight: Sight = EVERYTHING) -> list[LinkAnswer]:
    """Links of a procedure, oldest first; a review that may not be seen is left out whole.

    Its hash alone would tell what it says: there are few things that a review can say.
    """
    seen = {answer.position for answer in sight.seen(reviews_of(store, procedure_id))}
    return [
        LinkAnswer(
            **_added(entry),
            kind=entry.note.kind,
            stored_sha256=entry.note.stored_sha256,
            previous_sha256=entry.previous_sha256,
        )
        for entry in store.chain.of(procedure_id)
        if entry.note.kind != EntryKind.REVIEW or entry.position in seen
    ]


def record_answer(entry: Entry, version: int) -> RecordAnswer:
    """Record as it is answered, with what does not fit together in it."""
    values = entry.note.values
    record = ProcedureRecord.model_validate(values["record"])
    flags = _flags(record, values["picture_laterality"])
    return RecordAnswer(
        **_added(entry),
        version=version,
        record=record,
        picture_laterality=values["picture_laterality"],
        flags=flags,
        explanations=[flag.sentence for flag in flags],
    )


def follow_up_answer(entry: Entry) -> FollowUpAnswer:
    """Visit as it is answered."""
    return FollowUpAnswer(**_added(entry), follow_up=FollowUp.model_validate(entry.note.values["follow_up"]))


def review_answer(entry: Entry) -> ReviewAnswer:
    """Review as it is answered."""
    return ReviewAnswer(**_added(entry), review=Review.model_validate(_present_shape(entry.note.values["review"])))


def _present_shape(said: dict[str, Any]) -> dict[str, Any]:
    """A review as it is written today; until version 0.1.0 it held one correction, of the frame that it spoke of."""
    if "correction" not in said:
        return said
    kept = {name: value for name, value in said.items() if name != "correction"}
    old = {name: value for name, value in (said["correction"] or {}).items() if value not in (None, False)}
    return kept | {"corrections": [{"frame": said["frame"], **old}] if old else []}


def _flags(record: ProcedureRecord, picture_laterality: str | None) -> list[Flag]:
    sides = [side for side in (picture_laterality, record.laterality_on_screen) if side in set(Laterality)]
    return [Flag.LATERALITY_CONFLICT] if any(side != record.laterality for side in sides) else []


def _added(entry: Entry) -> dict[str, Any]:
    return {
        "added_at": entry.note.at,
        "added_by": entry.note.asked_by,
        "position": entry.position,
        "record_sha256": entry.record_sha256,
        "link_sha256": entry.link_sha256,
    }
