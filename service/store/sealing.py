"""What the chain says of a procedure: contents made from its row, the same whenever they are made."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from service.store.chain import EntryKind, Note, canonical, instant
from service.store.equipment import sealed_equipment
from service.store.frames import Seal
from service.store.tables import AccessKeyRow, ProcedureRow

Json = dict[str, Any]


def accepted_content(row: ProcedureRow) -> bytes:
    """What was handed in, and how and by what it was to be judged."""
    return canonical(
        {
            "entry": EntryKind.ACCEPTED.value,
            "blob_sha256": row.blob_sha256,
            "media_type": row.media_type,
            "sop_uid_hmac": row.sop_uid_hmac,
            "reading": row.reading,
            "frame_count": row.frame_count,
            "frame_time_ms": row.frame_time_ms,
            "laterality": row.laterality,
            **sealed_equipment(row),
        }
    )


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What is said of a whole procedure, in the shapes that are stored.

    Parameters
    ----------
    assessment
        What it rests on, as JSON; None in stores and answers older than its table.
    """

    summary: Mapping[str, Any]
    frame_verdicts: Sequence[str]
    assessment: bytes | None = None


def answered_content(row: ProcedureRow, conclusion: Conclusion, seal: Seal) -> bytes:
    """What was judged, by what, and what was said: all of it by hashes but the summary."""
    rests_on = conclusion.assessment
    assessment = {} if rests_on is None else {"assessment_sha256": hashlib.sha256(rests_on).hexdigest()}
    return canonical(
        {
            "entry": EntryKind.ANSWERED.value,
            "input": {
                "pixels_sha256": seal.pixels_sha256,
                "frames": seal.frames,
                "frame_time_ms": row.frame_time_ms,
                "reading": row.reading,
            },
            "identity": row.identity,
            "answer": {
                "summary": dict(conclusion.summary),
                "frame_verdicts_sha256": hashlib.sha256(orjson.dumps(list(conclusion.frame_verdicts))).hexdigest(),
                "answers_sha256": seal.answers_sha256,
                "overlays_sha256": seal.overlays_sha256,
                **assessment,
            },
        }
    )


def stored_conclusion(row: ProcedureRow, assessment: bytes | None = None) -> Conclusion:
    """What the row of an answered procedure says of it, with what is kept beside the row."""
    return Conclusion(row.summary or {}, row.frame_verdicts or [], assessment)


def failed_content(code: str) -> bytes:
    """Why there is no answer."""
    return canonical({"entry": EntryKind.FAILED.value, "code": code})


def key_content(row: AccessKeyRow) -> bytes:
    """What a key of access may do, and until when."""
    times = {"created_at": row.created_at, "expires_at": row.expires_at, "revoked_at": row.revoked_at}
    return canonical(
        {
            "entry": EntryKind.KEY.value,
            "secret_sha256": row.secret_sha256,
            "label": row.label,
            "roles": row.roles,
            **{name: None if at is None else instant(at) for name, at in times.items()},
        }
    )


def key_note(row: AccessKeyRow, at: datetime, asked_by: str) -> Note:
    """Link of a key that was made, or is another now."""
    return Note(EntryKind.KEY, row.id, key_content(row), instant(at), asked_by)
