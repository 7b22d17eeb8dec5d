"""Hostile files on the command line: each has a line that says why not, and the others are analysed."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.settings import Settings
from tests.hostile import bombs
from tests.hostile.test_service import SLOW
from tests.service.pictures import png


def test_analyse(tmp_path: Path) -> None:
    if not (Settings().model_dir / "model.onnx").is_file():
        pytest.skip("no trained model in the checkout")
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    files = [(name, data, "dcm") for name, data in bombs.every_dicom()]
    files += [(name, data, "png") for name, data in bombs.every_picture()]
    for number, (name, data, suffix) in enumerate(files):
        if data and not SLOW.search(name) and "gigabyte" not in name:
            (folder / f"{number}.{suffix}").write_bytes(data)
    (folder / "last.png").write_bytes(png())
    done = CliRunner().invoke(app, ["analyse", str(folder), "--out", str(out), "--spacing", "0.2", "--json"])
    assert (done.exit_code, isinstance(done.exception, SystemExit)) == (1, True), done.exception
    told = {Path(one["path"]).name: one for one in json.loads(done.stdout)["files"]}
    assert len(told) > 60
    assert told["last.png"]["verdicts"]
    for one in told.values():
        assert one["verdicts"] or re.match(r"[A-Z]\w+: .", one["error"]), one
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {folder, out}
