"""What FHIR resources are made of: identifiers, references, codes and quantities, as plain values."""

import uuid
from typing import Any

from pydicom.sr.coding import Code

from imaging.results import codes
from service.record.outcomes import CAUTION
from service.store.tables import ProcedureRow

Json = dict[str, Any]

CODES = "urn:sonoplace:codes"
"""System of the private codes: those that ``imaging/results/CODES.md`` lists, and the closed lists of a record."""
SYSTEMS = {
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "LN": "http://loinc.org",
    codes.SCHEME: CODES,
}
NOTE = f"Research and quality use. Not for diagnosis. {CAUTION}"
KNEE_JOINT = Code("49076000", "SCT", "Knee joint")
_UCUM = "http://unitsofmeasure.org"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sonoplace:fhir")


def resource_id(kind: str, of: str) -> str:
    """Identifier of a resource, always the same for the same thing."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{of}"))


def reference(kind: str, of: str) -> Json:
    """Reference to a resource of the same bundle."""
    return {"reference": f"urn:uuid:{resource_id(kind, of)}", "type": kind}


def identified(kind: str, system: str, value: str) -> Json:
    """Logical reference: whom it means is known to the site alone."""
    return {"type": kind, "identifier": {"system": system, "value": value}}


def subject(row: ProcedureRow) -> Json:
    """The patient, by a pseudonym of the procedure."""
    return identified("Patient", "urn:sonoplace:subject-of-procedure", row.id)


def concept(*meant: Code, text: str | None = None) -> Json:
    """Codes of one meaning."""
    coding = [
        {"system": SYSTEMS[code.scheme_designator], "code": code.value, "display": code.meaning} for code in meant
    ]
    return {"coding": coding, **({"text": text} if text else {})}


def own_concept(value: str, text: str) -> Json:
    """Code of a closed list of what people record."""
    return {"coding": [{"system": CODES, "code": value}], "text": text}


def quantity(value: float, unit: Code) -> Json:
    """Number with its unit."""
    return {"value": value, "unit": unit.value, "system": _UCUM, "code": unit.value}
