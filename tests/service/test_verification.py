"""One altered byte anywhere in the store or its blobs is found and named; the same pictures give the same record."""

import dataclasses
import datetime
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from imaging.rules import ScoringRules
from service.engine import Engine
from service.live.recording import Recorder, RecordingLimits
from service.media import Media
from service.procedures.admission import Upload, admit
from service.procedures.analysis import analyse_stored
from service.reading import Reading, parse_spacing
from service.settings import Settings
from service.store.chain import GENESIS, EntryKind, append
from service.store.equipment import COLUMNS
from service.store.folder_blobs import FolderBlobs
from service.store.sealing import Conclusion, answered_content
from service.store.store import Store, open_store
from service.store.tables import Base, ChainRow, ProcedureRow
from service.verification.findings import Fault, Part
from service.verification.verify import Wanted, verify
from tests.service.backends import BACKENDS as BACKENDS  # every test here runs on both
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, EQUIPMENT, INSIDE, dicom, picture, png

ENGINE = Engine(FakeSegmenter(), ScoringRules())
ALL = Wanted(recompute=None)
CINE = dicom([picture(None), picture(INSIDE), picture(BELOW)], **EQUIPMENT)


@pytest.fixture
def settings(tmp_path: Path, backend: dict[str, str]) -> Settings:
    return Settings(data_dir=tmp_path / "data", **backend)


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> Iterator[Store]:
    """A cine that is answered, a picture that is answered, one that failed, and one that waits."""
    opened = open_store(settings)
    cine = hand_in(opened, tmp_path, CINE, Media.DICOM)
    still = hand_in(opened, tmp_path, png(INSIDE), Media.PNG)
    failed = hand_in(opened, tmp_path, png(BELOW), Media.PNG)
    hand_in(opened, tmp_path, png(None), Media.PNG)
    analyse_stored(opened, cine, ENGINE)
    analyse_stored(opened, still, ENGINE)
    opened.fail(failed, "unreadable-image")
    opened.note(EntryKind.RECORD, cine, b'{"laterality":"left"}', "SITE-1")
    yield opened
    opened.close()


def hand_in(store: Store, folder: Path, body: bytes, media: Media) -> str:
    path = folder / "upload"
    path.write_bytes(body)
    reading = Reading() if media is Media.DICOM else Reading(parse_spacing("0.2"))
    row, created = admit(Upload(path, media, reading, 100), store, ENGINE)
    assert created
    return row.id


def test_what_was_recorded_is_intact_and_comes_out_the_same(store: Store) -> None:
    found = verify(store, ENGINE, ALL)
    assert found.faults == ()
    assert (found.links, found.procedures, found.blobs, found.recomputed, found.not_recomputed) == (8, 4, 4, 2, 0)
    assert found.head_sha256 == store.chain.head()[1] != GENESIS
    assert verify(store, ENGINE, Wanted(1)).recomputed == 1


def test_another_model_cannot_recompute(store: Store) -> None:
    found = verify(store, Engine(FakeSegmenter("e" * 64), ScoringRules()), ALL)
    assert (found.intact, found.recomputed, found.not_recomputed) == (True, 0, 2)


def test_links_hold_the_hash_of_the_one_before(store: Store) -> None:
    links = list(store.chain.walk())
    assert [link.position for link in links] == list(range(1, 9))
    assert [link.previous_sha256 for link in links] == [GENESIS, *(link.link_sha256 for link in links[:-1])]
    assert [str(link.note.kind) for link in store.chain.of(links[0].note.procedure_id)] == [
        "accepted", "answered", "record"
    ]  # fmt: skip


def test_what_took_the_pictures_is_sealed_where_it_is_known(store: Store) -> None:
    accepted = {link.note.procedure_id: link.note.values for link in store.chain.of_kind(EntryKind.ACCEPTED)}
    cine = next(name for name, values in accepted.items() if values["media_type"] == Media.DICOM)
    row = store.procedure(cine)
    assert (row.manufacturer, row.scanner, row.transducer) == ("GE", "LOGIQ e", "12L-RS")
    for name, values in accepted.items():
        known = {"manufacturer": "GE", "scanner": "LOGIQ e", "transducer": "12L-RS"} if name == cine else {}
        assert {key: values[key] for key in COLUMNS if key in values} == known


def test_same_bytes_model_and_rules_give_the_same_record(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")  # another key for identifiers, another day as far as the chain knows
    again = hand_in(other, tmp_path, CINE, Media.DICOM)
    analyse_stored(other, again, ENGINE)
    answered = [of.chain.of(again, EntryKind.ANSWERED)[0] for of in (store, other)]
    assert answered[0].record_sha256 == answered[1].record_sha256
    assert answered[0].link_sha256 != answered[1].link_sha256
    other.close()


IMMUTABLE = {
    "procedure": [
        "id", "created_at", "status", "failure", "sop_uid_hmac", "blob_sha256", "media_type", "reading", "frame_count",
        "frames_done", "frame_time_ms", "laterality", "verdict", "summary", "frame_verdicts", "identity", "run",
        "reason", "site", "operator", "injectate", "performed_on", "performed_first", "performed_last", "reviews",
        "manufacturer", "scanner", "transducer",
    ],
    "assessment": ["procedure_id", "content"],
    "frame": ["procedure_id", "index", "answer", "answer_sha256", "overlay"],
    "chain": [
        "position", "kind", "procedure_id", "content", "record_sha256", "stored_sha256", "at", "asked_by",
        "previous_sha256", "link_sha256",
    ],
}  # fmt: skip


def test_every_column_is_looked_at() -> None:
    ours = {name: [column.name for column in Base.metadata.tables[name].columns] for name in IMMUTABLE}
    assert {name: sorted(columns) for name, columns in ours.items()} == {
        name: sorted(columns) for name, columns in IMMUTABLE.items()
    }


@pytest.mark.parametrize("table", sorted(IMMUTABLE))
def test_one_altered_value_is_found(store: Store, table: str) -> None:
    procedure_id = next(iter(store.chain.of_kind(EntryKind.ANSWERED))).note.procedure_id
    for column in IMMUTABLE[table]:
        with tampered(store, table, column, procedure_id):
            found = verify(store, None)
        assert not found.intact, column
        parts = {"procedure": Part.ROW, "assessment": Part.ROW, "frame": Part.ANSWERS, "chain": Part.LINK}
        assert found.faults[0].part is (Part.ANSWERS if (table, column) == ("assessment", "content") else parts[table])
    assert verify(store, None).intact


@contextmanager
def tampered(store: Store, table: str, column: str, procedure_id: str) -> Iterator[None]:
    """The last row that belongs to a procedure, changed behind the store's back and put right again."""
    its = Base.metadata.tables[table]
    keys = list(its.primary_key.columns)
    own = (its.c.id if table == "procedure" else its.c.procedure_id) == procedure_id
    engine = sa.create_engine(store._database._engine.url)  # without the store's foreign keys
    with engine.begin() as connection:
        row = connection.execute(sa.select(its).where(own).order_by(keys[-1].desc()).limit(1)).mappings().one()
    other = {**row, column: altered(row[column], its.c[column].type)}
    for before, after in ((row, other), (other, row)):
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            same = sa.and_(*(key == before[key.name] for key in keys))
            connection.execute(sa.update(its).where(same).values({column: after[column]}))
        if after is other:
            yield
    engine.dispose()


def altered(value: Any, kind: Any) -> Any:
    """The value with one byte changed, or the nearest other value of its type."""
    if value is None:
        made = {sa.Float: 1.0, sa.Date: datetime.date(2026, 1, 1)}
        return next((other for known, other in made.items() if isinstance(kind, known)), "x")
    if isinstance(value, dict | list):
        text = json.dumps(value)
        at = max((i for i, letter in enumerate(text) if letter.isdigit()), default=len(text) - 3)
        return json.loads(text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :])
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1)
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    return value + (datetime.timedelta(microseconds=1) if isinstance(value, datetime.datetime) else 1)


@pytest.mark.parametrize("media", ["dicom", "png", "live"])
def test_one_altered_byte_of_a_blob_is_found(store: Store, settings: Settings, tmp_path: Path, media: str) -> None:
    name = recorded_session(store, tmp_path) if media == "live" else blob_of(store, media)
    content = bytearray(store.blobs.path(name).read_bytes())
    content[len(content) // 2] ^= 1
    if isinstance(store.blobs, FolderBlobs):
        store.blobs.path(name).write_bytes(content)
    else:
        import obstore
        from obstore.store import from_url

        obstore.put(from_url(str(settings.blobs_url)), f"{name[:2]}/{name}", bytes(content))
    fault = verify(store, None).faults[0]
    assert (fault.part, name in fault.what) == (Part.BLOB, True)


def blob_of(store: Store, media: str) -> str:
    rows = [store.procedure(name) for name in sorted(store.procedure_ids())]
    return next(row.blob_sha256 for row in rows if media in row.media_type)


def recorded_session(store: Store, folder: Path) -> str:
    recorder = Recorder(folder / "session", RecordingLimits(10, 1.0), {"session": "s"})
    recorder.keep({"sequence": 0}, png(INSIDE))
    recorder.close()
    temporary = store.blobs.temporary()
    shutil.copyfile(recorder.path, temporary)
    row = store.procedure(sorted(store.procedure_ids())[0])
    copy = ProcedureRow(**{column.name: getattr(row, column.name) for column in ProcedureRow.__table__.c})
    copy.id, copy.status, copy.media_type, copy.verdict = "5" * 32, "queued", Media.LIVE.value, None
    copy.blob_sha256 = store.blobs.keep(temporary)
    assert store.add(copy)
    return copy.blob_sha256


def test_a_missing_blob_is_found(store: Store) -> None:
    if not isinstance(store.blobs, FolderBlobs):
        pytest.skip("one store is enough to miss something")
    store.blobs.path(blob_of(store, "dicom")).unlink()
    assert "missing" in verify(store, None).faults[0].what


def test_links_cut_off_at_the_end_are_missed_when_the_head_was_noted(store: Store) -> None:
    head = verify(store, None).head_sha256
    with store._database.writing() as session:
        session.execute(sa.text("DELETE FROM chain WHERE position = 8"))
    assert verify(store, None).intact  # nothing in the store tells of a record that is gone without a trace
    found = verify(store, None, Wanted(head_sha256=head))
    assert found.faults[0].what == f"the chain has no link {head}"


@pytest.mark.parametrize("position", [1, 4, 7])
def test_a_link_taken_out_is_named(store: Store, position: int) -> None:
    with store._database.writing() as session:
        session.execute(sa.text(f"DELETE FROM chain WHERE position = {position}"))  # noqa: S608 - a number
    assert verify(store, None).faults[0].what.startswith(f"link {position} is missing")


def test_a_forged_answer_is_found_by_judging_again(store: Store) -> None:
    """Whoever can write the chain anew can make it whole; not the answer that the pictures give."""
    procedure_id = next(iter(store.chain.of_kind(EntryKind.ANSWERED))).note.procedure_id
    row = store.procedure(procedure_id)
    forged = {**row.summary, "verdict": "partial"}
    rests_on = store.assessment(procedure_id)
    content = answered_content(row, Conclusion(forged, row.frame_verdicts, rests_on), store.seal(procedure_id))
    with store._database.writing() as session:
        session.execute(
            sa.update(ProcedureRow).values(summary=forged, verdict="partial").where(ProcedureRow.id == row.id)
        )
        links = list(store.chain.walk())
        session.execute(sa.delete(ChainRow))
        for link in links:
            note = link.note
            own = note.kind == EntryKind.ANSWERED and note.procedure_id == procedure_id
            append(session, dataclasses.replace(note, content=content) if own else note)
    assert verify(store, None).intact
    fault = verify(store, ENGINE, ALL).faults[0]
    assert (fault.part, fault.procedure_id) == (Part.RECOMPUTATION, procedure_id)


def test_bytes_that_are_no_text_any_more(store: Store) -> None:
    if not store._database._is_sqlite:
        pytest.skip("PostgreSQL refuses them")
    with store._database.writing() as session:
        session.execute(sa.text("UPDATE chain SET asked_by = CAST(x'ff' AS TEXT) WHERE position = 5"))
        session.execute(sa.text("UPDATE procedure SET created_at = 'yesterday' WHERE status = 'queued'"))
    faults = verify(store, None).faults
    assert (faults[0].position, faults[0].part, faults[0].what) == (
        5,
        Part.LINK,
        "it cannot be read, nor can what follows",
    )
    assert Fault(4, "accepted", faults[-1].procedure_id, Part.ROW, "its row cannot be read") in faults
