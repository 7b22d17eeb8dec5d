"""Wheel and sdist: built, compared and looked into; `.ci/wheel_installs.py` without `--no-install` also runs them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_sdist_builds_the_same_wheel_and_nothing_stray_is_in_either() -> None:
    pytest.importorskip("hatchling", reason="no hatchling")
    command = [sys.executable, str(ROOT / ".ci" / "wheel_installs.py"), "--no-install"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same from both" in done.stdout
