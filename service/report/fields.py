"""The record of an ultrasound-guided injection of a major joint: what is known, and what a clinician fills in.

References
----------
CPT 20611, injection of a major joint "with ultrasound guidance, with permanent recording and reporting": joint and
side, indication, guidance in real time, needle visualised, pictures kept, material and volume, operator and date.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from service.report.gathering import ProcedureFacts, is_live
from service.report.words import spoken
from service.wire import ProcedureRecord


class Origin(StrEnum):
    """Who says what a field holds."""

    RECORDED = "recorded"
    PICTURES = "pictures"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the record; an open one has no value but may have a hint."""

    label: str
    value: str
    origin: Origin
    note: str = ""


def fields_of(facts: ProcedureFacts) -> list[Field]:
    """All lines, in the order in which such a record is read."""
    record = facts.record.record if facts.record else None
    return [
        Field("Joint", "knee, suprapatellar recess", Origin.PICTURES, "the only one that is judged; confirm"),
        _side(facts, record),
        _recorded("Indication", spoken(record.indication) if record else None),
        _recorded("Date of the procedure", record.performed_on if record else None),
        _recorded("Operator", record.operator if record else None, "code"),
        _recorded("Site", record.site if record else None, "code"),
        _recorded("Material and volume", _injectate(record)),
        _recorded("Needle", _needle(record)),
        _recorded("Approach and view", _approach(record)),
        *_guidance(facts),
        Field("Pictures kept", _kept(facts), Origin.PICTURES, "key images below, all others in the store"),
        _recorded("Consent", _consent(record)),
        Field("Aspirate", "", Origin.OPEN, "amount and look, or none"),
        Field("Complications", "", Origin.OPEN, "at the time, or none"),
    ]


def _recorded(label: str, value: str | None, note: str = "") -> Field:
    return Field(label, "", Origin.OPEN, note) if value is None else Field(label, value, Origin.RECORDED, note)


def _side(facts: ProcedureFacts, record: ProcedureRecord | None) -> Field:
    if record is not None:
        return Field("Side", record.laterality.value, Origin.RECORDED)
    said = facts.row.laterality
    if said in ("left", "right"):
        return Field("Side", said, Origin.PICTURES, "as the file or the session says; confirm")
    return Field("Side", "", Origin.OPEN, "left or right")


def _injectate(record: ProcedureRecord | None) -> str | None:
    injectate = record.injectate if record else None
    if injectate is None:
        return None
    volume = "volume not recorded" if injectate.volume_ml is None else f"{injectate.volume_ml:g} mL"
    return f"{spoken(injectate.kind)}, {volume}"


def _needle(record: ProcedureRecord | None) -> str | None:
    needle = record.needle if record else None
    if needle is None:
        return None
    parts = [f"{needle.gauge} G" if needle.gauge else "", f"{needle.length_mm:g} mm" if needle.length_mm else ""]
    return ", ".join(part for part in parts if part) or None


def _approach(record: ProcedureRecord | None) -> str | None:
    said = [spoken(code) for code in (record.approach, record.view) if code] if record else []
    return ", ".join(text for text in said if text) or None


def _consent(record: ProcedureRecord | None) -> str | None:
    consent = record.consent if record else None
    if consent is None:
        return None
    reference = f", {consent.reference}" if consent.reference else ""
    return f"documented{reference}" if consent.documented else "not documented"


def _guidance(facts: ProcedureFacts) -> Iterator[Field]:
    """What the clinician attests, and what the pictures show of it."""
    how = "these pictures were streamed while it was done" if is_live(facts.row) else "a recording cannot show it"
    yield Field("Guided in real time", "", Origin.OPEN, f"yes or no; {how}")
    needle = sum(frame.needle_seen for frame in facts.frames)
    tip = sum(frame.tip_visible for frame in facts.frames)
    if not needle:
        yield Field("Needle visualised", "no needle was found in the pictures", Origin.PICTURES)
        return
    value = f"shaft in {needle} of {len(facts.frames)} pictures, tip in {tip} of them"
    yield Field("Needle visualised", value, Origin.PICTURES)


def _kept(facts: ProcedureFacts) -> str:
    count = facts.row.frame_count
    return f"{count} picture{'s' if count != 1 else ''}, de-identified, sealed by a hash"
