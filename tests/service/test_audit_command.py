"""``sonoplace audit`` as it is typed."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

pytest.importorskip("distributed", reason="needs the extra audit")

from service.audit.ledger import Ledger
from service.cli import app
from service.settings import Settings
from service.store.store import open_store


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["audit", *(str(argument) for argument in arguments)])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gone/away",), "is not a folder"),
        ((".", "--from", "2025-02-01", "--to", "2025-01-01"), "expected its end on or after"),
        ((".", "--dates", "hour"), "expected one of none, year, quarter, month, day"),
        ((".", "--spacing", "wide"), "spacing_mm"),
        ((".", "--model", "gone"), "BadModel"),
        ((".", "--scheduler", "tcp://127.0.0.1:9", "--model", "gone"), "BadModel"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments, "--out", tmp_path / "out")
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "out")
    result = run(tmp_path, "--out", tmp_path / "out")
    ledger.close()
    assert (result.exit_code, "AuditUnderWay" in result.output) == (2, True)


def test_the_lost_key_of_a_store_is_not_made_anew(tmp_path: Path) -> None:
    open_store(Settings()).close()
    (tmp_path / "data" / "identifiers.key").unlink()
    result = run(tmp_path, "--out", tmp_path / "out")
    assert (result.exit_code, "LostIdentifierKey" in result.output) == (2, True), result.output


def test_an_archive_from_beginning_to_end(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("not a picture")
    arguments = (tmp_path / "in", "--out", tmp_path / "out", "--workers", "1")
    result = run(*arguments, "--json")
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    figures = json.loads(result.stdout)
    assert (figures["files"], figures["failed"], figures["done"], figures["analysed_now"]) == (1, 1, 0, 1)
    again = run(*arguments)
    assert (again.exit_code, "analysed now  0" in again.output) == (1, True)
    assert (tmp_path / "data" / "identifiers.key").stat().st_mode & 0o077 == 0
