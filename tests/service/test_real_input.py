"""The real model on real and hostile files: an answer or a named reason for each, and never a 500."""

import importlib.util
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from starlette.testclient import TestClient
from typer.testing import CliRunner

from imaging.reasons import Reason
from service.app import create_app
from service.cli import app
from service.settings import Settings
from service.wire import FrameAnswer

DICOM = {"Content-Type": "application/dicom"}
REFUSED = {"unreadable-image", "unsupported-image", "image-too-large", "bad-box", "bad-spacing", "ambiguous-regions"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    if not (settings.model_dir / "model.onnx").is_file():
        pytest.skip("no trained model in the checkout")
    with TestClient(create_app(settings)) as running:
        yield running


def data_of(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"{package} is not installed")
    return Path(found.submodule_search_locations[0]) / "data"


@pytest.fixture(scope="module")
def dicom_samples() -> Path:
    return data_of("data_store")


@pytest.fixture(scope="module")
def clinical_ultrasound(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Ultrasound files of deid-data; the two long cines come zipped."""
    folder, unpacked = data_of("deid_data") / "ultrasounds", tmp_path_factory.mktemp("unpacked")
    for archive in folder.glob("*.zip"):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(unpacked)
    return sorted([*folder.glob("*.dcm"), *unpacked.rglob("*.dcm")])


def is_ultrasound(path: Path) -> bool:
    return bool(dcmread(path, force=True, stop_before_pixels=True).get("Modality") == "US")


def test_hostile_files_are_refused_by_name_or_answered(client: TestClient, shared_data: Path) -> None:
    for path in sorted((shared_data / "hostile").iterdir()):
        response = client.post("/v1/procedures", content=path.read_bytes(), headers=DICOM)
        if response.status_code in (200, 201):
            assert response.json()["status"] == "done", path.name
        else:
            assert response.status_code < 500, path.name
            assert response.json()["code"] in REFUSED, path.name
            assert response.headers["content-type"] == "application/problem+json"


def test_labelled_pictures_are_answered(client: TestClient, shared_data: Path) -> None:
    pictures = [path for path in (shared_data / "labelled").rglob("*.png") if not path.name.endswith(".labels.png")]
    assert pictures
    for path in pictures:
        response = client.post(
            "/v1/frames?spacing_mm=0.1", content=path.read_bytes(), headers={"Content-Type": "image/png"}
        )
        answer = FrameAnswer.model_validate_json(response.content)
        assert answer.placement.verdict != "not_assessed" or answer.placement.reasons, path.name


def test_a_real_cine_of_another_organ_is_calibrated_and_not_assessed(client: TestClient, dicom_samples: Path) -> None:
    body = (dicom_samples / "color3d_jpeg_baseline.dcm").read_bytes()
    procedure = client.post("/v1/procedures", content=body, headers=DICOM).json()
    assert (procedure["frame_count"], procedure["status"], procedure["verdict"]) == (120, "done", "not_assessed")
    assert procedure["summary"]["reason"] in ("WRONG_VIEW", "NO_RECESS", "NO_NEEDLE")
    answer = client.get(procedure["links"]["frame"].replace("{n}", "119")).json()
    assert answer["calibration"]["source"] == "dicom-region"


def test_every_ultrasound_sample_has_an_answer_or_a_reason(client: TestClient, dicom_samples: Path) -> None:
    seen = 0
    for path in sorted(dicom_samples.glob("*.dcm")):
        if not is_ultrasound(path):
            continue
        seen += 1
        response = client.post("/v1/procedures", content=path.read_bytes(), headers=DICOM)
        if response.status_code not in (200, 201):
            assert response.json()["code"] in REFUSED, (path.name, response.text)
            continue
        kept = client.get(response.json()["links"]["frame"].replace("{n}", "0")).json()
        asked = client.post("/v1/frames", content=path.read_bytes(), headers=DICOM).json()
        assert kept == asked | {"timing_ms": {}}, path.name
    assert seen


def test_clinical_files_have_an_answer_and_no_verdict(client: TestClient, clinical_ultrasound: list[Path]) -> None:
    #  abdominal, cardiac and an air recording of a linear probe: calibrated, and none a suprapatellar view
    assert len(clinical_ultrasound) == 5
    for path in clinical_ultrasound:
        response = client.post("/v1/frames", content=path.read_bytes(), headers=DICOM)
        if response.status_code == 413:
            assert path.stat().st_size > 32_000_000
            continue
        answer = FrameAnswer.model_validate_json(response.content)
        assert answer.calibration.source == "dicom-region", path.name
        assert answer.placement.verdict == "not_assessed", path.name
        assert answer.placement.reasons, path.name


def test_the_command_line_answers_the_same_files(
    dicom_samples: Path, clinical_ultrasound: list[Path], shared_data: Path, tmp_path: Path
) -> None:
    cine = dicom_samples / "color3d_jpeg_baseline.dcm"
    still = [path for path in sorted(dicom_samples.glob("*.dcm")) if path != cine and is_ultrasound(path)]
    short = [path for path in clinical_ultrasound if path.stat().st_size < 4_000_000]
    files = [str(path) for path in (cine, *still, *short, shared_data / "labelled")]
    done = CliRunner().invoke(app, ["analyse", *files, "--out", str(tmp_path), "--spacing", "0.1", "--json"])
    said = json.loads(done.stdout)
    assert len(said["files"]) == 1 + len(still) + len(short) + 6
    for outcome in said["files"]:
        assert outcome["verdicts"] or outcome["error"], outcome
    answers = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert len(list(tmp_path.glob("color3d_jpeg_baseline.*.json"))) == 120
    for answer in answers:
        codes = answer["placement"]["reasons"]
        assert codes or answer["placement"]["verdict"] != "not_assessed"
        assert set(codes) <= {reason.value for reason in Reason}
