"""One evaluation: what was judged, by which models, and all that follows from their scores."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from imaging.onnx_model import load_model
from imaging.rules import ScoringRules
from models.evaluation.case import Case
from models.evaluation.compare import differences
from models.evaluation.evaluate import score_cases
from models.evaluation.metrics import METRICS, Metric, real_frame_metrics
from models.evaluation.reliability import reliability
from models.evaluation.report import Figure, figure_dict, figures
from models.evaluation.running import Contender, Told, code_sha256, score_set
from models.evaluation.scoring import CaseScore
from models.evaluation.strata import Table, tables
from models.evaluation.test_sets import HeldOutSet
from models.evaluation.trained_on import keys_trained_on, unseen_cases
from models.evaluation.worst import Failure, worst


@dataclass(frozen=True)
class Evaluation:
    """Scores of one or more models on the same cases.

    Parameters
    ----------
    source
        Name of the test set or of the folder.
    says
        What that is, in one sentence.
    held_out
        Whether the cases serve for reports alone.
    scores
        One list per model, in the same order of cases.
    case_named
        Gives the frame and truth of a score again.
    metrics
        With what each should reach on such cases.
    left_out
        Frames that are not judged, because a model was trained on them.
    """

    source: str
    says: str
    held_out: bool
    models: tuple[Contender, ...]
    scores: tuple[tuple[CaseScore, ...], ...]
    case_named: Callable[[str], Case]
    metrics: tuple[Metric, ...] = METRICS
    left_out: int = 0
    rules_sha256: str = field(default_factory=lambda: ScoringRules().sha256)

    @property
    def cases(self) -> int:
        """How many frames were judged."""
        return len(self.scores[0])

    def figures(self, model: int = 0) -> tuple[Figure, ...]:
        """All metrics of one model."""
        return figures(self.scores[model])

    def tables(self, model: int = 0) -> tuple[Table, ...]:
        """Figures of one model by stratum."""
        return tables(self.scores[model])

    def differences(self, other: int) -> tuple[Figure, ...]:
        """Figures of another model less those of the first, in pairs."""
        return differences(self.scores[0], self.scores[other])

    def worst(self, model: int = 0, count: int = 20) -> list[Failure]:
        """Worst cases of one model."""
        return worst(self.scores[model], count)

    def to_dict(self) -> dict[str, object]:
        """Everything, for JSON."""
        return {
            "source": self.source,
            "says": self.says,
            "held_out": self.held_out,
            "cases": self.cases,
            "left_out": self.left_out,
            "rules_sha256": self.rules_sha256,
            "code_sha256": code_sha256(),
            "metrics": [
                {key: getattr(metric, key) for key in ("name", "unit", "floor", "goal", "higher_is_better")}
                for metric in self.metrics
            ],
            "models": [self._model_dict(at) for at in range(len(self.models))],
        }

    def _model_dict(self, at: int) -> dict[str, object]:
        model, scores = self.models[at], self.scores[at]
        return {
            "label": model.label,
            "identity": asdict(model.identity),
            "figures": [figure_dict(each) for each in self.figures(at)],
            "less_the_first": [figure_dict(each) for each in self.differences(at)] if at else None,
            "strata": [_table_dict(table) for table in self.tables(at)],
            "reliability": [asdict(each) for each in reliability(scores)],
            "worst": [
                {"case": each.score.name, "severity": round(each.severity, 3), "faults": list(each.faults)}
                for each in self.worst(at)
            ],
        }


def _table_dict(table: Table) -> dict[str, object]:
    strata = [
        {"label": each.label, "cases": each.cases, "figures": [figure_dict(figure) for figure in each.figures]}
        for each in table.strata
    ]
    return {"respect": table.respect, "strata": strata}


def evaluate_set(
    which: HeldOutSet, models: Sequence[Contender], keep: Path | None, workers: int = 1, told: Told = lambda *_: None
) -> Evaluation:
    """Score a test set; see `models.evaluation.running.score_set`."""
    scores = score_set(which, models, keep, workers, told)
    return Evaluation(
        source=which.name,
        says=which.says,
        held_out=not which.may_be_looked_at,
        models=tuple(models),
        scores=tuple(tuple(each) for each in scores),
        case_named=which.case_named,
    )


def evaluate_labelled(folder: Path, models: Sequence[Contender]) -> Evaluation:
    """Score a labelled folder, less the frames that one of the models was trained on."""
    cases, left_out = unseen_cases(folder, keys_trained_on(*(model.folder for model in models)))
    rules = ScoringRules()
    scores = [score_cases(cases, load_model(model.folder), rules) for model in models]
    named = {case.name: case for case in cases}
    return Evaluation(
        source=folder.name,
        says=f"Labelled folder{_without(left_out)}.",
        held_out=False,
        models=tuple(models),
        scores=tuple(tuple(each) for each in scores),
        case_named=named.__getitem__,
        metrics=real_frame_metrics(),
        left_out=left_out,
    )


def _without(left_out: int) -> str:
    return f"; {left_out} of its frames left out: a model was trained on them or their procedures" if left_out else ""
