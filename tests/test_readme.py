"""The README's commands do what it says: its examples run against a real server process, its outputs are compared."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|json)\n(.*?)```", README, re.DOTALL)
SHELL = [text.strip() for kind, text in BLOCKS if kind == "sh"]
CURL = [
    (text.strip(), BLOCKS[i + 1][1] if BLOCKS[i + 1][0] == "json" else None)
    for i, (kind, text) in enumerate(BLOCKS)
    if kind == "sh" and text.startswith("curl")
]
SETUP, END = "python3 -m venv .venv && ", " && .venv/bin/"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a service on an empty store, started as the command line does."""
    environment = os.environ | {"SONOPLACE_DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    command = [sys.executable, "-c", "from service.cli import app; app()", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://[^/]+/", line)
        assert address, line
        yield address.group()
        process.terminate()


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "sample_dicoms").symlink_to(ROOT / "sample_dicoms")
    return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603, S607 - the README's own


def agrees(shown: object, got: object) -> bool:
    """Same keys and words; numbers may differ by what another processor's rounding does to them."""
    if isinstance(shown, dict) and isinstance(got, dict):
        return shown.keys() == got.keys() and all(agrees(shown[key], got[key]) for key in shown)
    if isinstance(shown, list) and isinstance(got, list):
        return len(shown) == len(got) and all(map(agrees, shown, got))
    if isinstance(shown, float | int) and isinstance(got, float | int) and not isinstance(shown, bool):
        return got == pytest.approx(shown, rel=0.05, abs=0.3)
    return shown == got


@pytest.mark.parametrize(("command", "shown"), CURL, ids=range(len(CURL)))
def test_curl_gives_what_is_shown(command: str, shown: str | None, server: str, tmp_path: Path) -> None:
    done = run(command.replace("http://127.0.0.1:8000/", server), tmp_path)
    assert done.returncode == 0, done.stderr
    if shown is not None:
        assert agrees(json.loads(shown), json.loads(done.stdout)), done.stdout
    for name in re.findall(r"-o (\S+\.png)", command):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_the_page_is_there(server: str) -> None:
    with urllib.request.urlopen(server, timeout=60) as answer:  # noqa: S310 - loopback
        assert b"SonoPlace" in answer.read()


def test_analyse_writes_what_it_says(tmp_path: Path) -> None:
    command = next(text for text in SHELL if " analyse " in text)
    call = f'{sys.executable} -c "from service.cli import app; app()"'
    done = run(f"export PYTHONPATH={ROOT}; {command.replace('.venv/bin/sonoplace', call)}", tmp_path)
    assert done.returncode == 0, done.stderr
    written = {
        path.suffixes[-2] + path.suffix if "." in path.stem else path.suffix
        for path in (tmp_path / "results").iterdir()
    }
    assert {".overlay.png", ".labels.png"} <= written
    answer = json.loads(next((tmp_path / "results").glob("correct_placement.*22.json")).read_text())
    assert answer["calibration"]["source"] == "dicom-region"


def test_both_set_up_commands_stand_first_and_share_their_beginning() -> None:
    start, tests = SHELL[:2]
    assert start.startswith(SETUP)
    assert start.rsplit(END, 1)[0] == tests.rsplit(END, 1)[0]
    assert (start.rsplit(END, 1)[1], tests.rsplit(END, 1)[1]) == ("sonoplace demo", "pytest")
    assert "--require-hashes -r requirements.lock" in start


def test_every_place_it_names_exists() -> None:
    table = README.split("## Where a question is answered")[1].split("## Development")[0]
    for name in re.findall(r"`([\w./]+/[\w./]*)`", table):
        assert (ROOT / name).exists(), name
