"""What people add: coded, versioned, blinded, beside the answer and never over it."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.record.outcomes import CAUTION
from service.record.reading import _present_shape
from service.wire import (
    Correction,
    LinkAnswer,
    OutcomeTable,
    ProcedureAnswer,
    RecordAnswer,
    Review,
    ReviewAnswer,
    ReviewsAnswer,
    VerificationAnswer,
)
from tests.service.backends import BACKENDS as BACKENDS  # every test here runs on both
from tests.service.conftest import StartApp
from tests.service.pictures import BELOW, INSIDE, dicom, picture, png

URL = "/v1/procedures"
RECORD = {
    "laterality": "left",
    "indication": "osteoarthritis",
    "approach": "superolateral",
    "view": "transverse_in_plane",
    "injectate": {"kind": "bone_marrow_concentrate", "volume_ml": 5.5},
    "needle": {"gauge": 20, "length_mm": 50},
    "operator": "OP-7",
    "site": "SITE_1",
    "performed_on": "2025-11-22",
    "consent": {"documented": True, "reference": "C-2025-11"},
}
REVIEW = {"reviewer": "R1", "blinded": True, "judgement": "agree"}


@pytest.fixture
def procedure(client: TestClient) -> str:
    """Address of an answered cine of three frames, of the left side."""
    return posted(client, dicom([picture(None), picture(INSIDE), picture(INSIDE)], laterality="L"))


def posted(client: TestClient, body: bytes) -> str:
    headers = {"Content-Type": "application/dicom", "SonoPlace-Asked-By": "WS-3"}
    answer = client.post(URL, content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["links"]["self"])


def test_a_record_is_kept_in_every_version(client: TestClient, procedure: str) -> None:
    assert client.get(f"{procedure}/record").json()["code"] == "not-found"
    first = client.put(f"{procedure}/record", json=RECORD, headers={"SonoPlace-Asked-By": "WS-4"})
    again = client.put(f"{procedure}/record", json=RECORD)
    second = client.put(f"{procedure}/record", json=RECORD | {"operator": "OP-8"})
    assert [answer.status_code for answer in (first, again, second)] == [201, 200, 201]
    assert first.json() == again.json()
    kept = RecordAnswer.model_validate(first.json())
    assert (kept.version, kept.added_by, kept.picture_laterality, kept.flags) == (1, "WS-4", "left", [])
    assert kept.record.model_dump(mode="json") == {"laterality_on_screen": None, **RECORD}
    assert client.get(f"{procedure}/record").json() == second.json()
    assert client.get(f"{procedure}/record?version=1").json() == first.json()
    assert client.get(f"{procedure}/record?version=3").json()["code"] == "not-found"
    assert client.get(procedure).json()["record"] == second.json()


def test_sides_that_contradict_each_other_are_flagged(client: TestClient, procedure: str) -> None:
    for said in ({"laterality": "right"}, {"laterality_on_screen": "right"}):
        answer = client.put(f"{procedure}/record", json=RECORD | said).json()
        assert answer["flags"] == ["LATERALITY_CONFLICT"]
        assert len(answer["explanations"]) == 1
        assert client.get(procedure).json()["record"]["flags"] == ["LATERALITY_CONFLICT"]


UNCODED: list[dict[str, Any]] = [
    {"operator": "Dr Quillfeather"},
    {"operator": "QUILLFEATHER"},
    {"operator": "O" * 32 + "1"},
    {"note": "patient was nervous"},
    {"injectate": {"kind": "holy water"}},
    {"injectate": {"kind": "saline", "volume_ml": -1}},
    {"needle": {"gauge": 3}},
    {"performed_on": "2026-02-30"},
    {"performed_on": "last tuesday"},
    {"performed_on": "1066-10-14"},
    {"laterality": "up"},
    {"consent": {"documented": True, "reference": "signed by Araminta"}},
]


def test_what_is_not_coded_is_refused_and_not_repeated(client: TestClient, procedure: str) -> None:
    for said in UNCODED:
        answer = client.put(f"{procedure}/record", json=RECORD | said)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-query"), said
        assert not any(word in answer.text for word in ("Quillfeather", "QUILL", "nervous", "Araminta"))
    assert client.get(f"{procedure}/record").status_code == 404


def test_dates_are_no_finer_than_the_site_allows(start_app: StartApp) -> None:
    client = start_app(record_dates="month")
    address = posted(client, dicom([picture(INSIDE)]))
    refused = client.put(f"{address}/record", json=RECORD)
    assert (refused.status_code, "to the month" in refused.json()["detail"]) == (422, True)
    for date in ("2025-11", "2025"):
        assert client.put(f"{address}/record", json=RECORD | {"performed_on": date}).status_code == 201
    assert client.post(f"{address}/follow-ups", json={"visited_on": "2025-12-01", "pain": 1}).status_code == 422


def test_dates_that_have_not_come_are_refused(client: TestClient, procedure: str) -> None:
    for date in ("2099-01-01", "2099-01", "2099"):
        record = client.put(f"{procedure}/record", json=RECORD | {"performed_on": date})
        visit = client.post(f"{procedure}/follow-ups", json={"visited_on": date, "pain": 1})
        for answer, name in ((record, "performed_on"), (visit, "visited_on")):
            assert (answer.status_code, answer.json()["code"]) == (422, "bad-query")
            assert answer.json()["detail"].startswith(f"{name} lies ahead: expected a date up to ")
    assert client.get(f"{procedure}/record").status_code == 404
    assert client.get(f"{procedure}/follow-ups").json() == []


def test_follow_ups_are_added_one_by_one(client: TestClient, procedure: str) -> None:
    visits = [
        {"visited_on": "2025-11-20", "pain": 7, "koos": 40.5},
        {
            "visited_on": "2026-02",
            "pain": 2.5,
            "womac": 12,
            "adverse_events": [{"kind": "bleeding", "severity": "mild"}],
        },
    ]
    for visit in visits:
        assert client.post(f"{procedure}/follow-ups", json=visit).status_code == 201
    kept = [answer["follow_up"] for answer in client.get(f"{procedure}/follow-ups").json()]
    assert [{name: value for name, value in visit.items() if value is not None} for visit in kept] == visits
    assert client.get(procedure).json()["follow_ups"] == 2
    for refused in ({"visited_on": "2027"}, {"visited_on": "2027", "pain": 11}, {"pain": 3}):
        assert client.post(f"{procedure}/follow-ups", json=refused).status_code == 422


def test_reviews_stand_beside_the_answer(client: TestClient, procedure: str) -> None:
    before = client.get(procedure).json()
    correction = {
        "frame": 1,
        "tip_px": [120, 100],
        "shaft_px": [[20, 60], [120, 100]],
        "recess_px": [[[60, 90], [180, 90], [120, 115]]],
    }
    said = {
        **REVIEW,
        "role": "radiologist",
        "frame": 1,
        "judgement": "disagree",
        "reason": "tip_misplaced",
        "verdict": "outside",
    }
    answer = client.post(f"{procedure}/reviews", json=said | {"corrections": [correction]})
    assert answer.status_code == 201, answer.text
    kept = ReviewAnswer.model_validate(answer.json())
    assert kept.review.model_dump(mode="json") == {
        **said, "corrections": [{"needle_absent": False, "rest_confirmed": False, **correction}]
    }  # fmt: skip
    assert client.get(procedure).json() == before | {"reviews": 1}


def test_a_blinded_reader_sees_reviews_after_the_own_one(client: TestClient, procedure: str) -> None:
    def seen(query: str) -> tuple[list[str], int]:
        answer = ReviewsAnswer.model_validate(client.get(f"{procedure}/reviews{query}").json())
        return [one.review.reviewer for one in answer.reviews], answer.withheld

    client.post(f"{procedure}/reviews", json=REVIEW | {"judgement": "disagree", "reason": "tip_misplaced"})
    assert seen("?reader=R2") == seen("?reader=R2&blinded=true") == ([], 1)
    assert "tip_misplaced" not in client.get(f"{procedure}/reviews?reader=R2").text
    client.post(f"{procedure}/reviews", json=REVIEW | {"reviewer": "R2", "frame": 1})
    assert seen("?reader=R2") == (["R2"], 1)  # one frame is not the whole procedure
    client.post(f"{procedure}/reviews", json=REVIEW | {"reviewer": "R2"})
    assert seen("?reader=R2") == seen("") == seen("?reader=R3&blinded=false") == (["R1", "R2", "R2"], 0)
    assert seen("?reader=R3") == ([], 3)


def test_a_list_is_searched_by_numbers_as_a_bar_counts_them(client: TestClient, procedure: str) -> None:
    missed = posted(client, dicom([picture(BELOW)]))
    posted(client, dicom([picture(None)]))  # of which no number is known
    inside, outside = (client.get(one).json() for one in (procedure, missed))
    far = outside["summary"]["signed_distance_mm"]
    assert far < 0 < inside["summary"]["signed_distance_mm"]

    def listed(**query: float | str) -> set[str]:
        return {one["id"] for one in client.get(URL, params=query).json()["procedures"]}

    assert listed(distance_below_mm=0) == listed(distance_from_mm=far, distance_below_mm=0) == {outside["id"]}
    assert listed(distance_below_mm=far) == set(), "a bar holds its lower edge, not its upper one"
    assert listed(distance_from_mm=0) == {inside["id"]}
    assert listed(tip_share_from=1) == listed(distance_from_mm=-1000) == {inside["id"], outside["id"]}
    assert listed(tip_share_from=0, tip_share_below=0.5) == set()
    assert len(listed(performed_since="2000", performed_until="2100", or_stored="true")) == 3
    for query in ("distance_from_mm=near", "distance_below_mm=inf", "tip_share_from=1.5"):
        assert client.get(f"{URL}?{query}").status_code == 422, query


IMPOSSIBLE: list[dict[str, Any]] = [
    {"judgement": "disagree"},
    {"frame": 3},
    {"role": "king"},
    {"reviewer": "Araminta"},
    {"corrections": [{"frame": 3, "needle_absent": True}]},
    {"corrections": [{"frame": 1}]},
    {"corrections": [{"frame": 1, "needle_absent": True}, {"frame": 1, "recess_px": []}]},
    {"corrections": [{"frame": 1, "shaft_px": [[0, 0], [240, 10]]}]},
    {"corrections": [{"frame": 1, "recess_px": [[[0, 0], [10, 200], [3, 3]]]}]},
    {"corrections": [{"frame": 1, "recess_px": [[[0, 0], [10, 20]]]}]},
    {"corrections": [{"frame": 1, "needle_absent": True, "shaft_px": [[0, 0], [1, 1]]}]},
    {"corrections": [{"frame": 1, "tip_px": [1, 200]}]},
    {"corrections": [{"frame": 0, "tip_px": [1, 1]}]},  # no needle was answered there, whose shaft would end here
]


def test_reviews_that_cannot_be(client: TestClient, procedure: str) -> None:
    for said in IMPOSSIBLE:
        assert client.post(f"{procedure}/reviews", json=REVIEW | said).status_code == 422, said
    assert client.get(f"{procedure}/reviews").json() == {"reviews": [], "withheld": 0}


def test_a_review_of_version_0_1_0_is_read(client: TestClient, procedure: str) -> None:
    old = {
        **REVIEW, "frame": 1, "reason": None, "verdict": None,
        "correction": {"tip_px": None, "shaft_px": None, "needle_absent": False, "recess_px": []},
    }  # fmt: skip
    said = _present_shape(old)
    assert Review.model_validate(said).corrections == [Correction(frame=1, recess_px=[])]
    assert Review.model_validate(_present_shape(old | {"correction": None})).corrections == []


def test_history_and_verification(client: TestClient, procedure: str) -> None:
    client.put(f"{procedure}/record", json=RECORD)
    links = [LinkAnswer.model_validate(link) for link in client.get(f"{procedure}/history").json()]
    assert [(link.kind, link.added_by) for link in links] == [
        ("accepted", "WS-3"), ("answered", "WS-3"), ("record", "anonymous")
    ]  # fmt: skip
    answer = ProcedureAnswer.model_validate(client.get(procedure).json())
    assert (answer.record_sha256, answer.link_sha256) == (links[1].record_sha256, links[1].link_sha256)
    found = VerificationAnswer.model_validate(client.post("/v1/verify?recompute=5").json())
    assert (found.intact, found.links, found.recomputed, found.head_sha256) == (True, 3, 1, links[2].link_sha256)
    lost = client.post(f"/v1/verify?head={'0' * 64}").json()
    assert (lost["intact"], lost["first_fault"]["part"]) == (False, "link")
    assert client.post("/v1/verify?head=nonsense").status_code == 422


def test_outcome_stands_beside_placement_with_its_caution(client: TestClient) -> None:
    headers = {"Content-Type": "image/png"}
    addresses = [
        client.post(f"{URL}?spacing_mm=0.2", content=png(tip), headers=headers).json()["links"]["self"]
        for tip in (INSIDE, BELOW, None)
    ]
    for address, before, after in ((addresses[0], 6, 4), (addresses[1], 8, 3)):
        client.put(f"{address}/record", json=RECORD)
        for date, pain in (("2025-11-01", before), ("2026-01-01", after)):
            client.post(f"{address}/follow-ups", json={"visited_on": date, "pain": pain})
    event = {"visited_on": "2026", "adverse_events": [{"kind": "infection", "severity": "severe"}]}
    client.post(f"{addresses[1]}/follow-ups", json=event)
    table = OutcomeTable.model_validate(client.get("/v1/outcomes").json())
    assert table.caution == CAUTION
    assert "not shown to predict" in table.caution
    rows = {row.verdict: row for row in table.rows}
    assert (rows["probable"].pain_before_mean, rows["probable"].pain_change_mean) == (6, -2)
    assert (rows["extra_articular"].pain_change_mean, rows["extra_articular"].adverse_events) == (-5, {"infection": 1})
    assert (rows["not_assessed"].followed_up, rows["not_assessed"].pain_after_mean) == (0, None)


def test_nothing_is_added_to_what_is_not_there(client: TestClient) -> None:
    nowhere = f"{URL}/{'0' * 32}"
    calls = [
        client.put(f"{nowhere}/record", json=RECORD),
        client.post(f"{nowhere}/follow-ups", json={"visited_on": "2026", "pain": 1}),
        client.post(f"{nowhere}/reviews", json=REVIEW),
        client.get(f"{nowhere}/history"),
    ]
    assert [answer.status_code for answer in calls] == [404] * 4
    assert json.loads(client.post("/v1/verify").content)["links"] == 0
