"""``sonoplace deidentify``: copies that may leave the site."""

import json
from pathlib import Path

import cv2
import numpy as np
from pydicom import dcmread
from typer.testing import CliRunner

from service.cli import app
from tests.imaging.dicom.fixtures import dataset, grey, written


def test_copies_have_neither_names_in_them_nor_as_their_names(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "DOE_JOHN.dcm").write_bytes(written(dataset([grey()], PatientName="DOE^JOHN")))
    cv2.imwrite(str(folder / "DOE_JOHN.png"), grey())
    (folder / "notes.txt").write_text("DOE")
    result = CliRunner().invoke(
        app, ["deidentify", str(folder), "--out", str(out), "--key", str(tmp_path / "key"), "--json"]
    )
    assert result.exit_code == 0, result.output
    entries = json.loads(result.output)
    assert [entry["error"] for entry in entries] == [None, None]
    files = sorted(path for path in out.iterdir())
    assert sorted(path.suffix for path in files) == [".dcm", ".png"]
    for path in files:
        assert "DOE" not in path.name
        assert b"DOE" not in path.read_bytes()
    kept = dcmread(files[0] if files[0].suffix == ".dcm" else files[1])
    assert f"{kept.SOPInstanceUID}.dcm" in {path.name for path in files}


def test_text_left_inside_is_told_and_a_file_that_cannot_be_read_fails(tmp_path: Path) -> None:
    pixels = np.full((200, 320), 60, np.uint8)
    cv2.putText(pixels, "DOE JOHN 1961", (40, 100), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 1, cv2.LINE_AA)
    cv2.imwrite(str(tmp_path / "text.png"), pixels)
    arguments = ["deidentify", str(tmp_path / "text.png"), "--out", str(tmp_path / "out"), "--key", str(tmp_path / "k")]
    told = CliRunner().invoke(app, arguments)
    assert (told.exit_code, "look at it before it leaves" in told.output) == (0, True), told.output
    (tmp_path / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"x" * 40)
    arguments[1] = str(tmp_path / "broken.dcm")
    failed = CliRunner().invoke(app, arguments)
    assert (failed.exit_code, "UnreadableImage" in failed.output) == (1, True), failed.output
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".png"]
