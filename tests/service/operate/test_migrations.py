"""Every released schema, with rows as its release left them, comes up to the newest one with nothing lost.

``released/NNNN.sql`` are dumps of stores that a release of that schema wrote and was killed with: procedures answered,
begun and waiting. They are never made again; a new schema adds a dump of the one before it.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from imaging.rules import ScoringRules
from service.engine import Engine
from service.procedures.analysis import analyse_stored
from service.store import migrations
from service.store.store import Store
from service.store.tables import Base
from service.verification.verify import verify
from tests.service.fake_segmenter import FakeSegmenter

KEY = bytes(range(32))
"""Stands for the site's key of identifiers, which lay beside every store."""
RELEASED = Path(__file__).parent / "released"
DUMPS = sorted(RELEASED.glob("*.sql"))


def revisions() -> list[str]:
    files = Path(migrations.__file__).parent / "versions"
    return sorted(path.name[:4] for path in files.glob("[0-9]*.py"))


def as_released(dump: Path, folder: Path) -> Path:
    """Data folder that holds what the release left."""
    folder.mkdir()
    (folder / "identifiers.key").write_bytes(KEY)
    with closing(sqlite3.connect(folder / "sonoplace.db")) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    for blob in (RELEASED / "blobs").iterdir():
        target = folder / "blobs" / blob.name[:2] / blob.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(blob, target)
    return folder


def rows_of(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """What was kept, in the columns that every schema has."""
    procedures = "SELECT id, created_at, blob_sha256, media_type, frame_count, verdict FROM procedure ORDER BY id"
    frames = 'SELECT procedure_id, "index", answer, answer_sha256, overlay FROM frame ORDER BY 1, 2'
    return {"procedures": connection.execute(procedures).fetchall(), "frames": connection.execute(frames).fetchall()}


def test_every_schema_but_the_newest_has_its_dump() -> None:
    assert [dump.stem for dump in DUMPS] == ["0001", "0002", "0005", "0006"]  # 0003 and 0004 were never released
    assert [dump.stem for dump in DUMPS][-1] == revisions()[-2]


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_released_store_is_brought_up_whole(dump: Path, tmp_path: Path) -> None:
    data = as_released(dump, tmp_path / "data")
    with closing(sqlite3.connect(data / "sonoplace.db")) as connection:
        before = rows_of(connection)
    assert {row[5] for row in before["procedures"]} >= {None, "probable"}, "the dump holds answered and unanswered ones"
    with closing(Store(data)) as store:
        assert verify(store, None).faults == ()
        assert set(store.unfinished()) == {str(row[0]) for row in before["procedures"] if row[5] is None}
        links = store.chain.head()
    with closing(Store(data)) as store:
        assert store.chain.head() == links, "a second start changes nothing"
    with closing(sqlite3.connect(data / "sonoplace.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone()[0] == revisions()[-1]
        assert rows_of(connection) == before


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_migrated_tables_are_those_of_the_code_and_work_goes_on(dump: Path, tmp_path: Path) -> None:
    data = as_released(dump, tmp_path / "data")
    engine = Engine(FakeSegmenter(), ScoringRules())
    with closing(Store(data)) as store:
        for procedure_id in store.unfinished():
            analyse_stored(store, procedure_id, engine)
        assert store.unfinished() == []
        assert verify(store, None).intact
    database = sa.create_engine(f"sqlite:///{data / 'sonoplace.db'}")
    with database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    database.dispose()
