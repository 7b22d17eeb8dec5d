"""The report of one procedure: the same facts for the page and for the PDF, as plain values."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from imaging.errors import MissingExtra
from imaging.procedure import ProcedureVerdict
from imaging.tracking.events import Event
from service.engine import Engine
from service.record.outcomes import CAUTION
from service.record.sight import EVERYTHING, Sight
from service.report.fields import fields_of
from service.report.gathering import ProcedureFacts, gather
from service.report.key_images import key_images
from service.report.numbers import UNKNOWN, Figure, groups_of, number, probability, share
from service.report.page import BANNER, page, trusted
from service.report.pdf import procedure_pdf
from service.report.timeline_plot import timeline
from service.report.words import CALIBRATIONS, EVENTS, EVENTS_NOTE, TISSUES, VERDICTS, picture_number, spoken
from service.store.store import Store

Json = dict[str, Any]
_SHORT = 12
SUPERSEDED = (
    "Another network or other rules answer now than those that judged this procedure: what would be made from the "
    "pictures anew is left out, which are the events and the numbers of needle and recess."
)
DIFFERS = (
    "Judged again for this report, the procedure got another verdict than the one on record: run `sonoplace verify`."
)


def procedure_html(store: Store, procedure_id: str, engine: Engine, sight: Sight = EVERYTHING) -> str:
    """Page of one procedure, whole in itself.

    Raises
    ------
    NotFound, NotReady, ProcedureFailed
        If there is no such procedure, or no answer to it yet.
    """
    facts = procedure_facts(store, procedure_id, engine, sight)
    for image in facts["images"]:
        image["svg"] = trusted(image["svg"])
    facts["timeline"] = facts["timeline"] and trusted(facts["timeline"])
    return page("procedure.html", facts)


def procedure_print(store: Store, procedure_id: str, engine: Engine, sight: Sight = EVERYTHING) -> bytes:
    """Report of one procedure as PDF.

    Raises
    ------
    NotFound, NotReady, ProcedureFailed
        If there is no such procedure, or no answer to it yet.
    MissingExtra
        If the extra ``report`` is not installed.
    """
    facts = procedure_facts(store, procedure_id, engine, sight)
    return procedure_pdf(facts, datetime.fromisoformat(facts["answered_at"]))


def procedure_facts(store: Store, procedure_id: str, engine: Engine, sight: Sight = EVERYTHING) -> Json:
    """What a report says, as plain values."""
    facts = gather(store, procedure_id, engine, sight)
    plot, plot_missing = _timeline(facts)
    return {
        "banner": BANNER,
        "id": facts.row.id,
        "answered_at": facts.answered.note.at,
        "verdict": _verdict(facts),
        "headline": [asdict(figure) for figure in _headline(facts)],
        "caution": CAUTION,
        "alerts": list(_alerts(facts)),
        "fields": [asdict(field) for field in fields_of(facts)],
        "images": [asdict(image) for image in key_images(store, facts)],
        "timeline": plot,
        "timeline_missing": plot_missing,
        "followed": facts.assessed is not None,
        "events": list(_events(facts)),
        "events_note": EVENTS_NOTE,
        "unit": facts.course.unit,
        "groups": [asdict(group) for group in groups_of(facts)],
        "calibration": _calibration(facts),
        "reviews": _reviews(facts),
        "reviews_withheld": _withheld(facts.reviews_withheld),
        "provenance": [asdict(figure) for figure in _provenance(facts)],
    }


def _verdict(facts: ProcedureFacts) -> Json:
    summary = facts.row.summary or {}
    words = VERDICTS[ProcedureVerdict(summary["verdict"])]
    tissue = summary["tissue_at_tip"]
    place = TISSUES.get(tissue, tissue)
    sentence = f"The tip lay outside of the recess, in: {place}." if tissue else words.sentence
    because = summary["explanation"] or ""
    return {"title": words.title, "sentence": sentence, "because": because, "tone": words.tone, "mark": words.mark}


def _headline(facts: ProcedureFacts) -> list[Figure]:
    summary = facts.row.summary or {}
    return [
        Figure("probability inside", probability(summary["p_inside"])),
        Figure("tip to nearest wall", number(summary["signed_distance_mm"], 1, "mm", signed=True), "above zero inside"),
        Figure("tip seen", share(summary["tip_visible_share"]), "of pictures with a needle"),
    ]


def _alerts(facts: ProcedureFacts) -> Iterator[str]:
    if facts.record is not None:
        yield from facts.record.explanations
    if len({frame.spacing_mm for frame in facts.frames}) > 1:
        yield "The scale of the picture changed during the procedure."
    if facts.assessed is None:
        yield SUPERSEDED
    elif facts.assessed.verdict.value != facts.row.verdict:
        yield DIFFERS


def _told(facts: ProcedureFacts) -> list[tuple[int, Event]]:
    """Numbered events, of those kinds that hold up."""
    happened = facts.assessed.events if facts.assessed else ()
    return list(enumerate((event for event in happened if event.kind in EVENTS), 1))


def _events(facts: ProcedureFacts) -> Iterator[Json]:
    course = facts.course
    for at, event in _told(facts):
        detail = [number(event.mm, 1, "mm") if event.mm is not None else ""]
        detail += [number(event.seconds, 1, "s") if event.seconds is not None else ""]
        yield {
            "number": at,
            "at": float(course.at[event.frame_index]),
            "picture": picture_number(event.frame_index),
            "name": EVENTS[event.kind],
            "detail": ", ".join(part for part in detail if part),
        }


def _timeline(facts: ProcedureFacts) -> tuple[str, str]:
    """Plot, or why there is none."""
    try:
        return timeline(facts.course, [(number, event.frame_index) for number, event in _told(facts)]), ""
    except MissingExtra as error:
        return "", str(error)


def _calibration(facts: ProcedureFacts) -> str:
    spacings = {(frame.spacing_mm, frame.spacing_source) for frame in facts.frames}
    if len(spacings) > 1:
        return f"{len(spacings)} scales in one procedure"
    spacing, source = next(iter(spacings))
    if spacing is None:
        return "none: nothing is said in millimetres"
    return f"{spacing[0]:.4f} mm per row, {spacing[1]:.4f} mm per column; from: {CALIBRATIONS[source or '']}"


def _reviews(facts: ProcedureFacts) -> list[Json]:
    return [
        {
            "reviewer": answer.review.reviewer,
            "blinded": answer.review.blinded,
            "picture": "all" if answer.review.frame is None else str(picture_number(answer.review.frame)),
            "judgement": spoken(answer.review.judgement),
            "reason": spoken(answer.review.reason) or "",
        }
        for answer in facts.reviews
    ]


def _withheld(count: int) -> str:
    if count == 0:
        return ""
    subject = "One review is" if count == 1 else f"{count} reviews are"
    return f"{subject} by other readers and not shown before you have signed one of the whole procedure."


def _provenance(facts: ProcedureFacts) -> Iterator[Figure]:
    row, answered = facts.row, facts.answered
    said = row.identity
    yield Figure("Procedure", row.id, "hash of content, reading, model and rules")
    yield Figure("Pictures", answered.note.values["input"]["pixels_sha256"], "hash of the decoded pixels")
    yield Figure("Kept file", row.blob_sha256, row.media_type)
    yield Figure("Network", f"{said['model']} {said['model_version']}", f"{said['precision']}, {said['provider']}")
    yield Figure("Network file", said["model_sha256"])
    yield Figure("Rules of a frame", said["rules_sha256"])
    yield Figure("Rules of a procedure", facts.assessed.rules_sha256 if facts.assessed else UNKNOWN)
    yield Figure("SonoPlace", said["code_version"])
    yield Figure("Record", answered.record_sha256, "hash of input, identity and answer")
    yield Figure("Place in the chain", str(answered.position), f"answered {answered.note.at[:19]}Z")
    yield Figure("Link", answered.link_sha256, "covers the link before it")
    if facts.record is not None:
        added = facts.record
        told = f"version {added.version}, by {added.added_by}, link {added.position}"
        yield Figure("What the site recorded", added.record_sha256, told)
