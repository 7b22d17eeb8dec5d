"""Reviewers' corrections as a labelled folder that the evaluation reads back."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from imaging.segmentation import Tissue
from models.evaluation.cases import folder_cases
from models.evaluation.trained_on import held_back
from service.cli import app
from tests.service.conftest import StartApp
from tests.service.pictures import INSIDE, SPACING_MM, dicom, picture, png

REVIEW = {"reviewer": "R1", "blinded": True, "judgement": "disagree", "reason": "outline_wrong"}
RECESS = [[60, 90], [180, 90], [180, 110], [60, 110]]
SHAFT = [[20, 60], [120, 100]]
MOVED = [110, 97]


@pytest.fixture
def exported(build_app: StartApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with two corrections by two reviewers, one of them corrected again; an uncalibrated one is left out."""
    with build_app() as client:
        cine = posted(client, dicom([picture(None), picture(INSIDE)]), "application/dicom")
        plain = posted(client, png(INSIDE), "image/png")
        add(client, cine, {"frame": 1, "recess_px": []})
        add(client, cine, {"frame": 1, "recess_px": [RECESS], "shaft_px": SHAFT, "tip_px": SHAFT[1]})
        add(client, cine, {"frame": 0, "needle_absent": True}, "R2")
        add(client, cine, {"frame": 0, "recess_px": [RECESS]}, "R3")
        add(client, cine, {"frame": 1, "tip_px": MOVED, "rest_confirmed": True}, "R4")
        add(client, plain, {"frame": 0, "recess_px": [RECESS], "needle_absent": True})
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))
    result = CliRunner().invoke(app, ["export-labels", "--out", str(tmp_path / "labels")])
    assert (result.exit_code, "3 labelled frames" in result.output) == (1, True), result.output
    assert "no pixel spacing" in result.output
    assert "R3 has no word on the needle" in result.output
    return tmp_path / "labels"


def posted(client: TestClient, body: bytes, media: str) -> str:
    return str(client.post("/v1/procedures", content=body, headers={"Content-Type": media}).json()["links"]["self"])


def add(client: TestClient, procedure: str, correction: dict[str, Any], reviewer: str = "R1") -> None:
    review = REVIEW | {"reviewer": reviewer, "corrections": [correction]}
    answer = client.post(f"{procedure}/reviews", json=review)
    assert answer.status_code == 201, answer.text


def read(folder: Path, reader: str, frame: int) -> tuple[dict[str, Any], np.ndarray]:
    (path,) = folder.glob(f"*.{frame:04d}.{reader}.json")
    labels = cv2.imread(str(path.with_name(f"{path.stem}.labels.png")), cv2.IMREAD_GRAYSCALE)
    assert labels is not None
    return json.loads(path.read_text()), labels


def test_labels_are_what_the_reviewer_drew(exported: Path) -> None:
    said, labels = read(exported, "R1", 1)
    assert said["recess"] == "present"
    assert said["needle"] == {"tip_xy": SHAFT[1], "shaft_xy": SHAFT}
    assert (labels[95, 70], labels[100, 120], labels[80, 70], labels[10, 10]) == (1, 2, 2, 0)
    assert int((labels == 1).sum()) == pytest.approx(121 * 21, abs=200)  # less what lies under the needle
    (path,) = exported.glob("*.R1.png")
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(grey, picture(INSIDE))


def test_what_was_not_spoken_of_is_not_judged(exported: Path) -> None:
    said, labels = read(exported, "R2", 0)
    assert (said["recess"], said["needle"]) == ("unlabelled", None)
    assert said["labelled_by"] == {"recess": None, "needle": "reader"}
    assert (labels == 255).all()


def test_a_correction_wins_over_the_answer_that_is_confirmed_otherwise(exported: Path) -> None:
    said, labels = read(exported, "R4", 1)
    assert said["needle"]["tip_xy"] == said["needle"]["shaft_xy"][1] == MOVED
    assert said["needle"]["shaft_xy"][0] == pytest.approx(SHAFT[0], abs=6)  # where the answered shaft comes in
    assert said["labelled_by"] == {"recess": "answer", "needle": "reader"}
    drawn = int(np.pi * 80 * 18)
    assert int((labels == 1).sum()) == pytest.approx(drawn, rel=0.15)


def test_frames_that_nobody_reviewed_come_when_asked_for(
    build_app: StartApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with build_app() as client:
        cine = posted(client, dicom([picture(None), picture(INSIDE)]), "application/dicom")
        add(client, cine, {"frame": 0, "needle_absent": True})
        posted(client, dicom([picture(INSIDE)]), "application/dicom")
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))
    for arguments, count in (([], 1), (["--unreviewed"], 3)):
        result = CliRunner().invoke(app, ["export-labels", *arguments, "--out", str(tmp_path / "labels")])
        assert (result.exit_code, f"{count} labelled frames" in result.output) == (0, True), result.output
    said = [json.loads(path.read_text()) for path in (tmp_path / "labels").glob("*.answer.json")]
    assert [one["labelled_by"] for one in said] == [{"recess": "answer", "needle": "answer"}] * 2
    assert all(one["needle"]["tip_xy"] == pytest.approx(INSIDE, abs=4) for one in said)


def test_the_evaluation_reads_them(exported: Path) -> None:
    corrected = next(case for case in folder_cases(exported) if case.name.endswith("R1"))
    assert corrected.needle is not None
    assert corrected.needle.tip is not None
    assert corrected.needle.visible_length_mm == pytest.approx(SPACING_MM * np.hypot(100, 40))
    assert corrected.recess is not None
    assert corrected.recess[100, 110]  # under the needle, too


def test_the_command_evaluates_them(exported: Path, tmp_path: Path) -> None:
    """With the real network, which finds nothing in drawn pictures: what is counted is what was labelled."""
    result = CliRunner().invoke(app, ["evaluate", str(exported), "--json", str(tmp_path / "figures.json")])
    assert result.exit_code == 0, result.output
    figures = {one["name"]: one for one in json.loads((tmp_path / "figures.json").read_text())["models"][0]["figures"]}
    assert figures["false needles"]["n"] == 1  # R2 saw none
    assert next(one["n"] for name, one in figures.items() if name.startswith("missed needles")) == 2  # R1 and R4 did


def test_training_reads_them(exported: Path) -> None:
    pytest.importorskip("torch", reason="training needs the optional part 'train'")
    from models.training.labelled import labelled_sample
    from models.training.sample import NEEDLE_BIT

    cases = {case.name.rpartition(".")[2]: case for case in folder_cases(exported)}
    assert {len(case.procedure or "") for case in cases.values()} == {32}
    corrected, empty = labelled_sample(cases["R1"]), labelled_sample(cases["R2"])
    truth = corrected.truth & (NEEDLE_BIT - 1)
    assert (truth == Tissue.RECESS).sum() * 0.04 == pytest.approx(121 * 21 * SPACING_MM**2, rel=0.02)
    assert corrected.scores == (1.0, None, 1.0, 1.0)
    assert empty.scores == (None, None, 0.0, 0.0)


def test_a_training_learns_from_them(exported: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs the optional part 'train'")
    from models.training.batches import BatchMaker
    from models.training.labelled import LabelledFrames
    from models.training.learner import Learner, Schedule
    from models.training.negatives import Negatives
    from models.training.train import CHECKPOINT, LOG, Rhythm, train

    as_another_procedure(exported)
    frames = LabelledFrames([exported])
    assert (len(frames), frames.held_back, len(frames.keys)) == (3, 0, 2 + 1)  # two pictures of one procedure
    maker = BatchMaker((frames,), Negatives(None), seed=1, size=2, labelled=frames, labelled_share=1.0)
    train(Learner(Schedule(1), seed=1), maker, tmp_path / "run", Rhythm(log=1), frames.keys)
    losses = json.loads((tmp_path / "run" / LOG).read_text())
    assert all(np.isfinite(value) for value in losses.values())
    assert losses["recess"] > 0
    assert (tmp_path / "run" / CHECKPOINT).exists()


def as_another_procedure(folder: Path) -> None:
    """Rename until the procedure is one that may be trained on: half of them may."""
    number = 0
    while held_back(next(folder_cases(folder))):
        number += 1
        for path in list(folder.iterdir()):
            path.rename(folder / f"{number:032x}.{path.name.partition('.')[2]}")
