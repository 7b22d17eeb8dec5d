"""Reviewers' corrections as a labelled folder that the evaluation reads back."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from models.evaluation.cases import folder_cases
from service.cli import app
from tests.service.conftest import StartApp
from tests.service.pictures import INSIDE, SPACING_MM, dicom, picture, png

REVIEW = {"reviewer": "R1", "blinded": True, "judgement": "disagree", "reason": "outline_wrong", "frame": 1}
RECESS = [[60, 90], [180, 90], [180, 110], [60, 110]]
SHAFT = [[20, 60], [120, 100]]


@pytest.fixture
def exported(build_app: StartApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with two corrections by two reviewers, one of them corrected again; an uncalibrated one is left out."""
    with build_app() as client:
        cine = posted(client, dicom([picture(None), picture(INSIDE)]), "application/dicom")
        plain = posted(client, png(INSIDE), "image/png")
        add(client, cine, REVIEW | {"correction": {"recess_px": []}})
        add(client, cine, REVIEW | {"correction": {"recess_px": [RECESS], "shaft_px": SHAFT, "tip_px": SHAFT[1]}})
        add(client, cine, REVIEW | {"reviewer": "R2", "frame": 0, "correction": {"needle_absent": True}})
        add(client, plain, REVIEW | {"frame": 0, "correction": {"recess_px": [RECESS]}})
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))
    result = CliRunner().invoke(app, ["export-labels", "--out", str(tmp_path / "labels")])
    assert (result.exit_code, "2 labelled frames" in result.output) == (1, True), result.output
    assert "no pixel spacing" in result.output
    return tmp_path / "labels"


def posted(client: TestClient, body: bytes, media: str) -> str:
    return str(client.post("/v1/procedures", content=body, headers={"Content-Type": media}).json()["links"]["self"])


def add(client: TestClient, procedure: str, review: object) -> None:
    assert client.post(f"{procedure}/reviews", json=review).status_code == 201


def test_labels_are_what_the_reviewer_drew(exported: Path) -> None:
    (path,) = exported.glob("*.R1.json")
    said = json.loads(path.read_text())
    labels = cv2.imread(str(path.with_name(f"{path.stem}.labels.png")), cv2.IMREAD_GRAYSCALE)
    assert said["recess"] == "present"
    assert said["needle"] == {"tip_xy": SHAFT[1], "shaft_xy": SHAFT}
    assert labels is not None
    assert (labels[95, 70], labels[100, 120], labels[80, 70], labels[10, 10]) == (1, 2, 2, 0)
    assert int((labels == 1).sum()) == pytest.approx(121 * 21, abs=200)  # less what lies under the needle
    grey = cv2.imread(str(path.with_suffix(".png")), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(grey, picture(INSIDE))


def test_what_was_not_spoken_of_is_not_judged(exported: Path) -> None:
    (path,) = exported.glob("*.R2.json")
    said = json.loads(path.read_text())
    labels = cv2.imread(str(path.with_name(f"{path.stem}.labels.png")), cv2.IMREAD_GRAYSCALE)
    assert (said["recess"], said["needle"], said["needle_judged"]) == ("unlabelled", None, True)
    assert labels is not None
    assert (labels == 255).all()


def test_the_evaluation_reads_them(exported: Path) -> None:
    corrected = next(case for case in folder_cases(exported) if case.name.endswith("R1"))
    assert corrected.needle is not None
    assert corrected.needle.tip is not None
    assert corrected.needle.visible_length_mm == pytest.approx(SPACING_MM * np.hypot(100, 40))
    assert corrected.recess is not None
    assert corrected.recess[100, 110]  # under the needle, too
