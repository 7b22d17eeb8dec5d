"""Reviewers' corrections over HTTP: a ZIP file that holds what the command writes, and the evaluation reads."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from models.evaluation.cases import folder_cases
from service.cli import app
from service.procedures import labels_archive
from tests.service.conftest import StartApp
from tests.service.pictures import BELOW, INSIDE, PERSON, SPACING_MM, dicom, picture, png

SHAFT = [[20, 60], [120, 100]]
RECESS = [[60, 90], [180, 90], [180, 110], [60, 110]]
WHOLE = {"recess_px": [RECESS], "shaft_px": SHAFT, "tip_px": SHAFT[1]}
ALL = "/v1/exports/labels.zip"


def posted(client: TestClient, body: bytes, media: str = "application/dicom") -> str:
    return str(client.post("/v1/procedures", content=body, headers={"Content-Type": media}).json()["links"]["self"])


def correct(client: TestClient, procedure: str, reader: str, *corrections: dict[str, Any]) -> None:
    said = {"reviewer": reader, "blinded": True, "judgement": "disagree", "reason": "outline_wrong"}
    answer = client.post(f"{procedure}/reviews", json=said | {"corrections": list(corrections)})
    assert answer.status_code == 201, answer.text


def opened(client: TestClient, address: str) -> zipfile.ZipFile:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def labelled_in(archive: zipfile.ZipFile) -> set[str]:
    """Procedure and reader of each labelled frame."""
    return {name.rpartition("/")[2].removesuffix(".json") for name in archive.namelist() if name.endswith(".json")}


@pytest.fixture
def cine(client: TestClient) -> str:
    """Address of a procedure in which one reader corrected two frames, and another left the needle open."""
    cine = posted(client, dicom([picture(None), picture(INSIDE)]))
    correct(client, cine, "R1", {"frame": 1, **WHOLE}, {"frame": 0, "needle_absent": True})
    correct(client, cine, "R2", {"frame": 0, "recess_px": [RECESS]})
    return cine


def test_the_evaluation_reads_what_was_unzipped(client: TestClient, cine: str, tmp_path: Path) -> None:
    address = client.get(cine).json()["links"]["labels"]
    archive = opened(client, address)
    archive.extractall(tmp_path)
    (folder,) = tmp_path.glob("labels-*")
    empty, corrected = folder_cases(folder)
    assert (empty.needle, empty.recess) == (None, None)
    assert corrected.needle is not None
    assert corrected.needle.visible_length_mm == pytest.approx(SPACING_MM * np.hypot(100, 40))
    assert corrected.recess is not None
    assert corrected.recess[95, 70]
    assert np.array_equal(corrected.frame.pixels, picture(INSIDE))
    contents = (folder / labels_archive.CONTENTS).read_text()
    assert "2 labelled frames" in contents
    assert "R2 has no word on the needle" in contents
    assert client.get(address).content == client.get(address).content, "the same reviews are the same bytes"


def test_command_and_download_write_the_same(
    build_app: StartApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with build_app() as client:
        for tip in (INSIDE, BELOW):
            correct(client, posted(client, dicom([picture(tip)])), "R1", {"frame": 0, **WHOLE})
        opened(client, ALL).extractall(tmp_path)
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))
    result = CliRunner().invoke(app, ["export-labels", "--out", str(tmp_path / "written")])
    assert result.exit_code == 0, result.output
    written = {path.name: path.read_bytes() for path in (tmp_path / "written").iterdir()}
    sent = {path.name: path.read_bytes() for path in (tmp_path / "labels").iterdir()}
    assert sent.pop(labels_archive.CONTENTS)
    assert sent == written
    assert len(sent) == 6


def test_nothing_in_it_names_anybody(client: TestClient, cine: str) -> None:
    archive = opened(client, f"{cine}/labels.zip")
    whole = b"".join(archive.read(name) for name in archive.namelist()) + "".join(archive.namelist()).encode()
    words = {word for said in PERSON.values() for word in re.split(r"[ ^]", said) if len(word) > 4}
    assert not [word for word in words if word.encode() in whole]
    for name in archive.namelist():
        if name.endswith(".png"):
            kinds = {archive.read(name)[at + 4 : at + 8] for at in chunks(archive.read(name))}
            assert kinds <= {b"IHDR", b"IDAT", b"IEND"}, "a picture without words beside it"
        if name.endswith(".json"):
            assert set(json.loads(archive.read(name))) >= {"spacing_mm", "bmode_xyxy", "recess", "needle"}


def chunks(content: bytes) -> list[int]:
    """Where each chunk of a PNG begins."""
    places, at = [], 8
    while at < len(content):
        places.append(at)
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    return places


def test_the_filters_of_the_list_choose(client: TestClient, cine: str) -> None:
    outside = posted(client, dicom([picture(BELOW)]))
    correct(client, outside, "R3", {"frame": 0, **WHOLE})
    posted(client, dicom([picture(INSIDE)]))  # which nobody reviewed
    correct(client, posted(client, png(), "image/png"), "R4", {"frame": 0, **WHOLE})
    every, missed = labelled_in(opened(client, ALL)), labelled_in(opened(client, f"{ALL}?verdict=extra_articular"))
    assert {name.rpartition(".")[2] for name in every} == {"R1", "R3"}  # R4's picture has no spacing
    assert missed == {f"{outside.rpartition('/')[2]}.0000.R3"}
    assert labelled_in(opened(client, f"{ALL}?site=S-1")) == set()
    assert labelled_in(opened(client, f"{ALL}?reader=R3")) == missed, "a blinded reader gets the own, where unsigned"


def test_what_is_too_much_for_one_file_is_refused(
    client: TestClient, cine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_archive, "MOST_FRAMES", 2)
    answer = client.get(ALL)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-query"), answer.text
    assert "sonoplace export-labels" in answer.json()["detail"]
    assert client.get("/v1/procedures/" + "0" * 32 + "/labels.zip").status_code == 404
