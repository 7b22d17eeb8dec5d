"""Report, tables and resources of those procedures that a query chooses: the same ones as the list and the figures."""

import csv
import io
import re
import zipfile
from datetime import date

import pytest
from starlette.testclient import TestClient

pytest.importorskip("matplotlib", reason="needs the extra report")
pytest.importorskip("fhir.resources", reason="needs the extra fhir")
pytest.importorskip("pyarrow", reason="needs the extra audit")

import pyarrow.parquet as pq

from imaging.reasons import Reason
from service.report.archive.selection import selection_in_words
from service.store.choice import Choice, Days, Range
from tests.service.pictures import BELOW, INSIDE, dicom, picture
from tests.service.report.test_procedure_page import RECORD, Page, taken_in

QUERIES = {
    "": 3,
    "site=SITE-2": 1,
    "verdict=probable": 1,
    "reason=NO_NEEDLE": 1,
    "reviewed=true": 0,
    "distance_from_mm=-1000": 2,
    "from=2024&to=2024-06": 1,
    "from=2024-06": 2,
    "performed_since=2024-05-31": 1,
    "performed_since=2024-06&or_stored=true": 2,
    "until=2024-01-01": 0,
    "site=SITE-2&verdict=probable": 0,
}
"""How many of three procedures fit: a miss of May 2024 at a site, a hit, and one without a needle."""
PLAIN_NAME = re.compile(
    r'(attachment|inline); filename="([a-z-]+|([a-z]+-)?[0-9a-f]{8})\.(csv|parquet|fhir\.json|html|zip|sr\.dcm)"'
)


@pytest.fixture
def miss(client: TestClient) -> str:
    """Address of the miss; two others lie beside it."""
    miss = taken_in(client, dicom([picture(None), *[picture(BELOW)] * 5]))
    taken_in(client, dicom([picture(None), *[picture(INSIDE)] * 5]))
    taken_in(client, dicom([picture(None)]))
    assert client.put(f"{miss}/record", json=RECORD | {"performed_on": "2024-05"}).status_code == 201
    return miss


def in_csv(client: TestClient, query: str) -> set[str]:
    text = client.get(f"/v1/exports/procedures.csv?{query}").text
    return {row["procedure_id"] for row in csv.DictReader(io.StringIO(text, newline=""))}


def in_list(client: TestClient, query: str) -> set[str]:
    return {row["id"] for row in client.get(f"/v1/procedures?{query}").json()["procedures"]}


class TestTheSameEverywhere:
    def test_list_figures_and_csv_take_one_query(self, client: TestClient, miss: str) -> None:
        for query, found in QUERIES.items():
            assert in_csv(client, query) == in_list(client, query), query
            assert len(in_list(client, query)) == found, query
            assert client.get(f"/v1/archive/figures?{query}").json()["procedures"] == found, query
        assert in_csv(client, "site=SITE-2") == {miss.rsplit("/", 1)[1]}

    def test_parquet_and_fhir_too(self, client: TestClient, miss: str) -> None:
        for query in ("operator=OP-7", "from=2024-05&to=2024-05"):
            rows = pq.read_table(io.BytesIO(client.get(f"/v1/exports/procedures.parquet?{query}").content))
            assert rows["procedure_id"].to_pylist() == [miss.rsplit("/", 1)[1]]
            entries = client.get(f"/v1/exports/procedures.fhir.json?{query}").json()["entry"]
            done = [one["resource"] for one in entries if one["resource"]["resourceType"] == "Procedure"]
            assert [one["identifier"][0]["value"] for one in done] == [miss.rsplit("/", 1)[1]]

    def test_what_cannot_be_is_refused_everywhere(self, client: TestClient) -> None:
        for query in ("from=2024&to=2023", "from=tuesday", "from=2024&performed_until=2025", "site=knee"):
            for path in ("/v1/procedures", "/v1/archive/figures", "/v1/report.html", "/v1/exports/procedures.csv"):
                assert client.get(f"{path}?{query}").status_code == 422, (path, query)
        for path in ("/v1/archive/figures", "/v1/report.html"):
            assert client.get(f"{path}?reference_from=2025&reference_to=2024").status_code == 422, path
        for name in EMPTY:
            unknown = (client.get(f"/v1/{path}?unknown=x").status_code for path in ("procedures", name))
            assert len(set(unknown)) == 1, name


class TestReport:
    def test_shows_the_selection_and_says_so(self, client: TestClient, miss: str) -> None:
        query = "site=SITE-2&from=2024-05"
        text = Page(client.get(f"/v1/report.html?{query}").text).text
        words = (
            "Selection: site SITE-2, done from 2024-05-01 (as recorded, else as stored); 1 of 3 answered procedures."
        )
        assert words in " ".join(text.split())
        assert "1 of 1, 95 % interval" in text
        whole = client.get("/v1/report.html").text
        assert "Selection" not in whole
        assert "No procedure is dated" not in whole
        assert "No procedure is dated" in client.get("/v1/report.html?reference_from=1999&reference_to=2000").text


class TestNothingSelected:
    """An empty file is valid, its name tells it from everything but not what was asked, and HEAD says the same."""

    def test_files_and_pages(self, client: TestClient, miss: str) -> None:
        found = {name: client.get(f"/v1/{name}?site=NOWHERE-1") for name in EMPTY}
        assert {answer.status_code for answer in found.values()} == {200}
        for name, answer in found.items():
            assert PLAIN_NAME.fullmatch(answer.headers["content-disposition"]), name
            assert "-selection." in answer.headers["content-disposition"], name
            assert "-selection" not in client.head(f"/v1/{name}").headers["content-disposition"], name
            head = client.head(f"/v1/{name}?site=NOWHERE-1")
            assert (head.status_code, head.content) == (200, b""), name
            for header in ("content-type", "content-disposition", "cache-control"):
                assert head.headers[header] == answer.headers[header], name
        assert found["exports/procedures.csv"].text.startswith("procedure_id,created_at,")
        assert found["exports/procedures.csv"].text.count("\r\n") == 1
        assert "Nothing is selected" in found["report.html"].text
        assert "0 of 3 answered procedures" in found["report.html"].text
        assert found["exports/procedures.fhir.json"].json() == {"resourceType": "Bundle", "type": "collection"}
        assert zipfile.ZipFile(io.BytesIO(found["exports/labels.zip"].content)).testzip() is None
        table = pq.read_table(io.BytesIO(found["exports/procedures.parquet"].content))
        assert (table.num_rows, table.schema.field("volume_ml").metadata[b"unit"]) == (0, b"mL")


EMPTY = ("exports/procedures.csv", "exports/procedures.parquet", "exports/procedures.fhir.json", "report.html",
         "exports/labels.zip")  # fmt: skip


def test_names_of_files_of_one_procedure_hold_its_hash_alone(client: TestClient, miss: str) -> None:
    name = miss.rsplit("/", 1)[1][:8]
    for path in ("report.html", "export.csv", "export.fhir.json", "labels.zip", "results/sr.dcm"):
        said = client.get(f"{miss}/{path}").headers["content-disposition"]
        assert PLAIN_NAME.fullmatch(said), path
        assert name in said, path


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(), ""),
        (Choice(or_stored=True, stored=Days(zone_min=60)), ""),
        (Choice(site="S-1", operator="OP-7", injectate="platelet_rich_plasma"),
         "site S-1, operator OP-7, injectate platelet rich plasma"),
        (Choice(reason=Reason.NO_NEEDLE, reviewed=False), "no clear verdict: no needle found, without a review"),
        (Choice(performed=(date(2026, 1, 1), date(2026, 3, 31))), "done from 2026-01-01 to 2026-03-31"),
        (Choice(performed=(None, date(2026, 3, 31)), or_stored=True),
         "done to 2026-03-31 (as recorded, else as stored)"),
        (Choice(stored=Days(since=date(2026, 11, 2), zone_min=-210)), "stored from 2026-11-02 (UTC−03:30)"),
        (Choice(stored=Days(until=date(2026, 11, 2))), "stored to 2026-11-02 (UTC)"),
        (Choice(distance_mm=Range(-1.5, 0), reviewed=True), "tip to wall from −1.5 mm below 0 mm, with a review"),
        (Choice(tip_share=Range(None, 0.05)), "tip seen in below 5 % of pictures with a needle"),
    ],
)  # fmt: skip
def test_words(choice: Choice, words: str) -> None:
    assert selection_in_words(choice) == words
    assert bool(words) == bool(choice.conditions())
