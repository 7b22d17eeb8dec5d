"""The real model on real and hostile files: an answer or a named reason for each, and never a 500."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from starlette.testclient import TestClient

from service.app import create_app
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


@pytest.fixture(scope="module")
def dicom_samples() -> Path:
    found = importlib.util.find_spec("data_store")
    if found is None or not found.submodule_search_locations:
        pytest.skip("pydicom-data is not installed")
    return Path(found.submodule_search_locations[0]) / "data"


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
        if dcmread(path, force=True, stop_before_pixels=True).get("Modality") != "US":
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
