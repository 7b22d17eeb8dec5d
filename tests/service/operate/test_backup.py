"""A backup made while the store is written to is whole, is walked by its chain, and becomes the same store again."""

import json
import os
import threading
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imaging.rules import ScoringRules
from service.backup.backup import back_up, blob_names
from service.backup.errors import BackupDamaged, BackupRefused
from service.backup.manifest import Manifest
from service.backup.restore import restore
from service.cli import app
from service.engine import Engine
from service.media import Media
from service.procedures.admission import Upload, admit
from service.procedures.analysis import analyse_stored
from service.reading import Reading
from service.settings import Settings
from service.store.chain import EntryKind
from service.store.store import Store, open_store
from service.verification.verify import Wanted, verify
from tests.service import backends
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import INSIDE, dicom, picture

BACKENDS = backends.BACKENDS
ENGINE = Engine(FakeSegmenter(), ScoringRules())


def taken_in(store: Store, folder: Path) -> str:
    """Id of a new procedure, answered and reviewed."""
    frames = [picture(None), picture(INSIDE)]
    frames[0][-1, :16] = list(os.urandom(16))
    path = folder / "upload.dcm"
    path.write_bytes(dicom(frames))
    row, _ = admit(Upload(path, Media.DICOM, Reading(), 10), store, ENGINE)
    analyse_stored(store, row.id, ENGINE)
    store.note(EntryKind.RECORD, row.id, b"{}", "TEST-1")
    return row.id


@pytest.fixture
def settings(tmp_path: Path, backend: dict[str, str]) -> Settings:
    return Settings(data_dir=tmp_path / "data", **backend)


@pytest.fixture
def kept(settings: Settings, tmp_path: Path) -> list[str]:
    with closing(open_store(settings)) as store:
        ids = [taken_in(store, tmp_path) for _ in range(3)]
    (settings.data_dir / "access").mkdir()
    (settings.data_dir / "access" / "log.jsonl").write_text("{}\n")
    return ids


def elsewhere(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings of an empty store of the same kind."""
    places = {"data_dir": tmp_path / "restored"}
    if settings.database_url is not None:
        places["database_url"] = backends.new_database(request.getfixturevalue("postgres"))
        places["blobs_url"] = backends.new_bucket(request.getfixturevalue("s3"))
    return Settings(**places)


def test_there_and_back_while_the_store_is_written_to(
    settings: Settings, kept: list[str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    enough, later = threading.Event(), []

    def write_on() -> None:
        with closing(open_store(settings)) as store:
            while not enough.is_set():
                later.append(taken_in(store, tmp_path))

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        while not later:
            threading.Event().wait(0.01)
        manifest = back_up(settings, tmp_path / "backup")
    finally:
        enough.set()
        writer.join(120)
    assert 3 * len(kept) <= manifest.links <= 3 * manifest.procedures, "the last one may be at any point of its way"
    restored = elsewhere(settings, tmp_path, request)
    assert restore(tmp_path / "backup", restored) == manifest == Manifest.read(tmp_path / "backup")
    with closing(open_store(restored)) as store, closing(open_store(settings)) as origin:
        found = verify(store, ENGINE, Wanted(recompute=None))
        assert found.intact
        assert found.head_sha256 == manifest.head_sha256
        assert len(kept) <= found.recomputed <= manifest.procedures
        assert set(kept) <= store.procedure_ids() <= set(kept) | set(later)
        assert store.frame_answer(kept[0], 1) == origin.frame_answer(kept[0], 1)
        assert store.identifiers.hashed("1.2.3") == origin.identifiers.hashed("1.2.3")
        assert verify(origin, None, Wanted(head_sha256=manifest.head_sha256)).intact
    assert (restored.data_dir / "access" / "log.jsonl").read_text() == "{}\n"


class TestRefused:
    """Nothing is written over, and nothing damaged is taken for whole."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(data_dir=tmp_path / "data")

    def test_into_what_is_there(self, settings: Settings, kept: list[str], tmp_path: Path) -> None:
        with pytest.raises(BackupRefused, match="not empty"):
            back_up(settings, settings.data_dir)
        back_up(settings, tmp_path / "backup")
        with pytest.raises(BackupRefused, match="not empty"):
            restore(tmp_path / "backup", settings)

    def test_of_nothing(self, settings: Settings, tmp_path: Path) -> None:
        with pytest.raises(BackupRefused, match=r"no sonoplace\.db"):
            back_up(settings, tmp_path / "backup")
        with pytest.raises(BackupRefused, match=r"backup\.json is missing"):
            restore(tmp_path / "backup", settings)

    @pytest.mark.parametrize("part", ["database", "blob", "key"])
    def test_damaged(self, part: str, settings: Settings, kept: list[str], tmp_path: Path) -> None:
        data = tmp_path / "backup" / "data"
        back_up(settings, tmp_path / "backup")
        name = blob_names(data / "sonoplace.db")[0]
        place = {
            "database": data / "sonoplace.db",
            "blob": data / "blobs" / name[:2] / name,
            "key": data / "identifiers.key",
        }[part]
        whole = place.read_bytes()
        place.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(BackupDamaged):
            restore(tmp_path / "backup", Settings(data_dir=tmp_path / "restored"))

    def test_of_a_store_that_was_altered(self, settings: Settings, kept: list[str], tmp_path: Path) -> None:
        blob = next((settings.data_dir / "blobs").glob("[0-9a-f][0-9a-f]/*"))
        blob.write_bytes(b"something else")
        with pytest.raises(BackupDamaged, match="not what it was"):
            back_up(settings, tmp_path / "backup")
        assert not (tmp_path / "backup" / "backup.json").exists()


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))
    with closing(open_store(Settings())) as store:
        taken_in(store, tmp_path)
    made = CliRunner().invoke(app, ["backup", "--out", str(tmp_path / "backup")])
    assert made.exit_code == 0, made.output
    assert "3 links, 1 procedures, 1 files" in made.output
    refused = CliRunner().invoke(app, ["restore", str(tmp_path / "backup")])
    assert (refused.exit_code, "BackupRefused" in refused.output) == (2, True)
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "restored"))
    restored = CliRunner().invoke(app, ["restore", str(tmp_path / "backup"), "--json"])
    assert json.loads(restored.stdout)["links"] == 3
