"""The bill of materials: valid CycloneDX, with every locked part and its licence."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_bill_names_every_part_of_the_image(tmp_path: Path) -> None:
    pytest.importorskip("cyclonedx", reason="no cyclonedx-python-lib")
    target = tmp_path / "sbom.json"
    command = [sys.executable, str(ROOT / ".ci" / "sbom.py"), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == 0, done.stdout + done.stderr
    bill = json.loads(target.read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "sonoplace")
    parts = {part["name"]: part for part in bill["components"]}
    locked = re.findall(r"(?m)^([a-z0-9-]+)==", (ROOT / "deploy" / "runtime.lock").read_text(encoding="utf-8"))
    assert set(locked) <= parts.keys()
    assert "preact" in parts
    assert all(part["licenses"] for part in parts.values())
    assert all(part["hashes"] for name, part in parts.items() if name in locked)
    needs = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert parts["starlette"]["bom-ref"] in needs[parts["fastapi"]["bom-ref"]]
