"""The PDF: made to be kept, the same each time, with the words of the page."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

pytest.importorskip("typst", reason="needs the extra report")

from imaging.errors import MissingExtra
from service.report import pdf, sheet
from tests.service.pictures import PERSON
from tests.service.report.test_procedure_page import RECORD, cine, taken_in


@pytest.fixture
def content(client: TestClient) -> bytes:
    link = taken_in(client, cine())
    client.put(f"{link}/record", json=RECORD)
    answer = client.get(f"{link}/report.pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert client.get(f"{link}/report.pdf").content == answer.content
    return answer.content


def test_is_pdf_a_with_tags_and_its_own_fonts(content: bytes) -> None:
    assert content.startswith(b"%PDF-1.7")
    assert re.search(rb"<pdfaid:part>2</pdfaid:part>", content)
    assert re.search(rb"<pdfaid:conformance>A</pdfaid:conformance>", content)
    assert b"/MarkInfo" in content
    assert b"/JavaScript" not in content
    assert b"/URI" not in content


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs Debian's poppler-utils")
def test_says_what_the_page_says(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(content)
    command = ["pdftotext", "-layout", "report.pdf", "-"]
    text = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout  # noqa: S603 - fixed
    for said in (
        "Research and quality use",
        "not shown to",
        "platelet rich plasma, 4.5 mL",
        "OP-7",
        "Guided in real time",
    ):
        assert said in text
    assert not [secret for secret in PERSON.values() if secret in text]


def test_values_are_never_read_as_markup(tmp_path: Path) -> None:
    """A value that is Typst's own language comes out as the letters that it is."""
    hostile = '#panic("read as markup") $x$ *bold* <b>'
    facts = {
        "banner": "Banner", "id": "0" * 32, "headline": [], "caution": hostile, "alerts": [hostile], "fields": [],
        "verdict": {"title": hostile, "sentence": hostile, "because": "", "tone": "inside", "mark": "●"},
        "images": [], "timeline": "", "timeline_missing": hostile, "followed": True, "events": [], "unit": "s",
        "events_note": hostile,
        "groups": [], "calibration": hostile, "reviews": [], "reviews_withheld": "One review",
        "provenance": [{"label": hostile, "value": hostile, "note": hostile}],
    }  # fmt: skip
    from datetime import UTC, datetime

    assert pdf.procedure_pdf(facts, datetime(2026, 1, 2, tzinfo=UTC)).startswith(b"%PDF")


def test_without_the_library_one_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    with pytest.raises(MissingExtra, match=r"pip install 'sonoplace\[report\]'"):
        pdf.procedure_pdf({}, datetime(2026, 1, 2, tzinfo=UTC))


def test_without_plots_the_page_still_holds_the_record(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    link = taken_in(client, cine())
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(MissingExtra):
        sheet.drawn("x", 1, 1, lambda _: None)
    answer = client.get(f"{link}/report.html")
    assert answer.status_code == 200
    assert "pip install &#39;sonoplace[report]&#39;" in answer.text
    assert "Key images" in answer.text
