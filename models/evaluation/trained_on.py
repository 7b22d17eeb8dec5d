"""Which labelled frames a network was trained on: it is never scored on them, nor on their neighbours.

A frame has two keys, one of its pixels and one of its procedure, where that is known: frames of one cine look alike.
Training on labelled folders leaves the frames of every second procedure alone, and the manifest of what it makes
names the keys of the others, those of the weights it began with among them.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from models.evaluation.case import Case
from models.evaluation.cases import folder_cases

Keys = frozenset[str]
_LENGTH = 12


def keys(case: Case) -> Keys:
    """Keys of a frame: hashes of its pixels and of the name of its procedure."""
    pixels = case.frame.pixels_sha256[:_LENGTH]
    return frozenset({pixels} if case.procedure is None else {pixels, _of_procedure(case.procedure)})


def held_back(case: Case) -> bool:
    """Whether training leaves a labelled frame alone; so it does with half of all procedures, always the same ones."""
    key = case.frame.pixels_sha256 if case.procedure is None else _of_procedure(case.procedure)
    return int(key[0], 16) % 2 == 1


def keys_trained_on(*folders: Path) -> Keys:
    """Keys that the manifests of model folders name; none where there is no manifest."""
    manifests = [folder / "manifest.json" for folder in folders]
    said = [json.loads(path.read_text(encoding="utf-8")) for path in manifests if path.exists()]
    return frozenset(key for each in said for key in (each.get("training") or {}).get("labelled", ()))


def unseen_cases(folder: Path, seen: Keys) -> tuple[list[Case], int]:
    """Cases of a labelled folder of which no network was trained on any key, and how many others there are."""
    cases = list(folder_cases(folder))
    unseen = list(_unseen(cases, seen))
    return unseen, len(cases) - len(unseen)


def _unseen(cases: Iterable[Case], seen: Keys) -> Iterable[Case]:
    return (case for case in cases if not keys(case) & seen)


def _of_procedure(name: str) -> str:
    return hashlib.sha256(f"procedure:{name}".encode()).hexdigest()[:_LENGTH]
