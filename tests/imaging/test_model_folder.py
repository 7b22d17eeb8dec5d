import json
import shutil
from pathlib import Path

import pytest

from imaging.errors import BadModel
from imaging.model_folder import Manifest, choose_model, models_beside
from imaging.onnx_model import load_model

MODEL = Path(__file__).resolve().parents[2] / "models" / "suprapatellar"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    for name, said in {"a": {"version": "1.0"}, "b": {"version": "2.0", "precision": "int8"}, "c": None}.items():
        copy = shutil.copytree(MODEL, tmp_path / "shelf" / name)
        manifest = copy / "manifest.json"
        manifest.write_text("{" if said is None else json.dumps({**json.loads(manifest.read_text()), **said}))
    (tmp_path / "shelf" / "notes").mkdir()
    return tmp_path / "shelf"


def test_models_lie_side_by_side(shelf: Path) -> None:
    expected = [shelf / name for name in "abc"]
    assert list(models_beside(shelf)) == expected
    assert list(models_beside(shelf / "b")) == expected
    assert [isinstance(said, BadModel) for said in models_beside(shelf).values()] == [False, False, True]


@pytest.mark.parametrize(("wanted", "folder"), [("1.0", "a"), ("2.0", "b"), ("b", "b"), ("c", "c")])
def test_one_is_chosen_by_version_or_by_name(shelf: Path, wanted: str, folder: str) -> None:
    assert choose_model(shelf / "a", wanted) == shelf / folder


def test_what_is_not_there_is_refused_with_what_is(shelf: Path) -> None:
    with pytest.raises(BadModel, match=r"expected one of a \(1.0\), b \(2.0\), c \(broken\)"):
        choose_model(shelf, "3.0")


def test_two_of_one_version_are_refused(shelf: Path) -> None:
    shutil.copytree(shelf / "a", shelf / "d")
    with pytest.raises(BadModel, match=r"2 models answer to '1\.0'"):
        choose_model(shelf, "1.0")
    assert choose_model(shelf, "d") == shelf / "d"


def test_a_broken_one_says_why_when_it_is_loaded(shelf: Path) -> None:
    with pytest.raises(BadModel, match="not a model manifest"):
        load_model(choose_model(shelf, "c"))


def test_precision_is_the_manifests(shelf: Path) -> None:
    assert Manifest.read(MODEL / "manifest.json").precision == "fp32"
    assert load_model(shelf / "b").identity.precision == "int8"
