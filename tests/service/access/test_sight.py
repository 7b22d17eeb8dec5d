"""What a second reader can learn of the first one's review before signing: nothing, by whatever route."""

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.service.access.conftest import Make, bearer
from tests.service.pictures import INSIDE, dicom, picture

FIRST = "FIRST-7341"
REVIEW = {"reviewer": FIRST, "blinded": True, "judgement": "disagree", "reason": "tip_misplaced"}
AGREE: dict[str, Any] = {"judgement": "agree", "reason": None}
CORRECTION = {"frame": 0, "needle_absent": True, "recess_px": []}
TOLD = (FIRST, '"judgement":"disagree"', "tip_misplaced", "tip misplaced")
"""What the first review says, in the forms in which an answer could say it."""
OF_PROCEDURE = ("", "/reviews", "/reviews?blinded=false", "/history", "/report.html", "/record", "/follow-ups",
                "/course", "/events", "/frames/0", "/export.csv", "/export.fhir.json", "/labels.zip")  # fmt: skip
OF_ALL = ("/v1/procedures", "/v1/agreement", "/v1/agreement?blinded=true", "/v1/outcomes",
          "/v1/exports/procedures.csv", "/v1/exports/procedures.fhir.json", "/v1/exports/labels.zip")  # fmt: skip
TELLING = {"/reviews", "/reviews?blinded=false", "/report.html", "/labels.zip", "/v1/agreement",
           "/v1/agreement?blinded=true", "/v1/exports/labels.zip"}  # fmt: skip
"""Addresses that do tell, once it is allowed."""


@dataclass(frozen=True)
class Site:
    """A service with a procedure that two have read, and keys of all who may look at it."""

    client: TestClient
    procedure: str
    keys: dict[str, str]

    def sign(self, who: str, **said: Any) -> None:
        answer = self.client.post(f"{self.procedure}/reviews", json=REVIEW | said, headers=bearer(self.keys[who]))
        assert answer.status_code == 201, answer.text

    def get(self, who: str, path: str) -> Any:
        return self.client.get(self.procedure + path, headers=bearer(self.keys[who])).json()

    def told(self, who: str) -> set[str]:
        """Addresses whose answers say something of the first review."""
        found = set()
        for path in [*(self.procedure + path for path in OF_PROCEDURE), *OF_ALL]:
            answer = self.client.get(path, headers=bearer(self.keys[who]))
            if answer.status_code not in (403, 404):
                assert answer.status_code == 200, (path, answer.text)
                if tells(answer.content):
                    found.add(path.removeprefix(self.procedure))
        return found


def tells(content: bytes) -> bool:
    """Whether a file says something of the first review; of a ZIP file, its names and what was passed over."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = " ".join(archive.namelist()).encode() + archive.read(archive.namelist()[-1])
    return any(word in content.decode() for word in TOLD)


@pytest.fixture
def site(guarded: TestClient, make: Make) -> Site:
    keys = {who: make("reviewer") for who in ("first", "second", "third")}
    keys |= {who: make(who) for who in ("workstation", "auditor", "admin")}
    headers = {"Content-Type": "application/dicom", **bearer(keys["workstation"])}
    stored = guarded.post("/v1/procedures", content=dicom([picture(INSIDE)]), headers=headers).json()
    site = Site(guarded, str(stored["links"]["self"]), keys)
    site.sign("first", corrections=[CORRECTION])
    site.sign("third", reviewer="R3", **AGREE)
    return site


def test_a_reader_who_has_not_signed_learns_nothing(site: Site) -> None:
    assert site.told("second") == set()
    assert site.get("second", "/reviews") == {"reviews": [], "withheld": 2}
    report = site.client.get(f"{site.procedure}/report.html", headers=bearer(site.keys["second"])).text
    assert "2 reviews are by other readers" in report
    site.sign("second", reviewer="R2", frame=0, **AGREE)
    assert site.told("second") == set(), "one frame is not the whole procedure"
    site.sign("second", reviewer="R2", **AGREE)
    assert site.told("second") == TELLING


def test_others_see_as_much_as_they_are_for(site: Site) -> None:
    assert site.told("auditor") == site.told("admin") == TELLING
    assert site.told("workstation") == set(), "its report is without reviews, which it may not ask for either"


def test_neither_a_hash_nor_anothers_code_opens_anything(site: Site) -> None:
    """Who is meant is said by the key: a code in the query can only narrow what is shown."""
    hashes = {review["record_sha256"] for review in site.get("auditor", "/reviews")["reviews"]}
    links = site.get("second", "/history")
    assert [link["kind"] for link in links] == ["accepted", "answered"]
    assert len(hashes) == 2
    assert not hashes & {link["record_sha256"] for link in links}
    for query in (f"reader={FIRST}", f"reader={FIRST}&blinded=false"):
        assert site.get("second", f"/reviews?{query}")["reviews"] == []
    site.sign("second", reviewer="R2", **AGREE)
    shared = site.get("second", "/reviews?reader=R9")
    assert shared == {"reviews": [], "withheld": 3}, "another reader at the same key is still blinded"


def test_without_access_the_code_that_the_page_says_counts(client: TestClient) -> None:
    body = {"Content-Type": "application/dicom"}
    procedure = client.post("/v1/procedures", content=dicom([picture(INSIDE)]), headers=body).json()["links"]["self"]
    for reviewer in (FIRST, "R3"):
        client.post(f"{procedure}/reviews", json=REVIEW | {"reviewer": reviewer, "corrections": [CORRECTION]})
    paths = ("/reviews", "/report.html", "/labels.zip")
    plain, blinded = (
        [tells(client.get(f"{procedure}{path}{query}").content) for path in paths] for query in ("", "?reader=R2")
    )
    assert (plain, blinded) == ([True] * 3, [False] * 3)
    kinds = [
        [link["kind"] for link in client.get(f"{procedure}/history{query}").json()] for query in ("", "?reader=R2")
    ]
    assert kinds == [["accepted", "answered", "review", "review"], ["accepted", "answered"]]
    assert client.get("/v1/agreement").json()["procedures"] == 1
    assert client.get("/v1/agreement?reader=R2").json()["procedures"] == 0
