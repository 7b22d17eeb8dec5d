"""A procedure as a Bundle of FHIR R4: Device, ImagingStudy, Procedure, Observation and AdverseEvent; extra ``fhir``.

Built as plain values and validated by ``fhir.resources`` (R4B, 4.3.0, in which these resources are those of R4, 4.0.1).
Nobody is named: the subject is a logical reference to a pseudonym of the procedure. Identifiers are made from the
procedure's own, so that the same procedure is the same resource whenever it is exported.

References
----------
HL7 FHIR R4: bundle.html, imagingstudy.html, procedure.html, observation.html, device.html; SNOMED CT and DICOM codes as
in `imaging.results.codes`.
"""

from collections.abc import Iterable

from pydicom import dcmread
from pydicom.sr.coding import Code

from imaging.errors import MissingExtra
from imaging.procedure import ProcedureVerdict
from imaging.reasons import Reason
from imaging.results import codes
from imaging.segmentation import Tissue
from service.export.resource import (
    KNEE_JOINT,
    NOTE,
    SYSTEMS,
    Json,
    concept,
    identified,
    own_concept,
    quantity,
    reference,
    resource_id,
    subject,
)
from service.export.visits import visit_resources
from service.media import Media
from service.record.reading import record_of
from service.store.chain import EntryKind
from service.store.ended import require_answered
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.wire import ProcedureRecord

_IDENTIFIERS = "urn:sonoplace:procedure"
_ULTRASONIC_GUIDANCE = Code("61593002", "SCT", "Ultrasonic guidance procedure")
_SIDES = {"left": codes.LEFT, "right": codes.RIGHT}
_UIDS = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"]


def bundle(store: Store, rows: Iterable[ProcedureRow]) -> bytes:
    """Bundle of answered procedures as JSON; the same procedures give the same bytes.

    Raises
    ------
    NotReady, ProcedureFailed
        If one of them is not answered.
    MissingExtra
        If ``fhir.resources`` is not installed.
    """
    try:
        from fhir.resources.R4B.bundle import Bundle
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="fhir", purpose="an export as FHIR") from error
    entries = [entry for row in rows for entry in _entries(store, row)]
    unique = list({entry["fullUrl"]: entry for entry in entries}.values())
    content = {"resourceType": "Bundle", "type": "collection", **({"entry": unique} if unique else {})}
    return bytes(Bundle.model_validate(content).model_dump_json(exclude_none=True), "utf-8")


def _entries(store: Store, row: ProcedureRow) -> list[Json]:
    require_answered(row)
    recorded = record_of(store, row.id)
    record = recorded.record if recorded else None
    resources = [_device(row), _study(store, row), _procedure(row, record), _observation(store, row, record)]
    resources += visit_resources(store, row, record.performed_on if record else None)
    return [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources]


def _judge(row: ProcedureRow) -> str:
    return ":".join(str(row.identity[name]) for name in ("model_sha256", "rules_sha256", "code_version"))


def _device(row: ProcedureRow) -> Json:
    said = row.identity
    return {
        "resourceType": "Device",
        "id": resource_id("Device", _judge(row)),
        "identifier": [
            {"system": "urn:sonoplace:model-sha256", "value": said["model_sha256"]},
            {"system": "urn:sonoplace:rules-sha256", "value": said["rules_sha256"]},
        ],
        "deviceName": [{"name": "SonoPlace", "type": "model-name"}],
        "modelNumber": f"{said['model']} {said['model_version']}",
        "type": concept(codes.ARTIFICIAL_INTELLIGENCE, text="software that judges needle placement"),
        "version": [{"value": said["code_version"]}],
    }


def _study(store: Store, row: ProcedureRow) -> Json:
    """The study of the de-identified copy; of pictures that did not come as DICOM, without series."""
    study: Json = {
        "resourceType": "ImagingStudy",
        "id": resource_id("ImagingStudy", row.id),
        "status": "available",
        "subject": subject(row),
        "modality": [{"system": SYSTEMS["DCM"], "code": "US", "display": "Ultrasound"}],
        "numberOfInstances": 1,
    }
    if Media(row.media_type) is not Media.DICOM:
        return study
    header = dcmread(store.blobs.path(row.blob_sha256), stop_before_pixels=True, specific_tags=list(_UIDS))
    instance = {
        "uid": str(header.SOPInstanceUID),
        "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{header.SOPClassUID}"},
    }
    series = {"uid": str(header.SeriesInstanceUID), "modality": study["modality"][0], "numberOfInstances": 1}
    return {
        **study,
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{header.StudyInstanceUID}"}],
        "numberOfSeries": 1,
        "series": [{**series, "bodySite": concept(KNEE_JOINT)["coding"][0], "instance": [instance]}],
    }


def _procedure(row: ProcedureRow, record: ProcedureRecord | None) -> Json:
    """What was done, as far as the site recorded it."""
    sites = [concept(KNEE_JOINT), concept(codes.RECESS)]
    done: Json = {
        "resourceType": "Procedure",
        "id": resource_id("Procedure", row.id),
        "identifier": [{"system": _IDENTIFIERS, "value": row.id}],
        "status": "unknown",
        "code": concept(_ULTRASONIC_GUIDANCE, text="Injection of the knee, suprapatellar recess, guided by ultrasound"),
        "subject": subject(row),
        "bodySite": sites,
    }
    if record is None:
        return done
    sites.append(concept(_SIDES[record.laterality.value]))
    done["status"] = "completed"
    if record.performed_on:
        done["performedDateTime"] = record.performed_on
    if record.operator:
        done["performer"] = [{"actor": identified("Practitioner", "urn:sonoplace:operator", record.operator)}]
    if record.site:
        done["location"] = identified("Location", "urn:sonoplace:site", record.site)
    if record.indication:
        done["reasonCode"] = [own_concept(record.indication.value, record.indication.value.replace("_", " "))]
    if record.injectate:
        kind, volume = record.injectate.kind.value, record.injectate.volume_ml
        amount = "" if volume is None else f", {volume:g} mL"
        done["usedCode"] = [own_concept(kind, f"{kind.replace('_', ' ')}{amount}")]
    return done


def _observation(store: Store, row: ProcedureRow, record: ProcedureRecord | None) -> Json:
    """The verdict with the numbers beside it."""
    summary = row.summary or {}
    answered = store.chain.of(row.id, EntryKind.ANSWERED)[-1]
    said: Json = {
        "resourceType": "Observation",
        "id": resource_id("Observation", row.id),
        "identifier": [{"system": "urn:sonoplace:record-sha256", "value": answered.record_sha256}],
        "status": "final",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "imaging"}]}
        ],
        "code": concept(codes.PROCEDURE_VERDICT),
        "subject": subject(row),
        "partOf": [reference("Procedure", row.id)],
        "derivedFrom": [reference("ImagingStudy", row.id)],
        "device": reference("Device", _judge(row)),
        "issued": answered.note.at,
        "valueCodeableConcept": concept(codes.PROCEDURE_VERDICTS[ProcedureVerdict(summary["verdict"])]),
        "bodySite": concept(codes.RECESS),
        "note": [{"text": NOTE}],
    }
    components = _components(summary)
    when = {"effectiveDateTime": record.performed_on} if record and record.performed_on else {}
    return {**said, **when, **({"component": components} if components else {})}


def _components(summary: Json) -> list[Json]:
    measured = (
        ("p_inside", codes.PROBABILITY, codes.NO_UNITS),
        ("signed_distance_mm", codes.SIGNED_DISTANCE, codes.MILLIMETRE),
        ("tip_visible_share", codes.TIP_VISIBLE_SHARE, codes.NO_UNITS),
    )
    found = [
        {"code": concept(code), "valueQuantity": quantity(summary[name], unit)}
        for name, code, unit in measured
        if summary[name] is not None
    ]
    if summary["tissue_at_tip"]:
        tissue = codes.TISSUES[Tissue[summary["tissue_at_tip"].upper()]]
        found.append({"code": concept(codes.TISSUE_AT_TIP), "valueCodeableConcept": concept(tissue)})
    if summary["reason"]:
        reason = codes.REASONS[Reason(summary["reason"])]
        found.append({"code": concept(codes.REASON), "valueCodeableConcept": concept(reason)})
    return found
