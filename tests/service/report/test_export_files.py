"""Texts in a CSV: none is a formula to a spreadsheet, and every one can be had back."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from service.export.columns import Column
from service.export.files import as_csv
from tests.service.pictures import dicom, picture
from tests.service.report.test_procedure_page import RECORD, taken_in

COLUMNS = (Column("said", "text", "", "a text"), Column("measured", "real", "mm", "a number"))
FORMULA = "=+-@\t\r\n\0＝＋－＠"
"""What a cell begins with that OWASP (CSV Injection) and ASVS 5 (1.2.10) warn of."""


def cells(said: str, measured: float = 0.0) -> list[str]:
    content = as_csv([{"said": said, "measured": measured}], COLUMNS).decode()
    header, row = csv.reader(io.StringIO(content, newline=""))
    assert header == ["said", "measured"]
    return row


@pytest.mark.parametrize(
    ("said", "written"),
    [("-A1", "'-A1"), ("+A1", "'+A1"), ("OP-7", "OP-7"), ("'A1", "''A1"), ("A'1", "A'1"), ("", "")],
)
def test_an_apostrophe_stands_before_what_would_be_a_formula(said: str, written: str) -> None:
    assert cells(said)[0] == written


def test_a_number_below_zero_stays_a_number() -> None:
    assert cells("inside", -1.5) == ["inside", "-1.5"]


@given(st.text(min_size=1) | st.builds("{}{}".format, st.sampled_from(FORMULA), st.text()))
@example("=HYPERLINK()")
@example("''")
def test_taking_one_apostrophe_off_gives_every_text_back(said: str) -> None:
    written = cells(said)[0]
    assert written[0] not in FORMULA
    assert written.removeprefix("'") == said


def test_a_code_that_reads_as_a_formula_is_kept_found_and_exported(client: TestClient) -> None:
    link = taken_in(client, dicom([picture(None)]))
    assert client.put(f"{link}/record", json=RECORD | {"operator": "-A1"}).status_code == 201
    (row,) = csv.DictReader(io.StringIO(client.get("/v1/exports/procedures.csv?operator=-A1").text, newline=""))
    assert (row["operator"], row["site"]) == ("'-A1", "SITE-2")
    pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra audit")
    content = client.get("/v1/exports/procedures.parquet?operator=-A1").content
    assert pq.read_table(io.BytesIO(content))["operator"].to_pylist() == ["-A1"]
