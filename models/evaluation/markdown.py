"""An evaluation as Markdown tables."""

import json
from collections.abc import Sequence

from models.evaluation.compare import better
from models.evaluation.evaluation import Evaluation
from models.evaluation.metrics import Metric
from models.evaluation.report import Figure
from models.evaluation.strata import Table


def report_markdown(evaluation: Evaluation) -> str:
    """All tables, with headings."""
    held_out = "" if evaluation.held_out else " Not a held-out set: these figures are for trying things out."
    lines = [f"# {evaluation.source}", "", f"{evaluation.says} {evaluation.cases} frames.{held_out}", ""]
    lines += [f"- {model.label}: {_identity(model.identity)}" for model in evaluation.models]
    lines += ["", *figures_table(evaluation)]
    for at, model in enumerate(evaluation.models):
        lines += ["", f"## {model.label}, by stratum", *strata_tables(evaluation.tables(at))]
        lines += ["", f"## {model.label}, worst frames", "", *worst_table(evaluation, at)]
    return "\n".join(lines) + "\n"


def _identity(identity: object) -> str:
    return json.dumps({name: getattr(identity, name) for name in ("name", "version", "sha256", "precision")})


def figures_table(evaluation: Evaluation) -> list[str]:
    """`figure_rows` as lines of Markdown."""
    return table(*figure_rows(evaluation))


def figure_rows(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Head and rows: every metric with floor and goal; with two models or more also what each adds to the first."""
    models = range(len(evaluation.models))
    columns = [evaluation.figures(at) for at in models]
    changes = [evaluation.differences(at) for at in models[1:]]
    first = evaluation.models[0].label
    head = ["measure", "floor", "goal", *(model.label for model in evaluation.models)]
    head += [f"{evaluation.models[at].label} less {first}" for at in models[1:]]
    rows = [
        [
            metric.name,
            _wanted(metric, metric.floor),
            _wanted(metric, metric.goal),
            *(f"{column[at].text()}, n {column[at].n}{_mark(metric, column[at])}" for column in columns),
            *(_change(metric, change[at]) for change in changes),
        ]
        for at, metric in enumerate(evaluation.metrics)
    ]
    return head, rows


def _wanted(metric: Metric, value: float | None) -> str:
    if value is None:
        return ""
    sign = "≥" if metric.higher_is_better else "≤"
    return f"{sign} {100.0 * value:.0f} %" if metric.unit == "%" else f"{sign} {value:g} {metric.unit}".rstrip()


def _mark(metric: Metric, figure: Figure) -> str:
    if metric.reaches(figure.value, metric.goal):
        return " (goal)"
    reached = metric.reaches(figure.value, metric.floor)
    return "" if reached is None else " (floor)" if reached else " (**below the floor**)"


def _change(metric: Metric, figure: Figure) -> str:
    verdict = better(figure, metric.higher_is_better)
    return figure.text() + ("" if verdict is None else ", better" if verdict else ", **worse**")


def strata_tables(tables: Sequence[Table], deeper: int = 0) -> list[str]:
    """One table per respect, each under a heading of the third level, or so many levels deeper."""
    return [line for each in tables for line in _strata(each, "###" + deeper * "#")]


def _strata(each: Table, heading: str) -> list[str]:
    names = [figure.name for figure in each.strata[0].figures]
    rows = [
        [stratum.label, str(stratum.cases), *(_cell(figure) for figure in stratum.figures)] for stratum in each.strata
    ]
    return ["", f"{heading} By {each.respect}", "", *table(["", "frames", *names], rows)]


def _cell(figure: Figure) -> str:
    return f"{figure.text()}, n {figure.n}" if figure.n else "–"


def worst_table(evaluation: Evaluation, model: int) -> list[str]:
    """The worst frames with what went wrong."""
    failures = evaluation.worst(model)
    return table(
        ["frame", "severity", "what went wrong"],
        [[each.score.name, f"{each.severity:.2f}", "; ".join(each.faults)] for each in failures],
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of one Markdown table."""
    ruler = ["---"] * len(head)
    return ["| " + " | ".join(cells) + " |" for cells in (head, ruler, *rows)]
