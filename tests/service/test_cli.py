"""The command line on drawn pictures."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner, Result

import imaging.onnx_model
from imaging.errors import BadModel
from imaging.rules import ScoringRules
from imaging.segmentation import Tissue
from service import serving
from service.cli import app
from service.engine import Engine
from service.settings import Settings, refusals
from service.wire import FrameAnswer
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, HEIGHT, WIDTH, dicom, encoded, picture, png


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(imaging.onnx_model, "load_model", lambda _: FakeSegmenter())
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))
    return


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a picture, a cine, a file that is none, and things to skip."""
    folder = tmp_path / "in"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.png").write_bytes(png())
    (folder / "a.labels.png").write_bytes(png())
    (folder / "a.json").write_text("{}")
    (folder / "deeper" / "cine.dcm").write_bytes(dicom([picture(), picture(BELOW)]))
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.usefixtures("fake_model")
def test_analyse_writes_answer_overlay_and_labels(pictures: Path, tmp_path: Path) -> None:
    result = run("analyse", pictures, "--out", tmp_path / "out", "--spacing", "0.2")
    assert result.exit_code == 0, result.output
    written = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*"))
    stems = ("a", "deeper/cine.0000", "deeper/cine.0001")
    assert written == sorted(f"{stem}.{end}" for stem in stems for end in ("json", "labels.png", "overlay.png"))
    verdicts = [
        FrameAnswer.model_validate_json((tmp_path / "out" / f"{stem}.json").read_bytes()).placement.verdict.value
        for stem in stems
    ]
    assert verdicts == ["inside", "inside", "outside"]
    labels = cv2.imread(str(tmp_path / "out" / "a.labels.png"), cv2.IMREAD_UNCHANGED)
    assert labels.shape == (HEIGHT, WIDTH)
    assert set(np.unique(labels)) <= {int(tissue) for tissue in Tissue}
    assert labels[100, 60] == Tissue.RECESS
    assert "1 inside, 1 outside" in result.output


@pytest.mark.usefixtures("fake_model")
def test_a_bad_file_is_named_and_the_rest_goes_on(pictures: Path, tmp_path: Path) -> None:
    bad, odd = pictures / "bad.dcm", pictures / "notes.txt"
    bad.write_bytes(b"x" * 200)
    odd.write_text("hello")
    (pictures / "absurd.dcm").write_bytes(dicom([picture()], spacings_mm=(1e-9,)))
    result = run("analyse", pictures, odd, pictures / "gone.png", "--out", tmp_path / "out", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    errors = {Path(item["path"]).name: item["error"] for item in report["files"]}
    assert errors["a.png"] is None
    assert errors["cine.dcm"] is None
    assert errors["bad.dcm"].startswith("UnreadableImage: ")
    assert errors["notes.txt"].startswith("UnsupportedMediaType: ")
    assert errors["gone.png"].startswith("FileNotFoundError: ")
    assert errors["absurd.dcm"].startswith("BadSpacing: ")
    assert report["failed"] == 4


@pytest.mark.usefixtures("fake_model")
def test_files_of_one_name_keep_their_suffix(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(png())
    (tmp_path / "x.jpg").write_bytes(encoded(".jpg", picture()))
    assert run("analyse", tmp_path / "x.png", tmp_path / "x.jpg", "--out", tmp_path / "out").exit_code == 0
    assert {path.name for path in (tmp_path / "out").glob("*.json")} == {"x.png.json", "x.jpg.json"}


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--spacing", "wide"), 2),
        (("--spacing", "-1"), 2),
        (("--spacing", "0.2,0.3"), 0),
    ],
)
def test_spacing_on_the_command_line(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    (tmp_path / "x.png").write_bytes(png())
    result = run("analyse", tmp_path / "x.png", "--out", tmp_path / "out", *arguments)
    assert result.exit_code == code, result.output
    if code == 0:
        answer = json.loads((tmp_path / "out" / "x.json").read_text())
        assert answer["calibration"]["spacing_mm"] == [0.2, 0.3]


@pytest.mark.usefixtures("fake_model")
def test_a_spacing_said_of_many_files_yields_to_a_file_s_own(pictures: Path, tmp_path: Path) -> None:
    assert run("analyse", pictures, "--out", tmp_path / "out", "--spacing", "0.3").exit_code == 0
    sources = {
        stem: json.loads((tmp_path / "out" / f"{stem}.json").read_text())["calibration"]
        for stem in ("a", "deeper/cine.0000")
    }
    assert [(item["source"], item["spacing_mm"][0]) for item in sources.values()] == [
        ("caller", 0.3), ("dicom-region", 0.2)
    ]  # fmt: skip


@pytest.mark.usefixtures("fake_model")
def test_nothing_to_analyse_is_not_success(tmp_path: Path) -> None:
    assert run("analyse", tmp_path, "--out", tmp_path / "out").exit_code == 1


def test_a_model_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        msg = "no manifest"
        raise BadModel(msg)

    monkeypatch.setattr(imaging.onnx_model, "load_model", refuse)
    result = run("analyse", tmp_path, "--out", tmp_path / "out", "--model", tmp_path)
    assert (result.exit_code, "no manifest" in result.output) == (2, True)


def test_samples_fill_an_empty_store(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.dcm", tmp_path / "bad.dcm"
    good.write_bytes(dicom([picture()]))
    bad.write_bytes(b"x")
    engine = Engine(FakeSegmenter(), ScoringRules())
    accepted, refused = serving.fill(Settings(data_dir=tmp_path / "data"), engine, [good, bad])
    assert len(accepted) == 1
    assert refused[0].startswith("bad.dcm: UnreadableImage")


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("LOG_LEVEL", "WARNING", "BadSetting: SONOPLACE_LOG_LEVEL: String should match pattern"),
        ("WORKERS", "many", "received 'many'"),
        ("ALLOWED_ORIGINS", "not json", "BadSetting: SONOPLACE_ALLOWED_ORIGINS: expected JSON"),
        ("ALLOWED_ORIGINS", '["*"]', "expected https://HOST"),
        ("ALLOWED_ORIGINS", '["https://ris.example/"]', "without a path"),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy", "SONOPLACE_TRUSTED_PROXIES: Value error, 'proxy' does not appear"),
        ("TRUSTED_PROXIES", "10.0.0.0/99", "SONOPLACE_TRUSTED_PROXIES"),
        ("OIDC_ISSUER", "https://id.example", "belong together"),
        ("MODEL", "9.9.9", "BadModel: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    name: str, value: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"SONOPLACE_{name}", value)
    for command in (["serve"], ["verify"], ["backup", "--out", "nowhere"]):
        result = CliRunner().invoke(app, command)
        assert (result.exit_code, result.stderr.count("Traceback")) == (2, 0)
        assert line in result.stderr


def test_a_setting_that_may_hold_a_password_is_not_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(database_url=5, pacs_authorization=5)
    assert [said.partition(":")[0] for said in refusals(caught.value)] == [
        "SONOPLACE_DATABASE_URL",
        "SONOPLACE_PACS_AUTHORIZATION",
    ]
    assert not any("received" in said for said in refusals(caught.value))


def test_help_names_every_command() -> None:
    result = run("--help")
    for command in ("serve", "demo", "analyse", "evaluate"):
        assert command in result.output
