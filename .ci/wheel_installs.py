"""Builds wheel and sdist, compares them, and runs what the wheel installs in an empty environment.

``python .ci/wheel_installs.py [--no-install]``. The sdist must make the wheel that the checkout makes, file by file.
It is installed into an environment that has nothing else, not even pip, with what its metadata asks for in the versions
of ``requirements.lock``; from another folder ``sonoplace analyse`` must answer a sample, ``sonoplace serve`` a frame.
"""

import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_NEVER = ("tests/", "node_modules/", "shared/", ".ci/", "deploy/", "service/web/src/", "__pycache__")
_PAGE = "service/web/dist/index.html"
_PIN = re.compile(r"^[A-Za-z0-9][^\\\n]*[^\\\s]", re.MULTILINE)
"""A requirement of the lock without its hashes, which pip wants for all or none."""
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
            install_and_run(again, folder)
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
    """An environment with nothing in it, the wheel with what it says it needs, a sample, and the service."""
    begun = time.monotonic()
    python = folder / "venv" / "bin" / "python"
    pins = folder / "pins.txt"
    pins.write_text("\n".join(_PIN.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", "--no-compile", "-c", str(pins), str(wheel)], check=True)
    installed = time.monotonic()
    subprocess.run([*pip, "check"], check=True, stdout=subprocess.DEVNULL)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    place = Installed(folder / "venv" / "bin" / "sonoplace", elsewhere)
    verdicts = analysed(place)
    answered = time.monotonic()
    verdict = served(place)
    took = (installed - begun, answered - installed, time.monotonic() - answered)
    print("installed in {:.0f} s, a file answered in {:.0f} s, a request in {:.0f} s".format(*took), verdicts, verdict)


@dataclass(frozen=True)
class Installed:
    """The command in its environment, and the folder that it is run from."""

    command: Path
    folder: Path

    def started(self, *arguments: str) -> "subprocess.Popen[str]":
        """Process of the command, with no variable that leads back to a checkout."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SONOPLACE"))}
        command = [str(self.command), *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=kept, stdout=subprocess.PIPE, text=True)


def analysed(place: Installed) -> dict[str, int]:
    """Verdicts of ``sonoplace analyse`` on a sample."""
    with place.started("analyse", str(_SAMPLE), "--out", "results", "--json") as process:
        said, _ = process.communicate()
    require(process.returncode == 0, f"analyse ended with {process.returncode}")
    (told,) = json.loads(said)["files"]
    verdicts: dict[str, int] = told["verdicts"]
    require(verdicts.get("inside", 0) > 0, f"the sample was answered with {told}")
    return verdicts


def served(place: Installed) -> str:
    """Verdict of ``sonoplace serve`` on a frame of the sample; it has its page, and ends when it is told to."""
    with place.started("serve", "--port", "0") as process:
        line = process.stdout.readline() if process.stdout else ""
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        try:
            port = int(found[1]) if found else sys.exit(f"serve said {line!r}: expected where it listens")
            require(b"<html" in ask(port, "GET", "/"), "the page is not served")
            said = json.loads(ask(port, "POST", "/v1/frames?frame=22", _SAMPLE.read_bytes()))
        finally:
            process.terminate()
    require(process.returncode == 0, f"serve ended with {process.returncode}")
    verdict: str = said["placement"]["verdict"]
    require(verdict == "inside", f"the frame was answered with {verdict}")
    return verdict


def ask(port: int, method: str, path: str, body: bytes | None = None) -> bytes:
    """Answer to a request for the page or with a DICOM file, which must be one."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request(method, path, body, {"Content-Type": "application/dicom"} if body else {})
    answer = line.getresponse()
    content = answer.read()
    line.close()
    require(
        answer.status == http.HTTPStatus.OK, f"{method} {path} was answered with {answer.status}: {content[:300]!r}"
    )
    return content


def require(holds: object, otherwise: str) -> None:
    """End with a sentence if something does not hold."""
    if not holds:
        sys.exit(otherwise)


if __name__ == "__main__":
    sys.exit(main())
