"""``sonoplace``: the command line. Heavy parts are imported inside the commands, so that ``--help`` is quick."""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmarks import command as cli_bench
from service.access import command as cli_access
from service.audit import command as cli_audit
from service.backup import command as cli_backup
from service.command_line import SaysWhy
from service.evaluation import command as cli_evaluation
from service.pacs import command as cli_pacs
from service.procedures import labels_command as cli_labels
from service.report import command as cli_report
from service.results import command as cli_results
from service.store import command as cli_store
from service.stream import command as cli_stream
from service.verification import command as cli_verification

if TYPE_CHECKING:
    from collections.abc import Callable

    from imaging.segmentation import Segmenter
    from service.batch import Outcome
    from service.engine import Engine
    from service.reading import Reading
    from service.settings import Settings


app = typer.Typer(
    name="sonoplace",
    cls=SaysWhy,
    help="Says in millimetres whether a needle tip lies in the suprapatellar recess on ultrasound.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Host = Annotated[str | None, typer.Option(help="Address to listen on [SONOPLACE_HOST].")]
Port = Annotated[int | None, typer.Option(help="TCP port, 0 for any [SONOPLACE_PORT].", min=0, max=65535)]
Open = Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")]
Model = Annotated[Path | None, typer.Option(help="Model folder [SONOPLACE_MODEL_DIR].")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command()
def serve(host: Host = None, port: Port = None, open_page: Open = False) -> None:
    """Run the service and its page."""
    from service import serving
    from service.settings import Settings

    settings = Settings(**_given(host=host, port=port))
    serving.serve(settings, _served_engine(settings), _say_address, browse_to="" if open_page else None)


@app.command()
def demo(host: Host = None, port: Port = None, open_page: Open = True) -> None:
    """Run the service on the sample procedures, with a store that is thrown away."""
    from service import serving
    from service.access.configured import require_way_in
    from service.settings import Settings

    with tempfile.TemporaryDirectory(prefix="sonoplace-") as folder:
        settings = Settings(data_dir=Path(folder), **_given(host=host, port=port))
        require_way_in(settings)
        engine = _served_engine(settings)
        accepted, refused = serving.fill(settings, engine, serving.sample_files())
        for line in refused:
            typer.echo(f"not taken: {line}", err=True)
        if not accepted:
            typer.echo("no sample procedures were found: the page starts empty", err=True)
        first = f"procedures/{accepted[0]}" if accepted else ""
        serving.serve(settings, engine, _say_address, browse_to=first if open_page else None)


@app.command()
def analyse(
    paths: Annotated[list[Path], typer.Argument(help="PNG, JPEG or DICOM files, or folders of them.")],
    out: Annotated[Path, typer.Option(help="Folder for the results.")],
    spacing: Annotated[
        str | None, typer.Option(help="Millimetres per pixel where a file says none: MM or ROW,COL.")
    ] = None,
    as_json: Json = False,
    model: Model = None,
) -> None:
    """Analyse files; per frame a JSON answer, an overlay and a label picture are written."""
    from service.batch import plan

    reading, engine = _reading(spacing), _engine(model)
    tasks = plan(paths)
    outcomes = _analyse_all(tasks, out, reading, engine)
    failed = [outcome for outcome in outcomes if outcome.error]
    if as_json:
        _print_json({"files": [_outcome_json(outcome) for outcome in outcomes], "failed": len(failed)})
    else:
        for outcome in outcomes:
            typer.echo(_outcome_line(outcome))
    if failed or not outcomes:
        typer.echo(f"{len(outcomes) - len(failed)} of {len(outcomes)} files were analysed", err=True)
        raise typer.Exit(1)


app.command()(cli_evaluation.evaluate)
app.command()(cli_labels.export_labels)
app.command()(cli_results.results)
app.command()(cli_report.report)
app.command()(cli_stream.stream)
app.command()(cli_verification.verify)
app.command()(cli_audit.audit)
app.command()(cli_backup.backup)
app.command()(cli_backup.restore)
app.command()(cli_bench.bench)
app.command()(cli_store.deidentify)
app.command()(cli_store.renew_identifiers)
app.command()(cli_pacs.scp)
app.command()(cli_pacs.pushes)
app.add_typer(cli_access.keys)
app.command()(cli_access.access_log)


def _given(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - settings of any type
    """Options that were given; the others are left to the environment."""
    return {name: value for name, value in values.items() if value is not None}


def _say_address(address: str) -> None:
    typer.echo(f"SonoPlace listens at {address} (stop with Ctrl+C)")


def _reading(spacing: str | None) -> "Reading":
    from imaging.errors import ImagingError
    from service.errors import ServiceError
    from service.reading import Reading, parse_spacing

    try:
        return Reading(spacing=parse_spacing(spacing) if spacing else None, spacing_yields=True)
    except (ImagingError, ServiceError) as error:
        raise typer.BadParameter(str(error), param_hint="--spacing") from error


def _engine(model: Path | None) -> "Engine":
    from imaging.onnx_model import load_model
    from service.settings import Settings

    return _loaded(load_model, model or Settings().model_dir)


def _served_engine(settings: "Settings") -> "Engine":
    from service.app import onnx_loader

    return _loaded(onnx_loader(settings), settings.model_dir)


def _loaded(load: "Callable[[Path], Segmenter]", folder: Path) -> "Engine":
    from imaging.rules import ScoringRules
    from service.engine import Engine

    return Engine(load(folder), ScoringRules())


def _analyse_all(tasks: list[Any], out: Path, reading: "Reading", engine: "Engine") -> list["Outcome"]:
    from rich.console import Console
    from rich.progress import track

    from service.batch import analyse_file
    from service.settings import Settings

    console = Console(stderr=True)
    shown = track(tasks, "analysing", console=console, disable=not console.is_terminal)
    return [analyse_file(task, out, reading, engine, Settings().max_frames) for task in shown]


def _outcome_json(outcome: "Outcome") -> dict[str, Any]:
    return {"path": str(outcome.path), "verdicts": outcome.verdicts, "error": outcome.error}


def _outcome_line(outcome: "Outcome") -> str:
    said = outcome.error or ", ".join(f"{count} {verdict}" for verdict, count in sorted(outcome.verdicts.items()))
    return f"{outcome.path}: {said}"


def _print_json(value: object) -> None:
    import orjson

    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
