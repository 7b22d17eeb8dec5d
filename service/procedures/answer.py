"""Stored procedures as their public answers."""

from typing import Any

from service.media import Media
from service.record.reading import record_of
from service.store.chain import EntryKind
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.wire import Links, ListedProcedure, ProcedureAnswer

PREFIX = "/v1/procedures"
_LISTED = ("site", "operator", "injectate", "performed_on", "reviews")


def procedure_answer(store: Store, row: ProcedureRow) -> ProcedureAnswer:
    """Public answer for a stored procedure, with what people added to it."""
    counts = store.chain.counts(row.id)
    answered = store.chain.of(row.id, EntryKind.ANSWERED) if row.status == "done" else []
    added = {
        "frame_verdicts": row.frame_verdicts,
        "laterality": row.laterality,
        "record": record_of(store, row.id) if EntryKind.RECORD in counts else None,
        "follow_ups": counts.get(EntryKind.FOLLOW_UP, 0),
        "reviews": counts.get(EntryKind.REVIEW, 0),
        "record_sha256": answered[-1].record_sha256 if answered else None,
        "link_sha256": answered[-1].link_sha256 if answered else None,
    }
    return ProcedureAnswer.model_validate(_shared(row) | added)


def listed(row: ProcedureRow) -> ListedProcedure:
    """Public answer for a stored procedure in a list."""
    return ListedProcedure.model_validate(_shared(row) | {name: getattr(row, name) for name in _LISTED})


def links(row: ProcedureRow) -> Links:
    """Where the parts of a procedure are."""
    own = f"{PREFIX}/{row.id}"
    frame = f"{own}/frames/{{n}}"
    return Links(
        self=own,
        frame=frame,
        picture=f"{frame}/picture.png",
        overlay_svg=f"{frame}/overlay.svg",
        overlay_png=f"{frame}/overlay.png",
        record=f"{own}/record",
        follow_ups=f"{own}/follow-ups",
        reviews=f"{own}/reviews",
        labels=f"{own}/labels.zip",
        history=f"{own}/history",
        course=f"{own}/course",
        events=f"{own}/events",
        report=f"{own}/report.html",
        results=f"{own}/results/{{kind}}.dcm" if row.media_type == Media.DICOM else None,
    )


def _shared(row: ProcedureRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": row.created_at,
        "status": row.status,
        "failure": row.failure,
        "frame_count": row.frame_count,
        "frames_done": row.frames_done,
        "frame_time_ms": row.frame_time_ms,
        "verdict": row.verdict,
        "summary": row.summary,
        "identity": row.identity,
        "links": links(row),
    }
