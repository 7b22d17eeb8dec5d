"""``sonoplace evaluate`` with the real network, on a drawn folder and on a few phantom frames."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from models.evaluation import test_sets
from models.phantom import make_frame
from service.cli import app
from service.settings import Settings

MODEL = Path(__file__).resolve().parents[2] / "models" / "suprapatellar"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One phantom frame as a labelled folder."""
    phantom, to = make_frame(820_001), tmp_path / "labelled"
    to.mkdir()
    labels = np.where(phantom.anatomy == 4, np.uint8(1), np.uint8(0))
    cv2.imwrite(str(to / "a.png"), phantom.pixels)
    cv2.imwrite(str(to / "a.labels.png"), labels)
    said = {
        "spacing_mm": [0.2, 0.2],
        "bmode_xyxy": phantom.picture.xyxy(),
        "recess": "present" if labels.any() else "absent",
        "needle": None,
    }
    (to / "a.json").write_text(json.dumps(said))
    return to


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Two versions of the network side by side."""
    for version in ("1.0", "1.1"):
        copy = shutil.copytree(MODEL, tmp_path / "shelf" / f"knee-{version}")
        said = json.loads((copy / "manifest.json").read_text())
        (copy / "manifest.json").write_text(json.dumps({**said, "version": version}))
    return tmp_path / "shelf"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> str:
    """A set of three frames."""
    said = test_sets.held_out_set("phantom:try")
    small = replace(said, first_seed=820_000, frames=3)
    monkeypatch.setattr(test_sets, "held_out_sets", lambda: {small.name: small})
    return small.name


def test_a_folder_is_scored(folder: Path, tmp_path: Path) -> None:
    result = run(folder, "--json", tmp_path / "new" / "figures.json")
    assert result.exit_code == 0, result.output
    assert "recess Dice" in result.output
    said = json.loads((tmp_path / "new" / "figures.json").read_text())
    assert (said["source"], said["cases"], said["held_out"]) == ("labelled", 1, False)
    assert len(said["models"]) == 1
    assert {each["name"]: each["floor"] for each in said["metrics"]}["tip error, median"] == 1.5


def test_a_set_is_scored_by_two_models_and_reported(few: str, shelf: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need the extra report")
    out = tmp_path / "out"
    result = run(few, "--model", shelf / "knee-1.0", "--model", shelf / "knee-1.1", "--out", out)
    assert result.exit_code == 0, result.output
    assert "1.1 less 1.0" in result.output
    written = {path.name for path in out.iterdir()}
    assert written == {
        "scores", "evaluation.json", "report.md", "reliability.svg", "errors.svg", "worst.png", "worst-2.png"
    }  # fmt: skip
    said = json.loads((out / "evaluation.json").read_text())
    one, other = said["models"]
    assert (one["label"], other["label"], one["figures"]) == ("1.0", "1.1", other["figures"])
    assert {each["value"] for each in other["less_the_first"]} <= {0.0, None}
    assert "### By view" in (out / "report.md").read_text()
    assert len(list((out / "scores").iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("phantom:nowhere",), "is no test set"),
        (("phantom:try", "--model", "9.9"), "0 models answer to '9.9'"),
        (("phantom:try", "--model", "tests"), "no readable manifest.json"),
    ],
)
def test_what_cannot_be_scored_is_refused_by_name(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_an_empty_folder_is_no_success(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 1


def test_the_setting_chooses_a_version(shelf: Path) -> None:
    assert Settings(model_dir=shelf, model="1.1").model_dir == shelf / "knee-1.1"
    assert Settings(model_dir=shelf / "knee-1.0", model="knee-1.1").model_dir == shelf / "knee-1.1"
    assert Settings(model_dir=shelf / "knee-1.0").model_dir == shelf / "knee-1.0"
