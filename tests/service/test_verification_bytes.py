"""Any byte of the database's file altered: it is found, or nothing that was recorded is another for it."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imaging.rules import ScoringRules
from service.cli import app
from service.engine import Engine
from service.errors import DamagedStore
from service.media import Media
from service.procedures.admission import Upload, admit
from service.procedures.analysis import analyse_stored
from service.reading import Reading
from service.store.chain import EntryKind
from service.store.store import Store
from service.store.trouble import NewerStore
from service.verification.findings import Part
from service.verification.verify import verify
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import EQUIPMENT, dicom, picture

ENGINE = Engine(FakeSegmenter(), ScoringRules())
FLIPS = 70


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is closed: all of it is in the one file."""
    folder = tmp_path_factory.mktemp("bytes")
    with closing(Store(folder)) as store:
        for number in range(2):
            (folder / "upload").write_bytes(dicom([picture(None), picture((60 + number, 90))], **EQUIPMENT))
            row, _ = admit(Upload(folder / "upload", Media.DICOM, Reading(), 10), store, ENGINE)
            analyse_stored(store, row.id, ENGINE)
            store.note(EntryKind.RECORD, row.id, b'{"laterality":"left"}', "SITE-1")
    with closing(sqlite3.connect(folder / "sonoplace.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def file(folder: Path) -> Iterator[Path]:
    """Its file, put right again when a test ends."""
    path = folder / "sonoplace.db"
    whole = path.read_bytes()
    yield path
    write(path, whole)


def write(path: Path, content: bytes) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(content)


def found(folder: Path) -> bool:
    """Whether it is seen that something is not what it was."""
    try:
        with closing(Store(folder)) as store:
            return not verify(store, None).intact
    except (DamagedStore, NewerStore):
        return True


def rows(path: Path) -> object:
    """Everything that the tables hold, by table and column; what cannot be read is something else in any case."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        database.text_factory = bytes
        try:
            names = [name.decode() for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
            columns = {name: [row[1] for row in database.execute(f'PRAGMA table_info("{name}")')] for name in names}
            return columns, {name: sorted(map(repr, database.execute(f'SELECT * FROM "{name}"'))) for name in names}  # noqa: S608 - names of its own
        except (sqlite3.Error, UnicodeDecodeError) as error:
            return repr(error)


def test_any_byte_of_the_file(folder: Path, file: Path) -> None:
    whole, before = file.read_bytes(), rows(file)
    assert not found(folder)
    dice = random.Random(20261123)  # noqa: S311 - where to alter, nothing secret
    seen = 0
    for at in dice.sample([at for at, byte in enumerate(whole) if byte], FLIPS):
        altered = bytearray(whole)
        altered[at] ^= 1 << dice.randrange(8)
        write(file, bytes(altered))
        changed = rows(file) != before
        write(file, bytes(altered))  # what only reads may have left files beside it
        caught = found(folder)
        assert caught or not changed, f"byte {at}"
        seen += changed and caught
    assert seen > FLIPS // 3, "most of the bytes that are in use say something"


def test_an_index_that_lost_a_row_is_found(folder: Path, file: Path) -> None:
    """All rows are there and right; one of them is not met by looking for it."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("PRAGMA writable_schema = ON")
        taken = "DELETE FROM sqlite_master WHERE name = 'ix_chain_procedure'"
        database.execute(taken)
    with closing(Store(folder)) as store:
        fault = verify(store, None).faults[0]
    assert (fault.part, fault.what.startswith("the database is damaged: ")) == (Part.ROW, True)


@pytest.mark.parametrize("at", [3, 100], ids=["no database any more", "no first page"])
def test_a_file_that_cannot_be_opened_is_named_in_a_line(
    at: int, folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 0x40
    write(file, bytes(content))
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(folder))
    said = CliRunner().invoke(app, ["verify"])
    assert (said.exit_code, isinstance(said.exception, SystemExit)) == (2, True), said.exception
    assert said.output.strip() == "DamagedStore: the file of the database is damaged: restore a backup"


def test_a_link_that_names_no_blob_does_not_stop_the_walk(folder: Path, file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE chain SET content = CAST(replace(content, '_sha256', '_sha257') AS BLOB)")
    with closing(Store(folder)) as store:
        assert verify(store, None).faults[0].what == "its content is not what was recorded"
