"""A stored procedure judged by another network: beside the answer, for a while, and never over it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.procedures.comparison import Comparison, ComparisonFolder
from service.settings import Settings
from service.store.tables import ProcedureRow
from service.wire.comparison import ComparisonAnswer
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, INSIDE, dicom, picture

OLD, NEW, THIRD = "a" * 64, "b" * 64, "c" * 64


class Blind(FakeSegmenter):
    """Sees no needle."""

    def segment(self, frame: Any) -> Any:
        from dataclasses import replace

        seen = super().segment(frame)
        return replace(seen, needle=seen.needle * 0, view=replace(seen.view, needle=0.0))


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Three networks, one of them broken by another hash than its manifest says, and a folder that is none."""
    for name, version, sha256 in (("knee-1", "1.0", OLD), ("knee-2", "2.0", NEW), ("knee-3", "3.0", THIRD)):
        folder = tmp_path / "shelf" / name
        folder.mkdir(parents=True)
        said = {
            "name": "fake", "version": version, "sha256": sha256,
            "input": {"rows": 8, "columns": 8, "mm_per_pixel": 0.2}, "calibration": {"slope": 1, "intercept": 0},
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(said))
    (tmp_path / "shelf" / "notes").mkdir()
    (tmp_path / "shelf" / "torn").mkdir()
    (tmp_path / "shelf" / "torn" / "manifest.json").write_text("{")
    return tmp_path / "shelf"


@pytest.fixture
def networks() -> dict[str, FakeSegmenter]:
    return {"knee-1": FakeSegmenter(OLD), "knee-2": Blind(NEW), "knee-3": FakeSegmenter("d" * 64)}


@pytest.fixture
def client(tmp_path: Path, shelf: Path, networks: dict[str, FakeSegmenter]) -> Iterator[TestClient]:
    settings = Settings(data_dir=tmp_path / "data", workers=4, model_dir=shelf / "knee-1")
    with TestClient(create_app(settings, lambda folder: networks[folder.name])) as running:
        yield running


def posted(client: TestClient, tips: tuple[tuple[int, int] | None, ...] = (None, INSIDE, BELOW)) -> dict[str, Any]:
    body = dicom([picture(tip) for tip in tips])
    return dict(client.post("/v1/procedures", content=body, headers={"Content-Type": "application/dicom"}).json())


def test_networks_at_hand(client: TestClient) -> None:
    said = client.get("/v1/models").json()
    assert said["in_use"] == "1"  # as the network itself says
    assert [(one["folder"], one["model_version"], one["in_use"]) for one in said["models"]] == [
        ("knee-1", "1.0", True), ("knee-2", "2.0", False), ("knee-3", "3.0", False), ("torn", None, False)
    ]  # fmt: skip
    assert "is not a model manifest" in said["models"][3]["problem"]


def test_another_network_answers_beside_the_stored_answer(client: TestClient) -> None:
    stored = posted(client)
    before = client.get(stored["links"]["history"]).json()
    answer = client.post(f"{stored['links']['self']}/comparisons?model=2.0")
    assert answer.status_code == 200, answer.text
    said = ComparisonAnswer.model_validate(answer.json())
    assert (said.status, said.frames_done, said.model) == ("done", 3, "knee-2")
    assert said.compared is not None
    assert (said.stored.identity.model_sha256, said.compared.identity.model_sha256) == (OLD, NEW)
    assert [*said.stored.frame_verdicts] == stored["frame_verdicts"]
    assert set(said.compared.frame_verdicts) == {"not_assessed"}
    assert said.frames_differing == [1, 2]
    assert said.course is not None
    assert said.course.needle_seen == [False, False, False]
    frame = client.get(said.links.frame.format(n=1)).json()
    assert (frame["identity"]["model_sha256"], frame["needle"]["shaft_px"]) == (NEW, None)
    assert client.get(said.links.overlay_svg.format(n=1)).text.startswith("<svg")
    assert client.get(said.links.frame.format(n=3)).json()["code"] == "not-found"
    assert client.get(said.links.self).json() == answer.json()
    assert client.get(stored["links"]["self"]).json() == stored
    assert client.get(stored["links"]["history"]).json() == before


def test_the_same_network_says_the_same(client: TestClient) -> None:
    stored = posted(client)
    said = client.post(f"{stored['links']['self']}/comparisons?model=knee-1").json()
    assert said["frames_differing"] == []
    assert said["compared"]["summary"] == stored["summary"]
    frame = stored["links"]["frame"].format(n=1)
    assert client.get(said["links"]["frame"].format(n=1)).content == client.get(frame).content


def test_what_cannot_be_compared(client: TestClient) -> None:
    own = posted(client)["links"]["self"]
    for name in ("4.0", "torn", "../knee-2"):
        refused = client.post(f"{own}/comparisons", params={"model": name}).json()
        assert refused["code"] == "bad-query", name
        assert "knee-2 (2.0)" in refused["detail"]
    assert client.post(f"{own}x/comparisons?model=2.0").status_code == 404
    assert client.get(f"{own}/comparisons/{NEW[:16]}").json()["code"] == "not-found"
    failed = client.post(f"{own}/comparisons?model=3.0").json()
    assert (failed["status"], failed["failure"], failed["compared"]) == ("failed", "bad-model", None)


def test_no_more_at_a_time_than_may(client: TestClient, networks: dict[str, FakeSegmenter]) -> None:
    names = [posted(client, tips)["links"]["self"] for tips in ((INSIDE,), (BELOW,), (None,))]
    networks["knee-2"].open.clear()
    try:
        under_way = [client.post(f"{name}/comparisons?model=2.0&wait=false") for name in names]
        assert [answer.status_code for answer in under_way] == [202, 202, 503]
        assert under_way[2].headers["Retry-After"] == "5"
        assert under_way[0].json()["status"] == "running"
        again = client.post(f"{names[0]}/comparisons?model=2.0&wait=false")
        assert again.headers["Location"] == under_way[0].headers["Location"]
        held = under_way[0].json()["links"]
        assert client.get(held["frame"].format(n=0)).json()["code"] == "not-ready"
    finally:
        networks["knee-2"].open.set()
    assert client.post(f"{names[0]}/comparisons?model=2.0").json()["status"] == "done"


def test_another_process_finds_it_and_the_oldest_are_forgotten(
    client: TestClient, tmp_path: Path, networks: dict[str, FakeSegmenter]
) -> None:
    names = [posted(client, (None,) * count)["links"]["self"] for count in (1, 2, 3)]
    said = [client.post(f"{name}/comparisons?model=2.0").json() for name in names]
    settings = Settings(data_dir=tmp_path / "data", workers=1, model_dir=tmp_path / "shelf" / "knee-1")
    with TestClient(create_app(settings, lambda folder: networks[folder.name])) as other:
        assert other.get(said[0]["links"]["self"]).json() == said[0]
        frame = said[2]["links"]["frame"].format(n=2)
        assert other.get(frame).content == client.get(frame).content
    row, kept = ProcedureRow(id="f" * 32, frame_count=0), ComparisonFolder(tmp_path / "data" / "comparisons", 2)
    kept.keep(Comparison(row, "knee-2", "0" * 16))
    left = sorted(path.name for path in (tmp_path / "data" / "comparisons").iterdir())
    assert left == sorted([f"{said[2]['procedure_id']}.{NEW[:16]}", f"{'f' * 32}.{'0' * 16}"])
    assert kept.find(row, "../secret") is None
