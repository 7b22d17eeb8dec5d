"""Visits before a procedure and after it, of dates as exact as they happen to be."""

from typing import Any

from starlette.testclient import TestClient

from service.wire import OutcomeRow, OutcomeTable
from tests.service.pictures import BELOW, dicom, picture


def told(client: TestClient, performed_on: str | None, *visits: dict[str, Any]) -> OutcomeRow:
    """Row of the one procedure that was followed up so."""
    body = dicom([picture(BELOW)])
    answer = client.post("/v1/procedures", content=body, headers={"Content-Type": "application/dicom"})
    address = answer.json()["links"]["self"]
    record = {"laterality": "left", "performed_on": performed_on}
    assert client.put(f"{address}/record", json=record).status_code == 201
    for visit in visits:
        assert client.post(f"{address}/follow-ups", json=visit).status_code == 201
    (row,) = OutcomeTable.model_validate(client.get("/v1/outcomes").json()).rows
    return row


def test_an_earlier_visit_is_not_after_because_another_is_said_by_the_year_alone(client: TestClient) -> None:
    events = [{"kind": "bleeding", "severity": "mild"}]
    row = told(
        client, "2025-03-15", {"visited_on": "2025", "pain": 2},
        {"visited_on": "2025-01-10", "pain": 8, "adverse_events": events},
    )  # fmt: skip
    assert (row.pain_before_mean, row.pain_after_mean, row.pain_change_mean) == (8, 2, -6)
    assert (row.followed_up, row.undated, row.adverse_events) == (1, 0, {})


def test_without_a_date_of_the_procedure_visits_are_neither_before_nor_after(client: TestClient) -> None:
    row = told(client, None, {"visited_on": "2025-01", "pain": 8}, {"visited_on": "2025-06", "pain": 2})
    assert (row.procedures, row.followed_up, row.undated) == (1, 0, 1)
    assert (row.pain_before_mean, row.pain_after_mean, row.pain_pairs) == (None, None, 0)


def test_without_visits_nothing_is_missing(client: TestClient) -> None:
    assert told(client, None).undated == 0
