"""The chain: one form of content, one row of links however many write, and old stores taken into it."""

import hashlib
import threading
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st

from service.settings import Settings
from service.store.chain import GENESIS, EntryKind, Note, canonical, link_sha256
from service.store.database import Database, database_url
from service.store.store import Store, open_store
from service.verification.verify import verify
from tests.service.backends import BACKENDS as BACKENDS  # every test of a store here runs on both
from tests.service.conftest import StartApp
from tests.service.pictures import INSIDE, dicom, picture

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=5))
def test_content_has_one_form(values: dict[str, object]) -> None:
    import orjson

    content = canonical(values)
    assert canonical(dict(reversed(list(values.items())))) == content
    assert canonical(orjson.loads(content)) == content


NOTE = Note("record", "a" * 32, b"{}", "2026-11-22T10:00:00.000000+00:00", "SITE-1", "b" * 64)


def test_a_link_covers_all_of_its_parts() -> None:
    from dataclasses import fields, replace

    whole = link_sha256(1, NOTE, GENESIS)
    others = [replace(NOTE, **{field.name: b"x" if field.name == "content" else "x"}) for field in fields(NOTE)]
    hashes = {whole, link_sha256(2, NOTE, GENESIS), link_sha256(1, NOTE, whole)}
    hashes |= {link_sha256(1, other, GENESIS) for other in others}
    assert len(hashes) == 3 + len(others)


ANSWER = b'{"frame":{"index":0,"pixels_sha256":"00"}}'
_ROW = {
    "created_at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    "failure": None,
    "sop_uid_hmac": None,
    "blob_sha256": hashlib.sha256(b"picture").hexdigest(),
    "media_type": "image/png",
    "reading": {"region": None},
    "frame_count": 1,
    "frames_done": 1,
    "frame_time_ms": None,
    "verdict": None,
    "summary": None,
    "frame_verdicts": None,
    "identity": {"model": "m"},
}
_SAID = {"verdict": "probable", "summary": {"verdict": "probable"}, "frame_verdicts": ["inside"]}
VERSION_0_1_0 = {
    "procedure": [
        _ROW | {"id": "a" * 32, "status": "done"} | _SAID,
        _ROW | {"id": "b" * 32, "status": "failed", "failure": "unreadable-image"},
        _ROW | {"id": "c" * 32, "status": "queued"},
    ],
    "frame": [
        {
            "procedure_id": "a" * 32,
            "index": 0,
            "answer": zlib.compress(ANSWER),
            "answer_sha256": hashlib.sha256(ANSWER).hexdigest(),
            "overlay": zlib.compress(b"<svg/>"),
        }
    ],
}


@pytest.fixture
def settings(tmp_path: Path, backend: dict[str, str]) -> Settings:
    return Settings(data_dir=tmp_path / "data", **backend)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


def test_writers_at_once_make_one_chain(store: Store, settings: Settings) -> None:
    def write(writer: int) -> None:
        own = open_store(settings)
        for number in range(8):
            own.note(EntryKind.RECORD, f"{writer:032}", canonical({"number": number}), f"SITE-{writer}")
        own.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    links = list(store.chain.walk())
    assert verify(store, None).faults == ()
    assert [link.position for link in links] == list(range(1, 33))
    for writer in range(4):  # each in its own order
        own = [link.note.values["number"] for link in store.chain.of(f"{writer:032}")]
        assert own == list(range(8))


def test_same_record_with_another_number_of_workers(
    build_app: StartApp, tmp_path: Path, backend: dict[str, str]
) -> None:
    """One worker judges frame after frame; three take turns between four procedures."""
    if backend:
        pytest.skip("the same store would hold both: files are enough")
    cines = [dicom([picture(None), picture((60 + 10 * n, 90)), picture(INSIDE)]) for n in range(4)]
    headers = {"Content-Type": "application/dicom"}
    hashes = []
    for workers, folder in ((1, "one"), (3, "three")):
        with build_app(workers=workers, data_dir=tmp_path / folder) as client:
            posted = [client.post("/v1/procedures?wait=false", content=cine, headers=headers) for cine in cines]
            ids = [answer.json()["links"]["self"] for answer in posted]
            for cine in cines:
                client.post("/v1/procedures", content=cine, headers=headers)  # waits
            hashes.append([client.get(address).json()["record_sha256"] for address in ids])
    assert hashes[0] == hashes[1]
    assert None not in hashes[0]
    assert len(set(hashes[0])) == 4


def test_a_store_of_version_0_1_0_is_taken_into_the_chain(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "identifiers.key").write_bytes(bytes(range(32)))
    database = Database(database_url(settings.database_url, settings.data_dir))
    config = Config()
    config.set_main_option("script_location", "service/store/migrations")
    config.set_main_option("path_separator", "os")
    with database.writing() as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0001")
        tables = sa.MetaData()
        tables.reflect(session.connection())
        for name, rows in VERSION_0_1_0.items():
            session.execute(tables.tables[name].insert(), rows)
    database.close()
    store = open_store(settings)
    blob = store.blobs.temporary()
    blob.write_bytes(b"picture")
    store.blobs.keep(blob)
    store.close()
    for _ in range(2):  # later starts find nothing to do
        store = open_store(settings)
        assert [(link.note.kind, link.note.procedure_id[0]) for link in store.chain.walk()] == [
            ("accepted", "a"), ("answered", "a"), ("accepted", "b"), ("failed", "b"), ("accepted", "c")
        ]  # fmt: skip
        assert {link.note.asked_by for link in store.chain.walk()} == {"upgrade"}
        assert verify(store, None).faults == ()
        row = store.procedure("a" * 32)
        assert (row.verdict, row.summary, row.frame_verdicts) == ("probable", {"verdict": "probable"}, ["inside"])
        assert store.frame_answer("a" * 32, 0) == ANSWER
        assert store.unfinished() == ["c" * 32]
        store.close()
