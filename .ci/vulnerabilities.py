"""Known vulnerabilities of what is locked, where data on them can be had: ``python .ci/vulnerabilities.py [LOCK]``.

Run it with an interpreter that has pip-audit. That says "no known vulnerabilities" of packages that it could not look
up, too; here they count as not looked at. One package is asked for first: where nothing is known of it, no data can be
had, which is said, and the others are not asked for. Status 1 if something is known against a version in the lock.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_PIN = re.compile(r"^[A-Za-z0-9._-]+==[^\s;\\]+", re.MULTILINE)
_PROBE = "pydantic=="


def main() -> int:
    """Look up one, then all."""
    lock = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "requirements.lock"
    pins = sorted(set(_PIN.findall(lock.read_text(encoding="utf-8"))))
    probe = [pin for pin in pins if pin.startswith(_PROBE)]
    if not any("vulns" in one for one in audited(probe)):
        print(f"no data on vulnerabilities can be had here: none of {len(pins)} packages was looked at")
        return 0
    found = audited(pins)
    unknown = [one["name"] for one in found if "vulns" not in one]
    wrong = {f"{one['name']} {one['version']}": one["vulns"] for one in found if one.get("vulns")}
    print(f"{len(found) - len(unknown)} packages looked at, not known: {', '.join(unknown) or 'none'}")
    for name, said in wrong.items():
        print(f"{name}:", "; ".join(f"{one['id']}, mended in {one['fix_versions'] or 'no version'}" for one in said))
    return int(bool(wrong))


def audited(pins: list[str]) -> list[dict[str, Any]]:
    """What pip-audit says of each; nothing if it is not there or was not answered."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "pins.txt"
        listed.write_text("\n".join(pins) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json"]
        done = subprocess.run([*command, "-r", str(listed)], check=False, capture_output=True, text=True)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(done.stderr.strip().splitlines()[-1:] or "pip-audit said nothing")
        return []
    return found


if __name__ == "__main__":
    sys.exit(main())
