"""Results over HTTP and from the command line: whose study they lie in, and what is refused."""

import io
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from starlette.testclient import TestClient
from typer.testing import CliRunner

from service.cli import app
from tests.service.conftest import StartApp
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, INSIDE, PERSON, SOP_UID, STUDY_UID, dicom, picture, png

KINDS = {
    "seg": "1.2.840.10008.5.1.4.1.1.66.4",
    "sr": "1.2.840.10008.5.1.4.1.1.88.34",
    "sc": "1.2.840.10008.5.1.4.1.1.7.4",
    "ps": "1.2.840.10008.5.1.4.1.1.11.1",  # the kept picture is grey
}
DICOM = {"Content-Type": "application/dicom"}


@pytest.fixture
def client(start_app: StartApp) -> TestClient:
    return start_app()


def taken_in(client: TestClient, body: bytes, media: str = "application/dicom") -> str:
    answer = client.post("/v1/procedures", content=body, headers={"Content-Type": media})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["links"]["self"])


def cine() -> bytes:
    return dicom([picture(None), picture(INSIDE), picture(BELOW)])


def read(content: bytes) -> Dataset:
    return dcmread(io.BytesIO(content))


class TestRoutes:
    @pytest.mark.parametrize(("kind", "sop_class"), KINDS.items())
    def test_each_kind_is_served_and_the_same_each_time(self, client: TestClient, kind: str, sop_class: str) -> None:
        link = f"{taken_in(client, cine())}/results/{kind}.dcm"
        first, again = client.get(link), client.get(link)
        assert first.status_code == 200
        assert first.headers["content-type"] == "application/dicom"
        assert first.headers["cache-control"] == "private, no-store"
        assert first.content == again.content
        assert read(first.content).SOPClassUID == sop_class

    @pytest.mark.parametrize("kind", KINDS)
    def test_refer_to_the_kept_copy_and_name_nobody(self, client: TestClient, kind: str) -> None:
        content = client.get(f"{taken_in(client, cine())}/results/{kind}.dcm").content
        for secret in (*PERSON.values(), SOP_UID, STUDY_UID):
            assert secret.encode() not in content
        assert read(content).StudyInstanceUID.startswith("2.25.")

    def test_all_lie_in_one_study_and_refer_to_one_image(self, client: TestClient) -> None:
        link = taken_in(client, cine())
        datasets = [read(client.get(f"{link}/results/{kind}.dcm").content) for kind in KINDS]
        named = {
            str(element.value)
            for dataset in datasets
            for element in dataset.iterall()
            if element.keyword == "ReferencedSOPInstanceUID"
        }
        assert len(named) == 1
        assert len({dataset.StudyInstanceUID for dataset in datasets}) == 1
        assert len({dataset.SOPInstanceUID for dataset in datasets}) == len(KINDS)

    def test_masks_lie_where_the_recess_was_drawn(self, client: TestClient) -> None:
        dataset = read(client.get(f"{taken_in(client, cine())}/results/seg.dcm").content)
        recess = dataset.pixel_array[0].astype(bool)
        rows, columns = np.nonzero(recess)
        assert (columns.mean(), rows.mean()) == pytest.approx((120, 100), abs=1.5)
        assert recess.sum() == pytest.approx(np.pi * 80 * 18, rel=0.05)

    def test_label_map_and_empty_frames_on_request(self, client: TestClient) -> None:
        link = f"{taken_in(client, cine())}/results/seg.dcm"
        label_map = read(client.get(link, params={"segmentation": "LABELMAP"}).content)
        assert (label_map.SegmentationType, label_map.NumberOfFrames) == ("LABELMAP", 3)
        assert read(client.get(link).content).NumberOfFrames == 6
        assert read(client.get(link, params={"empty_frames": False}).content).NumberOfFrames == 5

    def test_content_is_as_old_as_the_intake(self, client: TestClient) -> None:
        link = taken_in(client, cine())
        created_at = client.get(link).json()["created_at"]
        dataset = read(client.get(f"{link}/results/sr.dcm").content)
        assert dataset.ContentDate == created_at[:10].replace("-", "")


class TestRefusals:
    def test_a_plain_picture_has_no_study(self, client: TestClient) -> None:
        answer = client.get(f"{taken_in(client, png(), 'image/png')}/results/sr.dcm")
        assert (answer.status_code, answer.json()["code"]) == (422, "not-representable")

    def test_unknown_procedure_and_kind(self, client: TestClient) -> None:
        assert client.get(f"/v1/procedures/{'0' * 32}/results/seg.dcm").status_code == 404
        assert client.get(f"{taken_in(client, cine())}/results/rt.dcm").status_code == 422

    def test_another_model_answered(self, build_app: StartApp) -> None:
        with build_app() as client:
            link = taken_in(client, cine())
        with build_app(FakeSegmenter("e" * 64)) as client:
            answer = client.get(f"{link}/results/seg.dcm")
        assert (answer.status_code, answer.json()["code"]) == (409, "superseded")


class TestCommand:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "knee.dcm"
        path.write_bytes(cine())
        return path

    def test_writes_results_in_the_file_s_own_study(self, file: Path, tmp_path: Path) -> None:
        done = CliRunner().invoke(app, ["results", str(file), "--out", str(tmp_path)])
        assert done.exit_code == 0, done.output
        written = [Path(line) for line in done.stdout.split()]
        assert [path.name for path in written] == [f"knee.{kind}.dcm" for kind in KINDS]
        studies = {dcmread(path).StudyInstanceUID for path in [file, *written]}
        assert len(studies) == 1

    def test_kinds_moment_and_the_same_bytes_again(self, file: Path, tmp_path: Path) -> None:
        wanted = ["results", str(file), "--kind", "sr", "--at", "2026-03-04T05:06:07"]
        for folder in ("a", "b"):
            assert CliRunner().invoke(app, [*wanted, "--out", str(tmp_path / folder)]).exit_code == 0
        first, second = (tmp_path / folder / "knee.sr.dcm" for folder in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
        assert dcmread(first).ContentTime == "050607"
        assert len(list((tmp_path / "a").iterdir())) == 1

    def test_a_file_that_is_not_dicom_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "note.txt").write_text("not an image")
        done = CliRunner().invoke(app, ["results", str(tmp_path / "note.txt"), "--out", str(tmp_path / "out")])
        assert done.exit_code == 1
        assert "note.txt: no file: UnreadableImage" in done.stderr

    def test_a_folder_without_dicom_files(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(app, ["results", str(tmp_path), "--out", str(tmp_path / "out")])
        assert done.exit_code == 1
