"""What is kept, how, and that the tables are what the migrations make."""

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from service.errors import LostRun, NotFound
from service.settings import Settings
from service.store.chain import EntryKind
from service.store.folder_blobs import FolderBlobs
from service.store.identifiers import IdentifierKey
from service.store.sealing import Conclusion
from service.store.store import FrameRecord, Store, now, open_store
from service.store.tables import Base, ProcedureRow
from tests.service.backends import BACKENDS as BACKENDS  # tests of the store run on both


@pytest.fixture
def store(tmp_path: Path, backend: dict[str, str]) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=tmp_path / "data", **backend))
    yield opened
    opened.close()


def row(procedure_id: str = "a" * 32) -> ProcedureRow:
    return ProcedureRow(
        id=procedure_id,
        created_at=now(),
        status="queued",
        blob_sha256="0" * 64,
        media_type="image/png",
        reading={"spacing_mm": None, "bmode": None, "region": None},
        frame_count=2,
        frames_done=0,
        identity={},
    )


def record(index: int) -> FrameRecord:
    return FrameRecord(index, f'{{"frame":{{"index":{index},"pixels_sha256":"{index:064}"}}}}'.encode(), b"<svg/>")


def test_life_of_a_procedure(store: Store) -> None:
    assert store.add(row())
    assert not store.add(row())
    assert store.unfinished() == ["a" * 32]
    for _ in range(2):  # the second begin finds frames of a run that was cut off
        run = store.begin("a" * 32, {})
        store.add_frames(run, [record(0)])
    store.add_frames(run, [record(1)])
    store.finish(run, Conclusion({"verdict": "probable"}, ["inside", "inside"]))
    kept = store.procedure("a" * 32)
    assert (kept.status, kept.verdict, kept.frames_done, kept.created_at.utcoffset()) == (
        "done", "probable", 2, now().utcoffset()
    )  # fmt: skip
    assert store.unfinished() == []
    assert store.frame_answer("a" * 32, 1) == record(1).answer
    assert list(store.frame_answers("a" * 32)) == [record(0).answer, record(1).answer]
    assert store.frame_overlay("a" * 32, 0) == b"<svg/>"


def test_failure_is_kept_with_its_code(store: Store) -> None:
    store.add(row())
    store.fail("a" * 32, "unreadable-image")
    assert (store.procedure("a" * 32).status, store.procedure("a" * 32).failure) == ("failed", "unreadable-image")


def test_what_failed_is_queued_again(store: Store) -> None:
    for again in (lambda: store.add(row()), lambda: store.begin("a" * 32, {})):
        store.add(row())
        store.fail("a" * 32, "unreadable-image")
        again()
        kept = store.procedure("a" * 32)
        assert (kept.status in ("queued", "running"), kept.failure) == (True, None)
    assert store.chain.counts("a" * 32)[EntryKind.FAILED] == 2


def test_a_run_that_was_begun_again_writes_no_more(store: Store) -> None:
    store.add(row())
    first = store.begin("a" * 32, {})
    second = store.begin("a" * 32, {"model_version": "2"})
    with pytest.raises(LostRun):
        store.add_frames(first, [record(0)])
    store.add_frames(second, [record(0), record(1)])
    with pytest.raises(LostRun):
        store.finish(first, Conclusion({"verdict": "partial"}, []))
    store.finish(second, Conclusion({"verdict": "probable"}, ["inside", "inside"]))
    with pytest.raises(LostRun):
        store.begin("a" * 32, {})
    store.fail("a" * 32, "too-late")
    kept = store.procedure("a" * 32)
    assert (kept.status, kept.verdict, kept.identity) == ("done", "probable", {"model_version": "2"})
    assert [link.note.kind for link in store.chain.of("a" * 32)] == ["accepted", "answered"]


def test_what_is_not_there(store: Store) -> None:
    assert store.find("b" * 32) is None
    with pytest.raises(NotFound):
        store.procedure("b" * 32)
    with pytest.raises(NotFound):
        store.frame_answer("b" * 32, 0)


def test_commits_are_synchronised(store: Store) -> None:
    if not store._database._is_sqlite:
        with store._database._engine.connect() as connection:
            assert connection.scalar(sa.text("SHOW synchronous_commit")) == "on"
        return
    with store._database._engine.connect() as connection:
        assert connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(sa.text("PRAGMA synchronous")) == 2
        assert connection.scalar(sa.text("PRAGMA foreign_keys")) == 1


def test_migrations_make_the_tables(store: Store) -> None:
    with store._database._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_go_back(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path("service/store/migrations")))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        command.downgrade(config, "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_blobs_are_named_by_their_content(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    names = []
    for _ in range(2):
        temporary = blobs.temporary()
        temporary.write_bytes(b"picture")
        names.append(blobs.keep(temporary))
        assert not temporary.exists()
    assert names == [hashlib.sha256(b"picture").hexdigest()] * 2
    assert blobs.path(names[0]).read_bytes() == b"picture"


def test_what_was_still_arriving_is_dropped_at_the_next_start(tmp_path: Path) -> None:
    left_over = FolderBlobs(tmp_path).temporary()
    FolderBlobs(tmp_path)
    assert not left_over.exists()


def test_identifiers_are_hashed_with_a_key_of_the_site(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = IdentifierKey(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key.hashed("1.2.3") == IdentifierKey(path).hashed("1.2.3")
    assert key.hashed("1.2.3") != IdentifierKey(tmp_path / "other").hashed("1.2.3")
    assert len(key.hashed("1.2.3")) == 64
