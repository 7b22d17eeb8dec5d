"""What an answer to a procedure rests on, as it is kept: events, key frames, handling, timeline, to the last digit."""

from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

import numpy as np
import orjson
from pydantic import TypeAdapter

from imaging.placement import Verdict
from imaging.procedure import ProcedureAssessment, Timeline
from imaging.tracking.events import EventKind
from service.store.chain import canonical

_FORM = 1
"""Goes up with a field of `ProcedureAssessment` or of what is in it; a form that is not known is judged again."""
_KINDS = {"frame_index": np.int64, "tip_visible": np.bool_, "needle_seen": np.bool_}
_TIMELINE = "timeline"


def assessment_content(assessed: ProcedureAssessment) -> bytes:
    """Bytes of an assessment, the same whenever they are made. NaN is null."""
    timeline = assessed.timeline
    columns = {
        field.name: column.tolist() if isinstance(column := getattr(timeline, field.name), np.ndarray) else column
        for field in fields(timeline)
    }
    rest = {name: adapter.dump_python(getattr(assessed, name)) for name, adapter in _adapters().items()}
    return canonical({"form": _FORM, **rest, _TIMELINE: columns})


def assessment_from(content: bytes) -> ProcedureAssessment | None:
    """Assessment of these bytes; None if they have a form of another version."""
    said = orjson.loads(content)
    if said["form"] != _FORM:
        return None
    rest = {name: adapter.validate_python(said[name]) for name, adapter in _adapters().items()}
    return ProcedureAssessment(timeline=_timeline(said[_TIMELINE]), **rest)


def _timeline(columns: dict[str, Any]) -> Timeline:
    numbers: dict[str, Any] = {
        name: np.array([np.nan if value is None else value for value in column], dtype=_KINDS.get(name, np.float64))
        for name, column in columns.items()
        if name not in ("verdict", "event")
    }
    verdict = tuple(Verdict(value) for value in columns["verdict"])
    event = tuple(None if value is None else EventKind(value) for value in columns["event"])
    return Timeline(verdict=verdict, event=event, **numbers)


@cache
def _adapters() -> dict[str, TypeAdapter[Any]]:
    """Readers of all fields but the timeline, from their types."""
    hints = get_type_hints(ProcedureAssessment)
    return {name: TypeAdapter(kind) for name, kind in hints.items() if name != _TIMELINE}
