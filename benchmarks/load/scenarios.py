"""Each load on a server of its own: what it needs is made, locust is started beside it, what it saw is read."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.inputs import Input, synthetic_input
from benchmarks.load.figures import leak_figures, overload_figures, sessions_of, upload_figures
from benchmarks.peers import environment
from benchmarks.server_process import ServerProcess, free_port, sonoplace_server
from benchmarks.suite import machine

Json = dict[str, Any]
REQUIREMENTS = ("locust>=2.47", "websocket-client>=1.9")
_USERS = Path(__file__).with_name("users.py")
_END_S = 900.0
_CINE_ROWS, _CINE_COLUMNS = 768, 1024
_SAMPLE_S = 5.0
_SINK_FROM = 0.4
"""Share of the run after which uploads go to a sink, until half of it is over."""


@dataclass(frozen=True, slots=True)
class Users:
    """How many of them, and what they do.

    Parameters
    ----------
    sessions, fps, session_s
        Live sessions at a time, their pace, and how long each lasts before the next.
    uploaders, uploads_after_s, upload_pause_s
        Uploads at a time, when they begin, and the pause between two of one user.
    sink_until_s
        Uploads that begin before go to a sink.
    """

    seconds: float
    sessions: int = 1
    fps: float = 30.0
    session_s: float = 1e9
    uploaders: int = 0
    uploads_after_s: float = 0.0
    upload_pause_s: float = 0.0
    sink_until_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the users saw, and when uploads were to begin: to the sink, and to the service."""

    rows: list[Json]
    uploads_from: float
    service_from: float


def overload(python: Path, seconds: float, sessions: int = 16) -> Json:
    """Live sessions far beyond what the machine answers."""
    with sonoplace_server() as server:
        seen = _run(python, server, Users(seconds, sessions=sessions), None)
    return {"what": f"{sessions} sessions at 30 a second", **overload_figures(sessions_of(seen.rows), seconds)}


def uploads(python: Path, seconds: float, megabytes: float = 500.0) -> Json:
    """One live session; in the second half large cines come in, one after another; for a while before, to a sink."""
    with tempfile.TemporaryDirectory(prefix="sonoplace-load-") as folder, sonoplace_server() as server, _sink() as sink:
        cine = large_cine(Path(folder) / "cine.dcm", megabytes)
        users = Users(
            seconds, uploaders=1, upload_pause_s=1.0, uploads_after_s=_SINK_FROM * seconds, sink_until_s=seconds / 2
        )
        seen = _run(python, server, users, cine, sink)
    figures = upload_figures(seen.rows, seen.uploads_from, seen.service_from)
    return {"what": f"uploads of {megabytes:g} MB", **figures}


def leak(python: Path, minutes: float) -> Json:
    """Two sessions at 15 frames a second, a new one each minute, and a cine every ten seconds."""
    samples: list[tuple[float, float, float]] = []
    cine = Path(str(files("sample_dicoms"))) / "correct_placement.dcm"
    users = Users(minutes * 60.0, sessions=2, fps=15.0, session_s=60.0, uploaders=1, upload_pause_s=10.0)
    with sonoplace_server() as server, _watched(server, samples):
        seen = _run(python, server, users, cine)
    return {"what": "leak", **leak_figures(seen.rows, samples), "each minute": _each_minute(samples)}


def _each_minute(samples: Sequence[tuple[float, float, float]]) -> list[list[float]]:
    """Minute, megabytes and open files, so that a step can be told from a slope."""
    every = int(60.0 / _SAMPLE_S)
    return [[round(at / 60.0, 1), round(megabytes, 1), count] for at, megabytes, count in samples[::every]]


def locust_environment(folder: Path, given: Path | None) -> Path:
    """Interpreter with locust: the one that is given, or that of a new environment."""
    return given or environment(folder / "locust", *REQUIREMENTS)


def report(row: Json) -> Json:
    """A row with what it ran on."""
    return {"machine": machine(), **row}


def large_cine(path: Path, megabytes: float) -> Path:
    """Uncompressed cine of so many megabytes: frames of 1024 x 768, each moved on by a few pixels."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, UltrasoundMultiFrameImageStorage, generate_uid

    grey = np.resize(synthetic_input().grey, (_CINE_ROWS, _CINE_COLUMNS))
    count = int(megabytes * 1e6 // grey.size)
    file = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=bytes(128))
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.SOPClassUID, file.SOPInstanceUID = UltrasoundMultiFrameImageStorage, generate_uid()
    file.StudyInstanceUID, file.SeriesInstanceUID, file.Modality = generate_uid(), generate_uid(), "US"
    file.SamplesPerPixel, file.PhotometricInterpretation, file.PixelRepresentation = 1, "MONOCHROME2", 0
    file.Rows, file.Columns, file.NumberOfFrames = _CINE_ROWS, _CINE_COLUMNS, count
    file.BitsAllocated = file.BitsStored = 8
    file.HighBit, file.FrameTime, file.FrameIncrementPointer = 7, 33.3, 0x00181063
    file.PixelData = b"".join(np.roll(grey, 3 * index, axis=1).tobytes() for index in range(count))
    file["PixelData"].VR = "OB"
    file.save_as(path, enforce_file_format=True)
    return path


@contextmanager
def _sink() -> Iterator[str]:
    """Address of a server that throws away what it is sent."""
    port = free_port()
    command = (sys.executable, "-m", "benchmarks.load.sink", str(port))
    with subprocess.Popen(command) as process:  # noqa: S603 - ours
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def _run(python: Path, server: ServerProcess, users: Users, cine: Path | None, sink: str = "") -> Seen:
    with tempfile.TemporaryDirectory(prefix="sonoplace-load-") as name:
        folder, given = Path(name), synthetic_input()
        plan = asdict(users) | {
            "start": _start(given),
            "address": f"{server.host}:{server.port}",
            "sink": sink,
            "picture": str(folder / "picture.jpg"),
            "cine": str(cine),
            "seen": str(folder / "seen.json"),
        }
        (folder / "picture.jpg").write_bytes(given.jpeg)
        (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        count = str(users.sessions + users.uploaders)
        command = (str(python), "-m", "locust", "-f", str(_USERS), "--headless", "-u", count, "-r", "100")
        said = {**os.environ, "SONOPLACE_LOAD": str(folder / "plan.json")}
        subprocess.run(  # noqa: S603 - the interpreter that was made for it
            [*command, "--only-summary"], env=said, cwd=folder, timeout=users.seconds + _END_S, check=True
        )
        seen = json.loads((folder / "seen.json").read_text(encoding="utf-8"))
        begin = seen["begin"]
        return Seen(seen["rows"], begin + users.uploads_after_s, begin + users.sink_until_s)


def _start(given: Input) -> Json:
    """First message of a session."""
    said = {"type": "start", "format": "jpeg", "clock": "shared"}
    return {**said, "spacing_mm": given.spacing_mm, "bmode_px": given.frame.bmode.xyxy()}


@contextmanager
def _watched(server: ServerProcess, samples: list[tuple[float, float, float]]) -> Iterator[None]:
    """Memory and open files of the server, every few seconds."""
    ended, begun = threading.Event(), time.monotonic()

    def watch() -> None:
        while not ended.wait(_SAMPLE_S):
            with suppress(psutil.NoSuchProcess):  # a worker that ends while it is looked at: the next sample counts
                family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
                open_files = float(sum(one.num_fds() for one in family))
                samples.append((time.monotonic() - begun, server.memory_mb(), open_files))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()
