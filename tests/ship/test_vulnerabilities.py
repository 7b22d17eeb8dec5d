"""What the look-up of vulnerabilities says where there are some, and where no data can be had."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[2] / ".ci" / "vulnerabilities.py"
_LOCK = "old==1.0 \\\n    --hash=sha256:00\npydantic==2.0 ; python_version > '3'\nunknown==1\n"
_STAND_IN = """
import json, pathlib, sys
pins = pathlib.Path(sys.argv[-1]).read_text().split()
known = {KNOWN}
said = [{{"name": n, "version": v, "vulns": known[n]}} if n in known else {{"name": n, "skip_reason": "not found"}}
        for n, v in (pin.split("==") for pin in pins)]
print(json.dumps({{"dependencies": said}}))
"""
_BAD = [{"id": "CVE-1", "fix_versions": ["1.1"]}]


@pytest.mark.parametrize(
    ("known", "status", "told"),
    [
        (
            {"pydantic": [], "old": _BAD},
            1,
            "2 packages looked at, not known: unknown\nold 1.0: CVE-1, mended in ['1.1']\n",
        ),
        ({"pydantic": [], "old": []}, 0, "2 packages looked at, not known: unknown\n"),
        ({}, 0, "no data on vulnerabilities can be had here: none of 3 packages was looked at\n"),
    ],
    ids=["a known one", "none known", "no data"],
)
def test_what_is_said(known: dict[str, object], status: int, told: str, tmp_path: Path) -> None:
    (tmp_path / "pip_audit.py").write_text(_STAND_IN.format(KNOWN=known))
    lock = tmp_path / "lock"
    lock.write_text(_LOCK)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(  # noqa: S603 - this project's own script
        [sys.executable, str(_SCRIPT), str(lock)], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (status, told), done.stderr
