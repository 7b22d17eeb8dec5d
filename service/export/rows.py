"""Stored answers as flat rows."""

from collections.abc import Iterator
from typing import Any

import orjson

from service.record.reading import record_of
from service.store.chain import EntryKind
from service.store.choice import ALL, Choice
from service.store.equipment import COLUMNS as EQUIPMENT
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.wire import RecordAnswer

Row = dict[str, Any]


def frame_rows(store: Store, row: ProcedureRow) -> Iterator[Row]:
    """One row for each answered frame of a procedure."""
    started_ns: int | None = None
    for content in store.frame_answers(row.id):
        answer = orjson.loads(content)
        captured_ns = answer["frame"]["captured_at"]
        started_ns = captured_ns if started_ns is None else started_ns
        yield _frame(answer, _seconds(answer["frame"]["index"], row.frame_time_ms, captured_ns, started_ns))


def _seconds(index: int, frame_time_ms: float | None, captured_ns: int | None, started_ns: int | None) -> float | None:
    if captured_ns is not None and started_ns is not None:
        return float(round((captured_ns - started_ns) / 1e9, 6))
    return None if frame_time_ms is None else round(index * frame_time_ms / 1e3, 6)


def _frame(answer: Row, time_s: float | None) -> Row:
    placement, needle, recess = answer["placement"], answer["needle"], answer["recess"]
    spacing = answer["calibration"]["spacing_mm"] or (None, None)
    tip = needle["tip_px"] or (None, None)
    return {
        "frame": answer["frame"]["index"],
        "time_s": time_s,
        "verdict": placement["verdict"],
        "reasons": " ".join(placement["reasons"]),
        **{name: placement[name] for name in ("p_inside", "signed_distance_mm", "tissue_at_tip")},
        **{name: needle[name] for name in ("tip_visible", "tip_sigma_mm", "angle_deg")},
        "tip_x_px": tip[0],
        "tip_y_px": tip[1],
        "recess_thickness_mm": recess["thickness_mm"],
        "recess_area_mm2": recess["area_mm2"],
        "spacing_row_mm": spacing[0],
        "spacing_column_mm": spacing[1],
        "calibration": answer["calibration"]["source"],
        "pixels_sha256": answer["frame"]["pixels_sha256"],
    }


def procedure_rows(store: Store, choice: Choice = ALL) -> Iterator[Row]:
    """One row for each of the chosen procedures, newest first."""
    for row in store.chosen(choice):
        yield procedure_row(store, row)


def procedure_row(store: Store, row: ProcedureRow) -> Row:
    """One procedure with what the site recorded."""
    summary, identity = row.summary or {}, row.identity
    counts = store.chain.counts(row.id)
    answered = store.chain.of(row.id, EntryKind.ANSWERED) if row.status == "done" else []
    said = ("tissue_at_tip", "reason", "p_inside", "signed_distance_mm", "needle_frames", "tip_visible_share")
    judged = ("model_version", "model_sha256", "rules_sha256", "code_version")
    return {
        "procedure_id": row.id,
        "created_at": row.created_at.isoformat(),
        "status": row.status,
        "failure": row.failure,
        "frames": row.frame_count,
        "frame_time_ms": row.frame_time_ms,
        "verdict": row.verdict,
        "picture_laterality": row.laterality,
        **{name: getattr(row, name) for name in EQUIPMENT},
        **{name: summary.get(name) for name in said},
        **{name: identity[name] for name in judged},
        **_recorded(record_of(store, row.id) if EntryKind.RECORD in counts else None),
        "follow_ups": counts.get(EntryKind.FOLLOW_UP, 0),
        "reviews": counts.get(EntryKind.REVIEW, 0),
        "record_sha256": answered[-1].record_sha256 if answered else None,
        "chain_position": answered[-1].position if answered else None,
    }


def _recorded(answer: RecordAnswer | None) -> Row:
    if answer is None:
        return {}
    record = answer.record.model_dump(mode="json")
    injectate, needle = record["injectate"] or {}, record["needle"] or {}
    plain = ("laterality", "indication", "approach", "view", "operator", "site", "performed_on")
    return {
        **{name: record[name] for name in plain},
        "injectate": injectate.get("kind"),
        "volume_ml": injectate.get("volume_ml"),
        "needle_gauge": needle.get("gauge"),
        "needle_length_mm": needle.get("length_mm"),
        "consent_documented": (record["consent"] or {}).get("documented"),
        "flags": " ".join(answer.flags),
    }
