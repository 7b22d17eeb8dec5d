"""A store of a schema that this version does not know is left as it is, and every command says why."""

from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from imaging.rules import ScoringRules
from service.cli import app
from service.engine import Engine
from service.errors import DamagedStore
from service.serving import serve
from service.settings import Settings
from service.store.store import open_store
from service.store.trouble import NewerStore
from tests.service.backends import BACKENDS as BACKENDS
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.operate.test_migrations import revisions

WHY = f"the store was made by a newer version: its schema is 0099, this version knows up to {revisions()[-1]}"


@pytest.fixture
def settings(tmp_path: Path, backend: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = Settings(data_dir=tmp_path / "data", **backend)
    with closing(open_store(settings)) as store, store._database.writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0099'"))
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(settings.data_dir))
    for name, value in backend.items():
        monkeypatch.setenv(f"SONOPLACE_{name.upper()}", value)
    return settings


def test_it_is_not_opened(settings: Settings) -> None:
    with pytest.raises(NewerStore, match=WHY):
        open_store(settings)


def test_every_command_says_why_in_one_line(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "backup"
    for command in (["verify"], ["keys", "list"], ["backup", "--out", str(out)]):
        said = CliRunner().invoke(app, command)
        assert (said.exit_code, said.output.count("\n")) == (2, 1), command
        assert said.output.startswith(f"NewerStore: {WHY}"), command
    assert not out.exists()


def test_two_schemas_at_once_are_no_store(tmp_path: Path) -> None:
    folder = Settings(data_dir=tmp_path / "two")
    with closing(open_store(folder)) as store, store._database.writing() as session:
        session.execute(sa.text("INSERT INTO alembic_version VALUES ('0006')"))
    with pytest.raises(DamagedStore, match="several schemas at once"):
        open_store(folder)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_service_ends_before_it_starts_a_process(settings: Settings, processes: int) -> None:
    engine, said = Engine(FakeSegmenter(), ScoringRules()), list[str]()
    with pytest.raises(NewerStore, match=WHY):
        serve(settings.model_copy(update={"processes": processes, "port": 0}), engine, said.append)
    assert said == []
