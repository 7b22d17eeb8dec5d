"""One procedure over time, and the list that finds it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.service.conftest import StartApp
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, INSIDE, dicom, picture, png

_DICOM = {"Content-Type": "application/dicom"}
_PNG = {"Content-Type": "image/png"}


@pytest.fixture
def stored(client: TestClient) -> dict[str, Any]:
    cine = dicom([picture(tip) for tip in (None, INSIDE, INSIDE, BELOW)])
    return dict(client.post("/v1/procedures", content=cine, headers=_DICOM).json())


def test_course_has_one_entry_a_frame(client: TestClient, stored: dict[str, Any]) -> None:
    course = client.get(stored["links"]["course"]).json()
    assert course["at"] == [0.0, 0.04, 0.08, 0.12]
    assert course["unit"] == "s"
    assert course["verdict"] == stored["frame_verdicts"] == ["not_assessed", "inside", "inside", "outside"]
    assert course["needle_seen"] == [False, True, True, True]
    assert course["signed_distance_mm"][0] is None
    answers = [client.get(stored["links"]["frame"].format(n=index)).json()["placement"] for index in range(4)]
    assert course["signed_distance_mm"][1:] == [answer["signed_distance_mm"] for answer in answers[1:]]
    assert course["p_inside"] == [answer["p_inside"] for answer in answers]


def test_events_are_kept_with_the_answer(start_app: StartApp, segmenter: FakeSegmenter) -> None:
    """Nothing is judged again for them, and another network may answer by then."""
    first = start_app()
    cine = dicom([picture(tip) for tip in (None, INSIDE, INSIDE, BELOW)])
    stored = first.post("/v1/procedures", content=cine, headers=_DICOM).json()
    segmenter.open.clear()  # whoever asks it now waits
    events = first.get(stored["links"]["events"]).json()
    segmenter.open.set()
    assert start_app(judge=FakeSegmenter("e" * 64)).get(stored["links"]["events"]).json() == events
    assert events["handling"]["needle_frames"] == stored["summary"]["needle_frames"] == 3
    assert set(events["key_frames"]) == {"before_needle", "tip_in_recess", "injection", "after"}
    assert all(0 <= event["frame"] < 4 for event in events["events"])


def test_links_lead_somewhere(client: TestClient, stored: dict[str, Any]) -> None:
    assert client.get(stored["links"]["results"].format(kind="seg")).status_code == 200
    plain = client.post("/v1/procedures?spacing_mm=0.2", content=png(), headers=_PNG).json()
    assert plain["links"]["results"] is None


def listed(client: TestClient, **query: str) -> list[str]:
    page = client.get("/v1/procedures", params=query).json()
    assert page["total"] == len(page["procedures"])
    return [procedure["id"] for procedure in page["procedures"]]


def test_list_is_searched_by_what_was_recorded(client: TestClient, stored: dict[str, Any]) -> None:
    other = client.post("/v1/procedures?spacing_mm=0.2", content=png(None), headers=_PNG).json()
    record = {
        "performed_on": "2026-02",
        "laterality": "left",
        "site": "S-1",
        "operator": "OP-7",
        "injectate": {"kind": "saline"},
    }
    client.put(stored["links"]["record"], json=record | {"operator": "OP-6"})
    client.put(stored["links"]["record"], json=record)
    client.post(stored["links"]["reviews"], json={"reviewer": "R-1", "blinded": False, "judgement": "agree"})
    for query in ({"site": "S-1"}, {"operator": "OP-7"}, {"injectate": "saline"}, {"reviewed": "true"}):
        assert listed(client, **query) == [stored["id"]], query
    assert listed(client, reviewed="false") == [other["id"]]
    for first, last, there in (
        ("2026-02-14", "2026-02-15", True),
        ("2025", "2026", True),
        ("2026-03", "2027", False),
        ("2025", "2026-01-31", False),
    ):
        assert listed(client, performed_since=first, performed_until=last) == [stored["id"]] * there
    month = datetime.fromisoformat(other["created_at"]).astimezone(UTC).strftime("%Y-%m")
    assert listed(client, performed_since=month, performed_until=month) == []
    assert listed(client, performed_since=month, performed_until=month, or_stored="true") == [other["id"]]
    assert listed(client, performed_until="2026-01", or_stored="true") == []
    assert listed(client, performed_since="2026-02", performed_until="2026-02", or_stored="true") == [stored["id"]]
    assert listed(client, operator="OP-6") == []  # an earlier version of the record
    assert listed(client, reason="NO_NEEDLE") == [other["id"]]
    entry = client.get("/v1/procedures", params={"site": "S-1"}).json()["procedures"][0]
    assert (entry["operator"], entry["injectate"], entry["reviews"]) == ("OP-7", "saline", 1)
    assert entry["performed_on"] == "2026-02"


def test_list_is_searched_by_day(client: TestClient, stored: dict[str, Any]) -> None:
    today = datetime.fromisoformat(stored["created_at"]).astimezone(UTC).date()
    day = timedelta(days=1)
    assert listed(client, since=str(today), until=str(today)) == [stored["id"]]
    assert listed(client, since=str(today + day)) == []
    assert listed(client, until=str(today - day)) == []
    assert client.get("/v1/procedures?since=yesterday").status_code == 422
