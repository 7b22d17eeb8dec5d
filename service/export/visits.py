"""Follow-up visits as FHIR R4 resources: what people reported, beside the verdict and never because of it.

A score is an Observation of category survey whose focus is the intervention; no resource here refers to the verdict or
to the software that gave it, and each says that placement is not shown to predict outcome where FHIR has room for it.
KOOS has codes in LOINC for its five subscales and for the questionnaire, none for one score over all of it, and for
WOMAC no code was found: those two scores have private codes, KOOS with the questionnaire's code as its method.

References
----------
HL7 FHIR R4: observation.html, adverseevent.html, valueset-adverse-event-severity.html (required: mild, moderate,
severe), valueset-adverse-event-seriousness.html, valueset-adverse-event-outcome.html. LOINC 72514-3, 72091-2.
"""

from collections.abc import Iterator

from pydicom.sr.coding import Code

from service.export.resource import (
    CODES,
    KNEE_JOINT,
    NOTE,
    SYSTEMS,
    Json,
    concept,
    own_concept,
    quantity,
    reference,
    resource_id,
    subject,
)
from service.record.outcomes import earlier
from service.record.reading import follow_ups_of
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.wire import AdverseEvent, FollowUpAnswer
from service.wire.codes import AdverseEventKind, Severity

_HL7 = "http://terminology.hl7.org/CodeSystem"
_SCORE = Code("{score}", "UCUM", "score")
_PAIN = Code("72514-3", "LN", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")
_KOOS = Code("72091-2", "LN", "Knee injury and Osteoarthritis Outcome Score [KOOS]")
_CODES_OF_SCORES = {
    "pain": concept(_PAIN, text="pain, 0 none to 10 worst"),
    "koos": own_concept("koos_overall", "KOOS over all subscales, 0 worst to 100 best"),
    "womac": own_concept("womac_normalised", "WOMAC, normalised, 0 best to 100 worst"),
}
_METHODS = {"koos": {"method": concept(_KOOS)}}
_EVENTS = {
    AdverseEventKind.INFECTION: Code("40733004", "SCT", "Infectious disease"),
    AdverseEventKind.INFLAMMATION: Code("128139000", "SCT", "Inflammatory disorder"),
    AdverseEventKind.BLEEDING: Code("131148009", "SCT", "Bleeding"),
}
"""Kinds that have a code of no narrower meaning; the others have the private one alone."""
_GRADES = {grade: number for number, grade in enumerate(Severity, 1)}
_SERIOUS = {Severity.LIFE_THREATENING: "SeriousIsLifeThreatening", Severity.FATAL: "SeriousResultsInDeath"}


def visit_resources(store: Store, row: ProcedureRow, performed_on: str | None) -> Iterator[Json]:
    """Observations and adverse events of all visits of a procedure, in the order in which they were added.

    Parameters
    ----------
    performed_on
        When the procedure was done, if that is recorded: it is suspected of nothing that was reported before.
    """
    for answer in follow_ups_of(store, row.id):
        yield from _scores(row, answer)
        events = answer.follow_up.adverse_events
        if events is None:
            continue
        code = own_concept("adverse_events", "adverse events reported at the visit")
        yield _observation(row, answer, "adverse_events", {"code": code, "valueInteger": len(events)})
        before = performed_on is not None and earlier(answer.follow_up.visited_on, performed_on)
        suspected = {} if before else {"suspectEntity": [{"instance": reference("Procedure", row.id)}]}
        yield from (_event(row, answer, number, event) | suspected for number, event in enumerate(events, 1))


def _scores(row: ProcedureRow, answer: FollowUpAnswer) -> Iterator[Json]:
    for name, code in _CODES_OF_SCORES.items():
        value: float | None = getattr(answer.follow_up, name)
        if value is not None:
            said = {"code": code, "valueQuantity": quantity(value, _SCORE), **_METHODS.get(name, {})}
            yield _observation(row, answer, name, said)


def _observation(row: ProcedureRow, answer: FollowUpAnswer, name: str, said: Json) -> Json:
    return {
        "resourceType": "Observation",
        "id": resource_id("Observation", f"{row.id}:{answer.position}:{name}"),
        "identifier": [_identifier(answer)],
        "status": "final",
        "category": [{"coding": [{"system": f"{_HL7}/observation-category", "code": "survey"}]}],
        "subject": subject(row),
        "focus": [reference("Procedure", row.id)],
        "effectiveDateTime": answer.follow_up.visited_on,
        "issued": answer.added_at.isoformat(),
        "bodySite": concept(KNEE_JOINT),
        "note": [{"text": NOTE}],
        **said,
    }


def _event(row: ProcedureRow, answer: FollowUpAnswer, number: int, event: AdverseEvent) -> Json:
    """An adverse event; when it happened is not recorded, only at which visit it was reported."""
    kind = own_concept(event.kind.value, event.kind.value.replace("_", " "))
    if event.kind in _EVENTS:
        known = _EVENTS[event.kind]
        coding = {"system": SYSTEMS[known.scheme_designator], "code": known.value, "display": known.meaning}
        kind["coding"] = [coding, *kind["coding"]]
    return {
        "resourceType": "AdverseEvent",
        "id": resource_id("AdverseEvent", f"{row.id}:{answer.position}:{number}"),
        "identifier": _identifier(answer),
        "actuality": "actual",
        "event": kind,
        "subject": subject(row),
        "detected": answer.follow_up.visited_on,
        "recordedDate": answer.added_at.isoformat(),
        **_severity(event.severity),
    }


def _severity(severity: Severity) -> Json:
    """FHIR's three words for it, with the grade that was recorded; of the worst two also what they are serious for."""
    word = "severe" if severity in _SERIOUS else severity.value
    grade = f"{severity.value.replace('_', ' ')}: grade {_GRADES[severity]} of 5"
    said: Json = {
        "severity": {
            "coding": [
                {"system": f"{_HL7}/adverse-event-severity", "code": word},
                {"system": CODES, "code": severity.value},
            ],
            "text": grade,
        }
    }
    if severity in _SERIOUS:
        serious = {"system": f"{_HL7}/adverse-event-seriousness", "code": _SERIOUS[severity]}
        said["seriousness"] = {"coding": [serious]}
    if severity is Severity.FATAL:
        said["outcome"] = {"coding": [{"system": f"{_HL7}/adverse-event-outcome", "code": "fatal"}]}
    return said


def _identifier(answer: FollowUpAnswer) -> Json:
    return {"system": "urn:sonoplace:record-sha256", "value": answer.record_sha256}
