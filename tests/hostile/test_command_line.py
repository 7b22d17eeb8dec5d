"""Hostile files on the command line: each has a line that says why not, in time and memory; the others are done."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from service.settings import Settings
from tests.conftest import SHARED
from tests.hostile import bombs
from tests.hostile.attacked import TASK_S, summed
from tests.hostile.test_service import SLOW, shared_files
from tests.service.pictures import dicom, picture, png

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
_MOST_BYTES, _MOST_S, _LONGEST_WAIT_S = 1_000_000_000, 5.0, 30.0
"""As for the service: clock and processor alike may take the second, the clock of a busy machine alone the third."""
_REFUSAL = re.compile(r"[A-Z]\w+: .")
_NO_FILE = re.compile(r"^(/.*?): no file: (.*)$", re.MULTILINE)
GOOD = "last.dcm"


def made() -> Iterator[tuple[str, bytes]]:
    """Our own; of those that run into the limit of time one."""
    for number, (name, data) in enumerate(bombs.every_dicom()):
        if data and (not SLOW.search(name) or "million regions" in name):
            yield f"{number}.dcm", data
    for number, (name, data) in enumerate(bombs.every_picture()):
        if data and not SLOW.search(name) and "gigabyte" not in name:
            yield f"{number}.png", data
    yield "last.png", png()
    yield GOOD, dicom([picture()])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Malformed files as they are and as ultrasound, which is read further; and our own."""
    home = tmp_path_factory.mktemp("hostile")
    folders = {name: home / name for name in ("given", "made")}
    for folder in folders.values():
        folder.mkdir()
    for name, data in made():
        (folders["made"] / name).write_bytes(data)
    for name, data in shared_files(SHARED / "data") if (SHARED / "data").is_dir() else ():
        (folders["given"] / f"{name.replace('.dcm', '').replace(' ', '-')}.dcm").write_bytes(data)
    return folders


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said, and what it took."""

    status: int
    said: str
    errors: str
    took_s: dict[str, tuple[float, float]]
    most_bytes: int


def ran(home: Path, *arguments: object) -> Ran:
    """A command as a process of its own, whose memory is watched."""
    told, out, err = home / "told", home / "stdout", home / "stderr"
    command = [sys.executable, "-m", "tests.hostile.command", str(TASK_S), str(told), *map(str, arguments)]
    most_bytes = 0
    with out.open("wb") as said, err.open("wb") as errors:
        process = subprocess.Popen(command, stdout=said, stderr=errors, env=os.environ | {"OMP_NUM_THREADS": "1"})  # noqa: S603 - ours
        itself = psutil.Process(process.pid)
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):
                family = [itself, *itself.children()]
                most_bytes = max(most_bytes, int(summed(family, lambda one: one.memory_info().rss)))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    lines = [line.rsplit(" ", 2) for line in told.read_text().splitlines()]
    took_s = {name: (float(clock_s), float(processor_s)) for name, clock_s, processor_s in lines}
    return Ran(process.returncode, out.read_text(), err.read_text(), took_s, most_bytes)


def refused(command: str, done: Ran) -> dict[str, str]:
    """Refusal of each file that has one, by its name."""
    if command == "results":
        return {Path(path).name: why for path, why in _NO_FILE.findall(done.errors)}
    told = json.loads(done.said)
    files = told["files"] if command == "analyse" else told
    return {Path(one["path"]).name: one["error"] for one in files if one["error"]}


@pytest.mark.parametrize(
    ("command", "taken", "options"),
    [
        ("analyse", ["given", "made"], ["--spacing", "0.2", "--json"]),
        ("results", ["made"], ["--kind", "sr"]),
        ("deidentify", ["made"], ["--json"]),
    ],
    ids=["analyse", "results", "deidentify"],
)
def test_every_file_is_done_or_refused_by_name(
    command: str, taken: list[str], options: list[str], folders: dict[str, Path], tmp_path: Path
) -> None:
    if not (Settings().model_dir / "model.onnx").is_file():
        pytest.skip("no trained model in the checkout")
    places = [folders[name] for name in taken]
    before = {path.name for place in places for path in place.iterdir()}
    own = ["--key", tmp_path / "key"] if command == "deidentify" else []
    done = ran(tmp_path, command, *places, "--out", tmp_path / "out", *options, *own)
    assert done.status == 1, done.errors[-2000:]
    why = refused(command, done)
    assert len(why) > 40
    assert all(_REFUSAL.match(reason) for reason in why.values()), why
    assert GOOD not in why
    assert GOOD in done.took_s
    assert why.keys() <= done.took_s.keys() <= before
    slowest = max(done.took_s, key=lambda name: min(done.took_s[name]))
    assert min(done.took_s[slowest]) < _MOST_S, (slowest, done.took_s[slowest])
    assert max(clock_s for clock_s, _ in done.took_s.values()) < _LONGEST_WAIT_S
    assert done.most_bytes < _MOST_BYTES, done.most_bytes
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path, tmp_path / "out"}
    assert {path.name for place in places for path in place.iterdir()} == before
    print(  # noqa: T201 - shown with -rP
        f"{command}: {len(done.took_s)} files, {len(why)} refused, slowest {slowest} {done.took_s[slowest]}, "
        f"memory at most {done.most_bytes / 1e6:.0f} MB"
    )
