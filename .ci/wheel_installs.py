"""Builds wheel and sdist, compares them, and runs what the wheel installs in an empty environment.

``python .ci/wheel_installs.py [--no-install]``. The sdist must make the wheel that the checkout makes, file by file.
Installed with ``deploy/runtime.lock`` into an environment that has nothing else, ``sonoplace analyse`` must answer a
sample from another folder.
"""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_NEVER = ("tests/", "node_modules/", "shared/", ".ci/", "deploy/", "service/web/src/", "__pycache__")
_PAGE = "service/web/dist/index.html"
_SAMPLE = ROOT / "sample_dicoms" / "correct_placement.dcm"


def main() -> int:
    """Do all of it; ends with a sentence if something does not hold."""
    with tempfile.TemporaryDirectory(prefix="sonoplace-wheel-") as name:
        folder = Path(name)
        sdist, wheel = build(ROOT, folder / "first", "sdist"), build(ROOT, folder / "first", "wheel")
        with tarfile.open(sdist) as archive:
            archive.extractall(folder / "unpacked", filter="data")
            names = ["/".join(Path(member).parts[1:]) for member in archive.getnames()]
        (unpacked,) = (folder / "unpacked").iterdir()
        again = build(unpacked, folder / "second", "wheel")
        check("sdist", names)
        check("wheel", contents(wheel))
        require(contents(wheel) == contents(again), differences(wheel, again))
        sizes = f"wheel {wheel.stat().st_size / 1e6:.1f} MB, sdist {sdist.stat().st_size / 1e6:.1f} MB"
        print(f"{sizes}, {len(contents(wheel))} files, the same from both")
        if "--no-install" not in sys.argv[1:]:
            install_and_run(wheel, folder)
    return 0


def build(source: Path, target: Path, kind: str) -> Path:
    """Wheel or sdist of a source tree."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
    return next(target.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def contents(wheel: Path) -> dict[str, str]:
    """Files of a wheel and the hashes of what is in them."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def check(what: str, names: "dict[str, str] | list[str]") -> None:
    """Nothing is in it that does not belong there, and the page is."""
    stray = [name for name in names if name.startswith(_NEVER) or "/node_modules/" in name or "__pycache__" in name]
    require(not stray, f"the {what} holds {stray[:5]}")
    require(_PAGE in names, f"the {what} lacks {_PAGE}: build the page first")


def differences(one: Path, other: Path) -> str:
    """What differs between two wheels."""
    first, second = contents(one), contents(other)
    names = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    return f"the wheel of the sdist differs in {names[:10]}"


def install_and_run(wheel: Path, folder: Path) -> None:
    """An environment with nothing in it, the lock, the wheel, and one sample from another folder."""
    begun = time.monotonic()
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "deploy" / "runtime.lock")], check=True)
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    installed = time.monotonic()
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    command = [str(folder / "venv" / "bin" / "sonoplace"), "analyse", str(_SAMPLE), "--out", "results", "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SONOPLACE"))}
    done = subprocess.run(command, cwd=elsewhere, env=environment, check=True, capture_output=True, text=True)
    (told,) = json.loads(done.stdout)["files"]
    require(told["verdicts"].get("inside", 0) > 0, f"the sample was answered with {told}")
    print(
        f"installed in {installed - begun:.0f} s, answered in {time.monotonic() - installed:.0f} s: {told['verdicts']}"
    )


def require(holds: object, otherwise: str) -> None:
    """End with a sentence if something does not hold."""
    if not holds:
        sys.exit(otherwise)


if __name__ == "__main__":
    sys.exit(main())
