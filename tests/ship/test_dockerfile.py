"""The Dockerfile by its text; `.ci/dockerfile_steps.py` executes it."""

import re
import subprocess
import sys
from pathlib import Path

from service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
BUILD, LAST = re.split(r"(?m)^FROM .*$", TEXT)[1:]


def test_every_room_of_the_wheel_is_copied() -> None:
    packages = re.search(r"packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert packages is not None
    for package in re.findall(r'"(\w+)"', packages[1]):
        assert f"COPY {package} {package}\n" in BUILD


def test_installs_are_locked() -> None:
    for line in re.findall(r"pip\S* (?:--python \S+ )?install .*", TEXT):
        assert "--require-hashes" in line or ("--no-deps" in line and "--no-index" in line), line


def test_last_stage_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    assert re.search(r"(?m)^USER 10001:10001$", LAST)
    assert "HEALTHCHECK" in LAST
    assert "pip install" not in LAST
    variables = re.findall(r"SONOPLACE_(\w+)=", LAST)
    assert {name.lower() for name in variables} <= set(Settings.model_fields)


def test_locks_of_the_image_are_cut_from_the_lock() -> None:
    command = [sys.executable, str(ROOT / ".ci" / "runtime_lock.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_of_the_gpl_that_no_table_excuses() -> None:
    command = [sys.executable, str(ROOT / ".ci" / "licences.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == 0, done.stdout + done.stderr
