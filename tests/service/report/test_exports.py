"""Tables and FHIR resources: the same values as the answers, validated, the same each time, naming nobody."""

import csv
import io
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.service.pictures import PERSON, SOP_UID, STUDY_UID, dicom, picture, png
from tests.service.report.test_procedure_page import RECORD, cine, taken_in

Resource = dict[str, Any]


@pytest.fixture
def link(client: TestClient) -> str:
    link = taken_in(client, cine())
    assert client.put(f"{link}/record", json=RECORD | {"laterality": "right"}).status_code == 201
    return link


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


class TestTables:
    def test_frames_are_those_of_the_answers(self, client: TestClient, link: str) -> None:
        rows = table(client.get(f"{link}/export.csv").text)
        assert [row["frame"] for row in rows] == [str(index) for index in range(8)]
        answer = client.get(f"{link}/frames/3").json()
        assert rows[3]["signed_distance_mm"] == str(answer["placement"]["signed_distance_mm"])
        assert rows[3]["verdict"] == answer["placement"]["verdict"]
        assert rows[3]["time_s"] == "0.12"
        assert rows[3]["spacing_row_mm"] == "0.2"
        assert rows[0]["tip_x_px"] == ""

    def test_procedures_carry_what_was_recorded(self, client: TestClient, link: str) -> None:
        taken_in(client, dicom([picture(None)] * 2))
        rows = {row["procedure_id"]: row for row in table(client.get("/v1/exports/procedures.csv").text)}
        recorded = rows[link.rsplit("/", 1)[1]]
        assert len(rows) == 2
        assert (recorded["injectate"], recorded["volume_ml"], recorded["operator"]) == (
            "platelet_rich_plasma",
            "4.5",
            "OP-7",
        )
        assert recorded["record_sha256"] == client.get(link).json()["record_sha256"]

    def test_parquet_says_the_same_with_units(self, client: TestClient, link: str) -> None:
        pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra audit")
        content = client.get(f"{link}/export.parquet").content
        read = pq.read_table(io.BytesIO(content))
        plain = table(client.get(f"{link}/export.csv").text)
        distances = [row["signed_distance_mm"] for row in plain]
        assert ["" if value is None else str(value) for value in read["signed_distance_mm"].to_pylist()] == distances
        assert read.schema.field("signed_distance_mm").metadata[b"unit"] == b"mm"
        assert client.get(f"{link}/export.parquet").content == content
        assert pq.read_table(io.BytesIO(client.get("/v1/exports/procedures.parquet").content)).num_rows == 1

    def test_an_unknown_procedure_is_not_found(self, client: TestClient) -> None:
        for suffix in ("csv", "parquet", "fhir.json"):
            assert client.get(f"/v1/procedures/nowhere/export.{suffix}").status_code == 404


class TestFhir:
    @pytest.fixture(autouse=True)
    def needs_fhir(self) -> None:
        pytest.importorskip("fhir.resources", reason="needs the extra fhir")

    def resources(self, client: TestClient, link: str) -> dict[str, Resource]:
        answer = client.get(f"{link}/export.fhir.json")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/fhir+json"
        return {entry["resource"]["resourceType"]: entry["resource"] for entry in answer.json()["entry"]}

    def test_four_resources_that_the_library_accepts_one_by_one(self, client: TestClient, link: str) -> None:
        from fhir.resources.R4B import get_fhir_model_class

        resources = self.resources(client, link)
        assert set(resources) == {"Device", "ImagingStudy", "Procedure", "Observation"}
        for kind, resource in resources.items():
            get_fhir_model_class(kind).model_validate(resource)

    def test_verdict_and_numbers_are_coded(self, client: TestClient, link: str) -> None:
        said = self.resources(client, link)["Observation"]
        summary = client.get(link).json()["summary"]
        assert said["valueCodeableConcept"]["coding"][0]["code"] == summary["verdict"].upper()
        quantities = {
            part["code"]["coding"][0]["code"]: part["valueQuantity"]
            for part in said["component"]
            if "valueQuantity" in part
        }
        assert float(quantities["122157"]["value"]) == summary["p_inside"]
        distance = quantities["SIGNED_DIST"]
        assert (float(distance["value"]), distance["code"]) == (summary["signed_distance_mm"], "mm")
        assert distance["system"] == "http://unitsofmeasure.org"
        assert "not shown to predict outcome" in said["note"][0]["text"]

    def test_what_was_recorded(self, client: TestClient, link: str) -> None:
        done = self.resources(client, link)["Procedure"]
        assert (done["status"], done["performedDateTime"]) == ("completed", "2025-11")
        sites = [site["coding"][0]["code"] for site in done["bodySite"]]
        assert sites == ["49076000", "75415000", "24028007"]  # knee joint, suprapatellar bursa, right
        assert done["usedCode"][0]["text"] == "platelet rich plasma, 4.5 mL"

    def test_references_lead_to_resources_of_the_bundle(self, client: TestClient, link: str) -> None:
        content = client.get(f"{link}/export.fhir.json").json()
        there = {entry["fullUrl"] for entry in content["entry"]}
        said = self.resources(client, link)["Observation"]
        for reference in (*said["partOf"], *said["derivedFrom"], said["device"]):
            assert reference["reference"] in there

    def test_the_study_is_that_of_the_kept_copy(self, client: TestClient, link: str) -> None:
        study = self.resources(client, link)["ImagingStudy"]
        assert study["series"][0]["instance"][0]["sopClass"]["code"] == "urn:oid:1.2.840.10008.5.1.4.1.1.3.1"
        assert STUDY_UID not in json.dumps(study)

    def test_the_same_each_time_and_nobody_is_named(self, client: TestClient, link: str) -> None:
        first, again = (client.get(f"{link}/export.fhir.json").text for _ in range(2))
        assert first == again
        assert not [secret for secret in (*PERSON.values(), SOP_UID, STUDY_UID) if secret in first]

    def test_a_picture_without_a_study_or_a_record(self, client: TestClient) -> None:
        answer = client.post("/v1/procedures?spacing_mm=0.2", content=png(), headers={"Content-Type": "image/png"})
        resources = self.resources(client, answer.json()["links"]["self"])
        assert "series" not in resources["ImagingStudy"]
        assert resources["Procedure"]["status"] == "unknown"

    def test_several_procedures_share_their_device(self, client: TestClient, link: str) -> None:
        taken_in(client, dicom([picture(None)] * 2))
        kinds = [
            entry["resource"]["resourceType"]
            for entry in client.get("/v1/exports/procedures.fhir.json").json()["entry"]
        ]
        assert sorted(kinds) == ["Device", *["ImagingStudy"] * 2, *["Observation"] * 2, *["Procedure"] * 2]

    def test_an_empty_store_gives_an_empty_bundle(self, client: TestClient) -> None:
        assert client.get("/v1/exports/procedures.fhir.json").json() == {"resourceType": "Bundle", "type": "collection"}


VISITS: list[Resource] = [
    {"visited_on": "2025-10", "pain": 7, "adverse_events": [{"kind": "vasovagal", "severity": "mild"}]},
    {"visited_on": "2025-12-24", "pain": 2.5, "koos": 61.5, "womac": 30, "adverse_events": []},
    {"visited_on": "2026", "adverse_events": [
        {"kind": "infection", "severity": "moderate"},
        {"kind": "other", "severity": "life_threatening"},
        {"kind": "bleeding", "severity": "fatal"},
    ]},
]  # fmt: skip


class TestVisits:
    """Follow-up beside the verdict."""

    @pytest.fixture
    def resources(self, client: TestClient, link: str) -> list[Resource]:
        pytest.importorskip("fhir.resources", reason="needs the extra fhir")
        for visit in VISITS:
            assert client.post(f"{link}/follow-ups", json=visit).status_code == 201
        first, again = (client.get(f"{link}/export.fhir.json") for _ in range(2))
        assert first.content == again.content
        entries = first.json()["entry"]
        assert len({entry["fullUrl"] for entry in entries}) == len(entries) == 4 + 2 + 4 + 1 + 4
        return [entry["resource"] for entry in entries]

    def test_the_library_accepts_them_one_by_one(self, resources: list[Resource]) -> None:
        from fhir.resources.R4B import get_fhir_model_class

        for resource in resources:
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)

    def test_scores_have_codes_days_and_units(self, resources: list[Resource]) -> None:
        seen = [one for one in resources if "effectiveDateTime" in one and "focus" in one]
        assert [
            (one["effectiveDateTime"], one["code"]["coding"][0]["code"], str(score(one))) for one in seen
        ] == [
            ("2025-10", "72514-3", "7.0"),
            ("2025-10", "adverse_events", "1"),
            ("2025-12-24", "72514-3", "2.5"),
            ("2025-12-24", "koos_overall", "61.5"),
            ("2025-12-24", "womac_normalised", "30.0"),
            ("2025-12-24", "adverse_events", "0"),
            ("2026", "adverse_events", "3"),
        ]  # fmt: skip
        assert {one["valueQuantity"]["code"] for one in seen if "valueQuantity" in one} == {"{score}"}
        assert seen[3]["method"]["coding"][0]["code"] == "72091-2"
        assert all(one["category"][0]["coding"][0]["code"] == "survey" for one in seen)

    def test_adverse_events_have_a_kind_and_fhirs_words_for_how_bad(self, resources: list[Resource]) -> None:
        events = [one for one in resources if one["resourceType"] == "AdverseEvent"]
        told = [
            (
                one["event"]["coding"][0]["code"],
                [coding["code"] for coding in one["severity"]["coding"]],
                one.get("seriousness", {}).get("coding", [{}])[0].get("code"),
                "outcome" in one,
            )
            for one in events
        ]
        assert told == [
            ("vasovagal", ["mild", "mild"], None, False),
            ("40733004", ["moderate", "moderate"], None, False),
            ("other", ["severe", "life_threatening"], "SeriousIsLifeThreatening", False),
            ("131148009", ["severe", "fatal"], "SeriousResultsInDeath", True),
        ]
        assert events[1]["event"]["coding"][1]["code"] == "infection"
        assert ["suspectEntity" in one for one in events] == [False, True, True, True]  # the first was before it

    def test_none_refers_to_the_verdict_nor_to_what_gave_it(self, resources: list[Resource]) -> None:
        (verdict,) = [one for one in resources if "derivedFrom" in one]
        (device,) = [one for one in resources if one["resourceType"] == "Device"]
        beside = [one for one in resources if "focus" in one or one["resourceType"] == "AdverseEvent"]
        assert len(beside) == 11
        for one in beside:
            assert not [name for name in (verdict["id"], device["id"]) if name in json.dumps(one)]
        assert all("not shown to predict outcome" in one["note"][0]["text"] for one in beside if "focus" in one)


def score(observation: Resource) -> float:
    return (
        observation["valueInteger"] if "valueInteger" in observation else float(observation["valueQuantity"]["value"])
    )
