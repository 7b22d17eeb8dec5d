"""Scores as lines of JSON, one case a line, so that a long evaluation can be interrupted and gone on with."""

import json
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imaging.placement import Verdict
from imaging.reasons import Reason
from imaging.segmentation import Tissue
from models.evaluation.scoring import CaseScore, NeedleScore, PlacementScore, RecessScore
from models.evaluation.surface import Overlap
from models.evaluation.traits import Traits


def to_line(score: CaseScore) -> str:
    """One line of JSON without its end; an infinite distance becomes null."""
    said = asdict(score)
    overlap = (said["recess"] or {}).get("overlap")
    if overlap is not None and not math.isfinite(overlap["mean_distance_mm"]):
        overlap["mean_distance_mm"] = None
    return json.dumps(said, allow_nan=False, separators=(",", ":"))


def from_line(line: str) -> CaseScore:
    """Score of a line.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the line is not one that `to_line` wrote.
    """
    said = json.loads(line)
    return CaseScore(
        name=str(said["name"]),
        suprapatellar=said["suprapatellar"],
        taken_for_suprapatellar=said["taken_for_suprapatellar"],
        verdict=Verdict(said["verdict"]),
        reasons=tuple(Reason(code) for code in said["reasons"]),
        recess=_recess(said["recess"]),
        needle=NeedleScore(**said["needle"]),
        placement=_placement(said["placement"]),
        traits=Traits(**said["traits"]),
    )


def _recess(said: dict[str, Any] | None) -> RecessScore | None:
    if said is None:
        return None
    overlap = said["overlap"]
    if overlap is not None:
        distance = overlap["mean_distance_mm"]
        overlap = Overlap(**{**overlap, "mean_distance_mm": math.inf if distance is None else distance})
    return RecessScore(**{**said, "overlap": overlap})


def _placement(said: dict[str, Any] | None) -> PlacementScore | None:
    if said is None:
        return None
    tissues = {key: None if said[key] is None else Tissue(said[key]) for key in ("tissue", "tissue_named")}
    return PlacementScore(**{**said, **tissues, "verdict": Verdict(said["verdict"])})


def append(path: Path, scores: Iterable[CaseScore]) -> None:
    """Add lines in one write, so that two processes may add to the same file.

    The write begins with an end of line, so that what a killed run left half written harms no other line.
    """
    text = "\n" + "".join(to_line(score) + "\n" for score in scores)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def read(path: Path) -> dict[str, CaseScore]:
    """Scores by name; a line cut short when a run was killed is passed over, and so is a case's second line."""
    scores: dict[str, CaseScore] = {}
    for score in _lines(path):
        scores.setdefault(score.name, score)
    return scores


def _lines(path: Path) -> Iterator[CaseScore]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield from_line(line)
        except (ValueError, KeyError, TypeError):
            continue  # what is missing is scored again
