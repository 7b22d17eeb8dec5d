"""``sonoplace audit``: a whole archive into a Parquet dataset, with progress; may be stopped and gone on with."""

import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.command_line import going_on_later
from service.report.archive.options import ReferenceFrom, ReferenceTo, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.audit.driver import Progress
    from service.audit.judge import Question
    from service.audit.run import AuditPlan
    from service.report.archive.wishes import Wishes

_DAY = ["%Y-%m-%d"]


@going_on_later("the same command goes on where it ended")
def audit(  # noqa: PLR0913 - a command has the parameters that its users give it
    source: Annotated[
        str, typer.Argument(help="Folder, object store (s3://, gs://, az://, file://) or DICOMweb server (https://).")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results; the same one goes on with an audit.")],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First study date that is wanted.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last study date.")] = None,
    description: Annotated[str | None, typer.Option(help="Words in the study's or the series' description.")] = None,
    spacing: Annotated[
        str | None, typer.Option(help="Millimetres per pixel where a file says none: MM or ROW,COL.")
    ] = None,
    dates: Annotated[
        str, typer.Option(help="How much of a study date is kept: none, year, quarter, month or day.")
    ] = "month",
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes on this machine; one per core.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, for many machines.")] = None,
    shard_files: Annotated[int, typer.Option(min=1, max=4096, help="Files that a worker takes at a time.")] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    model: Annotated[Path | None, typer.Option(help="Model folder [SONOPLACE_MODEL_DIR].")] = None,
    reference_from: ReferenceFrom = None,
    reference_to: ReferenceTo = None,
    server: Server = None,
) -> None:
    """Analyse a whole archive into Parquet tables; what is done stays done when it is stopped."""
    from service.report.archive.wishes import archive_wishes

    selection = {"since": since and since.date(), "until": until and until.date(), "description": description}
    crew = {"workers": workers, "scheduler": scheduler, "shard_files": shard_files, "model_dir": model}
    wishes = archive_wishes(reference_from, reference_to, server)
    plan = _plan(source, out, _question(selection, spacing, dates), crew)
    progress, quarantined = _audited(plan, quiet=as_json)
    _report(out, wishes)
    _say(out, progress, quarantined, as_json=as_json)
    if progress.faulty or not progress.total:
        raise typer.Exit(1)


def _question(selection: dict[str, Any], spacing: str | None, dates: str) -> "Question":
    from service.audit.archive import Selection
    from service.audit.judge import Question
    from service.audit.labels import DatePrecision
    from service.errors import BadQuery
    from service.reading import Reading, parse_spacing
    from service.settings import Settings
    from service.store.database import DATABASE_FILE
    from service.store.identifiers import IdentifierKey
    from service.store.site_key import KEY_FILE

    if dates not in list(DatePrecision):
        msg = f"--dates is {dates[:20]!r}: expected one of {', '.join(DatePrecision)}"
        raise BadQuery(msg)
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    has_store = (settings.data_dir / DATABASE_FILE).exists()  # its key is not made anew if it is lost
    return Question(
        selection=Selection(**selection),
        reading=Reading(parse_spacing(spacing) if spacing else None, spacing_yields=True),
        key=IdentifierKey(settings.data_dir / KEY_FILE, may_make=not has_store),
        dates=DatePrecision(dates),
        max_frames=settings.max_frames,
    )


def _plan(source: str, out: Path, question: "Question", crew: dict[str, Any]) -> "AuditPlan":
    from imaging.errors import MissingExtra

    try:
        from service.audit.run import AuditPlan, open_archive
    except ImportError as error:
        raise MissingExtra(extra="audit", purpose="auditing an archive") from error
    from service.settings import Settings

    crew["workers"] = crew["workers"] or Settings().workers
    return AuditPlan(open_archive(source), out, question, **crew)


def _audited(plan: "AuditPlan", *, quiet: bool) -> "tuple[Progress, list[str]]":
    from service.audit.ledger import Ledger
    from service.audit.run import run_audit

    with _shown(quiet=quiet) as show:
        progress = run_audit(plan, show)
    ledger = Ledger(plan.out)
    quarantined = ledger.quarantined()
    ledger.close()
    return progress, quarantined


@contextmanager
def _shown(*, quiet: bool) -> "Iterator[Callable[[Progress], None]]":
    """Bar with rate, time left and failures, on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failures]}"),
    )
    with Bars(*columns, console=console, disable=quiet or not console.is_terminal) as bars:
        bar = bars.add_task("listing", total=None, rate="", failures="")

        def show(progress: "Progress") -> None:
            bars.update(
                bar,
                description="auditing" if progress.listed else "listing",
                total=progress.total or None,
                completed=progress.total - progress.left,
                rate=f"{progress.frames / max(progress.elapsed_s, 1e-9):.0f} frames/s",
                failures=f"{progress.faulty} failed",
            )

        yield show


def _report(out: Path, wishes: "Wishes") -> None:
    """Write the page beside the tables, where the libraries that it is made with are installed."""
    from imaging.errors import MissingExtra

    try:
        from service.report.archive.page import write_dataset_page

        write_dataset_page(out, wishes)
    except MissingExtra as error:
        typer.echo(f"report.html is not written: {error}", err=True)


def _say(out: Path, progress: "Progress", quarantined: list[str], *, as_json: bool) -> None:
    import orjson

    from service.audit.figures import figures

    told = figures(out, progress, quarantined)
    if as_json:
        sys.stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    for name, value in told.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        typer.echo(f"{name.replace('_', ' '):>16}  {'–' if shown in (None, '') else shown}")
