"""What runs in a worker process: one shard after another, one network per process, results written here."""

import ctypes
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imaging.onnx_model import load_model
from imaging.rules import ScoringRules
from service.audit.archive import Archive
from service.audit.in_hand import KILLED, InHand
from service.audit.judge import Judge, Judged, Question, engine_identity, failed
from service.audit.parts import receipt, write_parts
from service.audit.schema import TABLES
from service.audit.shard import FileState, Shard
from service.engine import Engine
from service.errors import FolderNotShared, WorkerDiffers
from service.settings import Settings

_MOST_ENDINGS = 2
"""A file that ended its worker so often is not tried again."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 268_435_456
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
"""Workers share the machine by processes; threads inside of one would stand in another's way."""


@dataclass(frozen=True, slots=True)
class AuditJob:
    """What every worker is told once per shard.

    Parameters
    ----------
    run
        Number of the driver's run; it names the run in the notes of what is in hand.
    model_dir
        Model folder on the worker; None for the worker's own setting.
    identity
        What must answer, so that all rows are of one kind.
    """

    archive: Archive
    question: Question
    out: Path
    run: int
    model_dir: Path | None
    identity: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What became of a shard; its rows are on disk.

    ``states`` and ``tries`` go with the names of the shard; ``frames`` and ``busy_s`` are 0 where it was done before.
    """

    states: tuple[FileState, ...]
    tries: tuple[int, ...]
    frames: int
    busy_s: float


def analyse_shard(job: AuditJob, shard: Shard) -> ShardOutcome:
    """Analyse a shard's files and write its parts, unless they are written.

    Raises
    ------
    AuditStopped
        If the archive does not answer, or this worker is not fit for the job.
    """
    if not (job.out / "ledger.db").exists():
        msg = "a worker does not see the audit's folder: expected a path that is the same on all machines"
        raise FolderNotShared(msg)
    began = time.perf_counter()
    in_hand = InHand(job.out, shard.number, job.run)
    tries = tuple(1 + len(in_hand.endings.get(position, ())) for position in range(len(shard.names)))
    files = [job.question.procedure_id(name) for name in shard.names]
    before = receipt(job.out, shard.number)
    if before is not None and before["files"] == files:
        in_hand.forget()
        return ShardOutcome(tuple(FileState(state) for state in before["states"]), tries, 0, 0.0)
    judge = Judge(ready_engine(job.model_dir), job.question)
    _require_same(judge.engine, job.identity)
    with in_hand:
        judged = [_judged(job, judge, in_hand, position, name) for position, name in enumerate(shard.names)]
        in_hand.close()
        rows = {table: [row for one in judged for row in getattr(one, table)] for table in TABLES}
        states = tuple(one.state for one in judged)
        write_parts(job.out, shard.number, rows, {"files": files, "states": states})
    in_hand.forget()
    return ShardOutcome(states, tries, len(rows["frames"]), time.perf_counter() - began)


def _judged(job: AuditJob, judge: Judge, in_hand: InHand, position: int, name: str) -> Judged:
    endings = in_hand.endings.get(position, [])
    if len(endings) >= _MOST_ENDINGS:
        code = KILLED if KILLED in endings else "unexpected"
        detail = f"the analysis ended {len(endings)} times with this file in hand ({', '.join(sorted(set(endings)))})"
        return failed(job.question, name, code, detail, quarantined=True)
    in_hand.take(position)
    return judge.judge(name, job.archive)


@cache
def ready_engine(model_dir: Path | None) -> Engine:
    """The one network of this process, loaded, warmed up, on one thread."""
    os.environ.update(ONE_THREAD)  # read by OpenCV when it is first used
    keep_memory()
    engine = Engine(load_model(model_dir or Settings().model_dir), ScoringRules())
    engine.warm_up()
    return engine


def keep_memory() -> None:
    """Keep freed memory in this process, where the C library can be told to (glibc).

    Dask's nanny sets a trim threshold of 64 kB, which freezes the threshold for mapped blocks too: every frame's maps
    are then given back to the system and faulted in anew, 226 pages a frame and up to 20 % of the time, measured.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_MMAP_THRESHOLD, _KEPT_BYTES)


def _require_same(engine: Engine, expected: Mapping[str, str]) -> None:
    identity = engine_identity(engine)
    differing = sorted(name for name in expected if identity.get(name) != expected[name])
    if differing:
        msg = f"a worker answers with another {', '.join(differing)} than the driver: expected the same installation"
        raise WorkerDiffers(msg)
