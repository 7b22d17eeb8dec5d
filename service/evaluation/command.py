"""``sonoplace evaluate``: one model or several, side by side, on a labelled folder or a named test set."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.command_line import going_on_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.evaluation.evaluation import Evaluation
    from models.evaluation.running import Contender, Told


def evaluate(
    source: Annotated[
        str, typer.Argument(metavar="FOLDER|SET", help="Labelled folder, or a test set such as phantom:try.")
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(help="Model folder, or a version beside the one in use; several are compared with the first."),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables, plots and the worst frames; a set goes on from there.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that draw and judge a set's frames.")] = 1,
) -> None:
    """Score one or several models on a labelled folder or a test set."""
    with going_on_later("with --out the same command goes on where it ended"):
        models = _contenders(model or [])
        with _progress() as told:
            evaluation = _evaluated(source, models, out, workers, told)
        if not evaluation.cases:
            left_out = f" beside {evaluation.left_out} that a model was trained on" if evaluation.left_out else ""
            typer.echo(f"{source} holds no labelled frame{left_out}", err=True)
            raise typer.Exit(1)
        if json_file is not None:
            _write_json(evaluation, json_file)
        if out is not None:
            _write_report(evaluation, out)
    _print(evaluation)


def _contenders(wanted: list[str]) -> "list[Contender]":
    from imaging.model_folder import choose_model
    from models.evaluation.running import contenders
    from service.settings import Settings

    in_use = Settings().model_dir
    folders = [Path(name) if Path(name).is_dir() else choose_model(in_use, name) for name in wanted]
    return contenders(folders or [in_use])


def _evaluated(source: str, models: "list[Contender]", out: Path | None, workers: int, told: "Told") -> "Evaluation":
    from models.evaluation.evaluation import evaluate_labelled, evaluate_set
    from models.evaluation.test_sets import held_out_set

    if Path(source).is_dir():
        return evaluate_labelled(Path(source), models)
    return evaluate_set(held_out_set(source), models, None if out is None else out / "scores", workers, told)


@contextmanager
def _progress() -> "Iterator[Told]":
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("judging", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _write_json(evaluation: "Evaluation", path: Path) -> None:
    import orjson

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(evaluation.to_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _write_report(evaluation: "Evaluation", out: Path) -> None:
    from models.evaluation.markdown import report_markdown
    from models.evaluation.pictures import save_picture, worst_frames
    from models.evaluation.plots import error_distributions, reliability_diagram, save_svg

    out.mkdir(parents=True, exist_ok=True)
    _write_json(evaluation, out / "evaluation.json")
    (out / "report.md").write_text(report_markdown(evaluation), encoding="utf-8")
    save_svg(reliability_diagram(evaluation), out / "reliability.svg")
    save_svg(error_distributions(evaluation), out / "errors.svg")
    for at in range(len(evaluation.models)):
        name = "worst.png" if at == 0 else f"worst-{at + 1}.png"
        save_picture(worst_frames(evaluation, at), out / name)


def _print(evaluation: "Evaluation") -> None:
    from rich.console import Console
    from rich.table import Table

    from models.evaluation.markdown import figure_rows

    head, rows = figure_rows(evaluation)
    console = Console(width=None if sys.stdout.isatty() else 200)
    title = f"{evaluation.source}, {evaluation.cases} frames. {evaluation.says}"
    shown = Table(*head, box=None, title=title)
    for row in rows:
        shown.add_row(*(cell.replace("**", "") for cell in row))
    console.print(shown, markup=False)
