"""Run the whole path over cases and report; the network is whatever `Segmenter` the caller hands over."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from imaging.analysis import analyse
from imaging.rules import ScoringRules
from imaging.segmentation import Segmenter
from models.evaluation.case import Case
from models.evaluation.cases import folder_cases, phantom_cases
from models.evaluation.report import Report, figures
from models.evaluation.scoring import CaseScore, score
from models.phantom import Physics


def evaluate_folder(folder: Path, segmenter: Segmenter, rules: ScoringRules | None = None) -> Report:
    """Report on a labelled folder."""
    return evaluate_cases(folder.name, folder_cases(folder), segmenter, rules or ScoringRules())


def evaluate_phantom(
    seeds: Sequence[int], segmenter: Segmenter, rules: ScoringRules | None = None, physics: Physics | None = None
) -> Report:
    """Report on phantom frames of these seeds; the physics is the wider one if none is given."""
    source = f"phantom seeds {min(seeds)} to {max(seeds)}"
    cases = phantom_cases(seeds, physics or Physics.wider())
    return evaluate_cases(source, cases, segmenter, rules or ScoringRules())


def evaluate_cases(source: str, cases: Iterable[Case], segmenter: Segmenter, rules: ScoringRules) -> Report:
    """Report on any cases."""
    scores = score_cases(cases, segmenter, rules)
    return Report(source, len(scores), segmenter.identity, rules.sha256, figures(scores))


def score_cases(cases: Iterable[Case], segmenter: Segmenter, rules: ScoringRules) -> list[CaseScore]:
    """Analyse and score each case in turn."""
    return [score(case, analyse(case.frame, segmenter, rules), rules.view_from) for case in cases]
