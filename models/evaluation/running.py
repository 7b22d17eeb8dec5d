"""Score a test set with several models at once: resumable, in several processes, each frame drawn once for all models.

Scores are kept as lines of JSON in one file per set and model. The file's name carries a hash of everything that
decides them: seeds, network, calibration, rules, and the code that draws, judges and scores. Where any of it changes,
another file begins; a killed run goes on where it stopped.
"""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from imaging.analysis import analyse
from imaging.onnx_model import OnnxSegmenter, load_model
from imaging.rules import ScoringRules
from imaging.segmentation import ModelIdentity
from models.evaluation import records
from models.evaluation.scoring import CaseScore, score
from models.evaluation.test_sets import PREFIX, HeldOutSet

BLOCK = 20
"""Frames that are scored between two writes: about two seconds' work, lost at most when a run is killed."""
_ROOT = Path(__file__).resolve().parents[2]
_DECIDING = (
    "imaging/*.py",
    "models/phantom/*.py",
    *(f"models/evaluation/{name}.py" for name in ("case", "cases", "full_screen", "scoring", "surface", "truth")),
)
Told = Callable[[int, int], None]
"""Is told how many frames are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One model in a comparison: where it lies, what it says of itself, and what it is called here."""

    folder: Path
    identity: ModelIdentity
    label: str


def contenders(folders: Sequence[Path]) -> list[Contender]:
    """Models to compare, labelled by version, or by folder where two have the same.

    Raises
    ------
    BadModel
        If a folder holds none.
    """
    identities = [load_model(folder).identity for folder in folders]
    versions = [identity.version for identity in identities]
    return [
        Contender(folder, identity, identity.version if versions.count(identity.version) == 1 else str(folder))
        for folder, identity in zip(folders, identities, strict=True)
    ]


def score_set(
    which: HeldOutSet, models: Sequence[Contender], keep: Path | None, workers: int = 1, told: Told = lambda *_: None
) -> list[list[CaseScore]]:
    """Scores of every frame of a set in the order of its seeds, one list per model.

    Parameters
    ----------
    keep
        Folder for the lines of JSON; without one nothing is kept and nothing taken over.
    told
        Is told how far it is after every block.
    """
    files = [None if keep is None else kept_in(keep, which, model) for model in models]
    kept = [{} if file is None else records.read(file) for file in files]
    missing = [seed for seed in which.seeds if any(_name(seed) not in known for known in kept)]
    told(len(which.seeds) - len(missing), len(which.seeds))
    done = len(which.seeds) - len(missing)
    for block in _scored(which, models, missing, workers):
        for file, known, scores in zip(files, kept, block, strict=True):
            new = [each for each in scores if each.name not in known]
            known.update({each.name: each for each in new})
            if file is not None and new:
                records.append(file, new)
        done += len(block[0])
        told(done, len(which.seeds))
    return [[known[_name(seed)] for seed in which.seeds] for known in kept]


def kept_in(folder: Path, which: HeldOutSet, model: Contender) -> Path:
    """File of a set's scores by a model."""
    identity = model.identity
    parts = (which.sha256, identity.sha256, repr(identity.calibration), ScoringRules().sha256, code_sha256())
    key = hashlib.sha256("".join(parts).encode()).hexdigest()[:12]
    return folder / f"{which.name.replace(':', '-')}.{identity.version}.{key}.jsonl"


@cache
def code_sha256() -> str:
    """Hash of the code and of the libraries that decide a score."""
    digest = hashlib.sha256(f"numpy {np.__version__} cv2 {cv2.__version__}".encode())
    for pattern in _DECIDING:
        for path in sorted(_ROOT.glob(pattern)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _name(seed: int) -> str:
    return f"{PREFIX}{seed}"


def _scored(
    which: HeldOutSet, models: Sequence[Contender], seeds: Sequence[int], workers: int
) -> Iterator[list[list[CaseScore]]]:
    """Blocks as they are done, each one list per model."""
    blocks = [seeds[at : at + BLOCK] for at in range(0, len(seeds), BLOCK)]
    folders = tuple(model.folder for model in models)
    if workers == 1 or len(blocks) < 2:
        yield from (_score_block(which, folders, block) for block in blocks)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_score_block, which, folders, block) for block in blocks]):
            yield future.result()


@cache
def _loaded(folder: Path) -> OnnxSegmenter:
    return load_model(folder)


def _score_block(which: HeldOutSet, folders: tuple[Path, ...], seeds: Sequence[int]) -> list[list[CaseScore]]:
    """One list of scores per model; OpenCV keeps to one thread, for the processes share the cores."""
    cv2.setNumThreads(1)
    rules = ScoringRules()
    blocks: list[list[CaseScore]] = [[] for _ in folders]
    for seed in seeds:
        case = which.case(seed)
        for scores, folder in zip(blocks, folders, strict=True):
            scores.append(score(case, analyse(case.frame, _loaded(folder), rules), rules.view_from))
    return blocks
