"""The page of one procedure: what it says, what it leaves to the clinician, and that it asks nothing of anybody."""

import re
import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

pytest.importorskip("matplotlib", reason="needs the extra report")

from tests.service.conftest import StartApp
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, INSIDE, PERSON, SOP_UID, STUDY_UID, dicom, picture

DICOM = {"Content-Type": "application/dicom"}
RECORD = {
    "laterality": "left",
    "indication": "osteoarthritis",
    "injectate": {"kind": "platelet_rich_plasma", "volume_ml": 4.5},
    "needle": {"gauge": 21, "length_mm": 80},
    "operator": "OP-7",
    "site": "SITE-2",
    "performed_on": "2025-11",
}


class Page(HTMLParser):
    """Tags, attributes and words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def cine() -> bytes:
    return dicom([picture(None), *[picture(INSIDE)] * 6, picture(BELOW)], laterality="R")


def taken_in(client: TestClient, body: bytes) -> str:
    answer = client.post("/v1/procedures", content=body, headers=DICOM)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["links"]["self"])


@pytest.fixture
def link(client: TestClient) -> str:
    return taken_in(client, cine())


def read(client: TestClient, link: str) -> Page:
    answer = client.get(f"{link}/report.html")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


class TestWhatItSays:
    def test_verdict_numbers_and_where_they_come_from(self, client: TestClient, link: str) -> None:
        procedure = client.get(link).json()
        text = read(client, link).text
        assert "Research and quality use. Not for diagnosis." in text
        assert "Placement is not shown to predict outcome" in text
        assert "0.2000 mm per row" in text
        assert "ultrasound region of the DICOM file" in text
        identity = procedure["identity"]
        for said in (procedure["id"], procedure["record_sha256"], procedure["link_sha256"], identity["model_sha256"]):
            assert said in text

    def test_key_images_are_those_of_the_assessment_with_their_overlay(self, client: TestClient, link: str) -> None:
        text = client.get(f"{link}/report.html").text
        assert text.count("data:image/png;base64,") == text.count("<figcaption>") >= 2
        overlay = client.get(f"{link}/frames/0/overlay.svg").text
        assert overlay in text

    def test_what_the_site_recorded(self, client: TestClient, link: str) -> None:
        assert client.put(f"{link}/record", json=RECORD).status_code == 201
        text = read(client, link).text
        for said in ("osteoarthritis", "platelet rich plasma, 4.5 mL", "21 G, 80 mm", "OP-7", "SITE-2", "2025-11"):
            assert said in text

    def test_a_side_that_contradicts_the_file_is_flagged(self, client: TestClient, link: str) -> None:
        client.put(f"{link}/record", json=RECORD)
        assert "The side in the record is not the side" in read(client, link).text

    def test_reviews_stand_beside_the_answer(self, client: TestClient, link: str) -> None:
        review = {"reviewer": "R-2", "blinded": True, "judgement": "disagree", "reason": "tip_misplaced"}
        client.post(f"{link}/reviews", json=review)
        assert "tip misplaced" in read(client, link).text

    def test_nobody_is_named(self, client: TestClient, link: str) -> None:
        text = client.get(f"{link}/report.html").text
        assert not [secret for secret in (*PERSON.values(), SOP_UID, STUDY_UID) if secret in text]


class TestWhatItLeavesOpen:
    def test_without_a_record_the_clinician_fills_in(self, client: TestClient, link: str) -> None:
        html = client.get(f"{link}/report.html").text
        rows = re.findall(r'<tr class="is-open">\s*<th scope="row">(.*?)</th>', html)
        assert {"Indication", "Operator", "Material and volume", "Guided in real time", "Date of the procedure"} <= {
            *rows
        }
        assert "Side" not in rows  # the file says it

    def test_real_time_guidance_is_never_filled_in(self, client: TestClient, link: str) -> None:
        client.put(f"{link}/record", json=RECORD)
        html = client.get(f"{link}/report.html").text
        assert re.search(r'is-open">\s*<th scope="row">Guided in real time', html)


class TestStandsAlone:
    def test_nothing_runs_and_nothing_is_fetched(self, client: TestClient, link: str) -> None:
        page = read(client, link)
        assert not page.tags & {"script", "link", "iframe", "object", "form", "base"}
        assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
        fetching = [value for name, value in page.attributes if name in ("src", "href", "xlink:href")]
        assert all(value.startswith(("#", "data:image/png;base64,")) for value in fetching)

    def test_its_policy_allows_its_style_and_inner_pictures_alone(self, client: TestClient, link: str) -> None:
        answer = client.get(f"{link}/report.html")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert f'content="{policy.replace(chr(39), "&#39;")}"' in answer.text
        assert answer.headers["cache-control"] == "private, no-store"

    def test_the_same_record_gives_the_same_bytes(self, client: TestClient, link: str) -> None:
        assert client.get(f"{link}/report.html").content == client.get(f"{link}/report.html").content


class TestOtherCases:
    def test_another_network_changes_nothing_in_it(self, start_app: StartApp) -> None:
        first = start_app()
        link = taken_in(first, cine())
        later = start_app(judge=FakeSegmenter("e" * 64))
        assert read(later, link).text == read(first, link).text

    def test_of_an_older_answer_another_network_leaves_out_what_it_cannot_know(
        self, start_app: StartApp, tmp_path: Path
    ) -> None:
        link = taken_in(start_app(), cine())
        with closing(sqlite3.connect(tmp_path / "data" / "sonoplace.db")) as database, database:
            database.execute("DELETE FROM assessment")
        assert "How the needle was led" in read(start_app(), link).text  # judged again
        later = start_app(judge=FakeSegmenter("e" * 64))
        text = read(later, link).text
        assert "Another network or other rules answer now" in text
        assert "How the needle was led" not in text

    def test_without_calibration_nothing_is_said_in_millimetres(self, client: TestClient) -> None:
        link = taken_in(client, dicom([picture(INSIDE)] * 3, spacings_mm=()))
        text = read(client, link).text
        assert "Not assessed" in text
        assert "nothing is said in millimetres" in text

    def test_an_unknown_procedure_is_not_found(self, client: TestClient) -> None:
        assert client.get("/v1/procedures/nowhere/report.html").status_code == 404
