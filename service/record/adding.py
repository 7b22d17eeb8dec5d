"""What people add, checked against the procedure it is added to, and appended."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import orjson

from service.errors import BadQuery
from service.record.reading import follow_up_answer, record_answer, record_of, review_answer
from service.store.chain import EntryKind, canonical
from service.store.ended import require_answered
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.wire import (
    Correction,
    FollowUp,
    FollowUpAnswer,
    PartialDate,
    ProcedureRecord,
    RecordAnswer,
    Review,
    ReviewAnswer,
)
from service.wire.dates import PRECISIONS, days_of, precision_of


def put_record(store: Store, row: ProcedureRow, record: ProcedureRecord, asked_by: str) -> tuple[RecordAnswer, bool]:
    """Record of a procedure, a new version if it differs from the present one; and whether it is new."""
    known = record_of(store, row.id)
    if known is not None and known.record == record:
        return known, False
    said = {"record": record.model_dump(mode="json"), "picture_laterality": row.laterality}
    entry = store.note(EntryKind.RECORD, row.id, _content(EntryKind.RECORD, said), asked_by)
    return record_answer(entry, 1 if known is None else known.version + 1), True


def add_follow_up(store: Store, row: ProcedureRow, follow_up: FollowUp, asked_by: str) -> FollowUpAnswer:
    """Add a visit."""
    said = {"follow_up": follow_up.model_dump(mode="json")}
    return follow_up_answer(store.note(EntryKind.FOLLOW_UP, row.id, _content(EntryKind.FOLLOW_UP, said), asked_by))


def add_review(store: Store, row: ProcedureRow, review: Review, asked_by: str) -> ReviewAnswer:
    """Add a review.

    Raises
    ------
    NotReady, ProcedureFailed
        If there is no answer yet to review, or never will be.
    BadQuery
        If it speaks of a frame that is not there, or of places outside its picture.
    """
    require_answered(row)
    if review.frame is not None:
        _require_frame(row, review.frame)
    for correction in review.corrections:
        _require_in_picture(store, row, correction)
    said = {"review": review.model_dump(mode="json")}
    return review_answer(store.note(EntryKind.REVIEW, row.id, _content(EntryKind.REVIEW, said), asked_by))


def require_past(name: str, said: PartialDate | None, finest: str, today: date) -> None:
    """Refuse a date that says more than the site allows, or of which no day has come yet.

    Parameters
    ----------
    name
        Field that holds it.
    today
        In UTC: somewhere on earth it is a day later, so that tomorrow has come, too.

    Raises
    ------
    BadQuery
        If it is finer than ``finest`` (year, month or day), or begins after tomorrow.
    """
    if said is None:
        return
    if PRECISIONS.index(precision_of(said)) > PRECISIONS.index(finest):
        msg = f"a date is given to the {precision_of(said)}: this site keeps dates to the {finest}"
        raise BadQuery(msg)
    latest = today + timedelta(days=1)
    if days_of(said)[0] > latest:
        msg = f"{name} lies ahead: expected a date up to {latest}"
        raise BadQuery(msg)


def _content(kind: EntryKind, said: dict[str, Any]) -> bytes:
    return canonical({"entry": kind.value, **said})


def _require_frame(row: ProcedureRow, index: int) -> None:
    if index >= row.frame_count:
        msg = f"frame {index} is reviewed: there are frames 0 to {row.frame_count - 1}"
        raise BadQuery(msg)


def _require_in_picture(store: Store, row: ProcedureRow, correction: Correction) -> None:
    _require_frame(row, correction.frame)
    said = orjson.loads(store.frame_answer(row.id, correction.frame))
    width, height = said["frame"]["width"], said["frame"]["height"]
    if any(x > width - 0.5 or y > height - 0.5 for x, y in _places(correction)):
        msg = f"the correction of frame {correction.frame} lies outside its picture of {width} x {height} pixels"
        raise BadQuery(msg)
    if correction.tip_px and not correction.shaft_px and said["needle"]["shaft_px"] is None:
        msg = f"tip_px is said of frame {correction.frame}, where no needle was answered: expected shaft_px beside it"
        raise BadQuery(msg)


def _places(correction: Correction) -> Iterator[tuple[float, float]]:
    yield from correction.shaft_px or ()
    yield from (place for outline in correction.recess_px or () for place in outline)
    if correction.tip_px is not None:
        yield correction.tip_px
