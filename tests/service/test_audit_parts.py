"""Tables as files: whole or not there, documented, read at once by DuckDB and pandas; notes of what is in hand."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="needs the extra audit")
pytest.importorskip("duckdb", reason="DuckDB reads the tables back")
pytest.importorskip("pandas", reason="pandas reads the tables back")

import duckdb
import pandas
import pyarrow.parquet as pq

from service.audit import schema
from service.audit.in_hand import KILLED, InHand
from service.audit.parts import prepare, receipt, write_parts

EXAMPLES = {"string": "x", "double": 1.5, "int32": 3, "bool": True, "list<element: string>": ["NO_NEEDLE"]}


def row(table: str, identifier: str) -> dict[str, Any]:
    """A row of a table with something in every column."""
    example = {field.name: EXAMPLES.get(str(field.type), ["NO_NEEDLE"]) for field in schema.TABLES[table]}
    return {**example, "procedure_id": identifier}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    prepare(tmp_path)
    rows = {table: [row(table, "p1")] for table in schema.TABLES}
    write_parts(tmp_path, 1, rows, {"files": ["p1"], "states": ["done"]})
    write_parts(tmp_path, 2, {**rows, "frames": [], "failures": []}, {"files": ["p1"], "states": ["done"]})
    return tmp_path


@pytest.mark.parametrize(("table", "rows"), [("procedures", 2), ("frames", 1), ("failures", 1)])
def test_duckdb_and_pandas_read_a_table_at_once(out: Path, table: str, rows: int) -> None:
    frame = pandas.read_parquet(out / table)
    assert list(frame.columns) == schema.TABLES[table].names
    assert len(frame) == rows
    found = duckdb.read_parquet(str(out / table / "*.parquet"))
    assert (found.columns, len(found.fetchall())) == (schema.TABLES[table].names, rows)


def test_every_column_says_what_it_is_and_its_unit(out: Path) -> None:
    units = {"mm": "_mm", "mm2": "_mm2", "px": "_px", "deg": "_deg", "ms": "_ms"}
    for table in schema.TABLES:
        kept = pq.read_schema(out / table / "part-00000001.parquet")
        assert kept.metadata[b"sonoplace:schema_version"] == schema.SCHEMA_VERSION.encode()
        for field in kept:
            assert field.metadata[b"description"]
            unit = field.metadata.get(b"unit", b"").decode()
            assert field.name.endswith(units.get(unit, "")), field.name
            assert unit or not field.name.endswith(tuple(units.values())), field.name


def test_the_documentation_is_what_the_code_says() -> None:
    assert (Path(schema.__file__).parent / "SCHEMA.md").read_text(encoding="utf-8") == schema.documented()


def test_an_empty_audit_has_its_tables(tmp_path: Path) -> None:
    prepare(tmp_path)
    assert all(pandas.read_parquet(tmp_path / table).empty for table in schema.TABLES)


def test_the_last_part_is_the_receipt(out: Path) -> None:
    assert receipt(out, 1) == {"files": ["p1"], "states": ["done"]}
    assert receipt(out, 3) is None


def test_writing_again_replaces_and_leaves_nothing_behind(out: Path) -> None:
    rows = {table: [row(table, "p2")] if table == "procedures" else [] for table in schema.TABLES}
    write_parts(out, 1, rows, {})
    assert pandas.read_parquet(out / "frames").empty
    assert set(pandas.read_parquet(out / "procedures").procedure_id) == {"p1", "p2"}
    (out / "frames" / ".left.tmp").touch()
    prepare(out)
    assert not list(out.rglob(".*"))


def test_the_same_rows_are_the_same_bytes(out: Path) -> None:
    before = (out / "frames" / "part-00000001.parquet").read_bytes()
    write_parts(out, 1, {table: [row(table, "p1")] for table in schema.TABLES}, {})
    assert (out / "frames" / "part-00000001.parquet").read_bytes() == before


class TestInHand:
    def test_a_try_that_ended_without_a_word_names_its_last_file(self, tmp_path: Path) -> None:
        for last in (1, 1, 0):
            with InHand(tmp_path, 7, run=1) as notes:
                for position in range(last + 1):
                    notes.take(position)
        assert InHand(tmp_path, 7, run=1).endings == {1: [KILLED, KILLED], 0: [KILLED]}
        assert InHand(tmp_path, 8, run=1).endings == {}

    def test_an_error_is_named(self, tmp_path: Path) -> None:
        def fail() -> None:
            with InHand(tmp_path, 7, run=1) as notes:
                notes.take(2)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert InHand(tmp_path, 7, run=1).endings == {2: ["ZeroDivisionError"]}

    def test_no_file_is_blamed_after_the_last_one_or_by_another_run(self, tmp_path: Path) -> None:
        with InHand(tmp_path, 7, run=1) as notes:
            notes.take(0)
            notes.close()
        with InHand(tmp_path, 7, run=2) as notes:
            notes.take(0)
        assert InHand(tmp_path, 7, run=1).endings == {}
        notes.forget()
        assert InHand(tmp_path, 7, run=2).endings == {}
