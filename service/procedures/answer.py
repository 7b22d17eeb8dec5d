"""Stored procedures as their public answers."""

from typing import Any

from service.store.tables import ProcedureRow
from service.wire import Links, ProcedureAnswer, ProcedureEntry

PREFIX = "/v1/procedures"


def procedure_answer(row: ProcedureRow) -> ProcedureAnswer:
    """Public answer for a stored procedure."""
    return ProcedureAnswer.model_validate(_shared(row) | {"frame_verdicts": row.frame_verdicts})


def procedure_entry(row: ProcedureRow) -> ProcedureEntry:
    """Public answer for a stored procedure among others."""
    return ProcedureEntry.model_validate(_shared(row))


def links(procedure_id: str) -> Links:
    """Where the parts of a procedure are."""
    own = f"{PREFIX}/{procedure_id}"
    frame = f"{own}/frames/{{n}}"
    return Links(
        self=own,
        frame=frame,
        picture=f"{frame}/picture.png",
        overlay_svg=f"{frame}/overlay.svg",
        overlay_png=f"{frame}/overlay.png",
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
        "links": links(row.id),
    }
