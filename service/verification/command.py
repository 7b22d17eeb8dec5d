"""``sonoplace verify``: everything that is kept compared with the chain, from the command line."""

import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import TaskID

    from service.engine import Engine
    from service.verification.findings import Fault, Progress, Verification


def verify(
    recompute: Annotated[
        str, typer.Option(metavar="N|all", help="Judge so many procedures again, chosen at random, or all.")
    ] = "0",
    head: Annotated[
        str | None, typer.Option(help="Hash of a link that must be in the chain, noted at an earlier verification.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Walk the chain, compare rows, answers and blobs with it, and name the first record that differs."""
    from service.settings import Settings
    from service.store.store import open_store
    from service.verification import verify as room

    settings = Settings()
    wanted = room.Wanted(_number(recompute), head)
    engine = None if wanted.recompute == 0 else _engine(settings.model_dir)
    with closing(open_store(settings)) as store, _progress() as progress:
        found = room.verify(store, engine, wanted, progress)
    _print(found, as_json=as_json)
    if not found.intact:
        raise typer.Exit(1)


def _engine(model_dir: Path) -> "Engine":
    from imaging.onnx_model import load_model
    from imaging.rules import ScoringRules
    from service.engine import Engine

    return Engine(load_model(model_dir), ScoringRules())


def _number(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdigit():
        msg = f"is {text[:20]!r}: expected a number, or all"
        raise typer.BadParameter(msg, param_hint="--recompute")
    return int(text)


@contextmanager
def _progress() -> "Iterator[Progress]":
    """Bars on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        yield show


def _print(found: "Verification", *, as_json: bool) -> None:
    import orjson

    if as_json:
        sys.stdout.write(orjson.dumps(found.to_dict(), option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    for fault in found.faults:
        typer.echo(_line(fault), err=True)
    typer.echo(
        f"{found.links} links, {found.procedures} procedures, {found.blobs} blobs, {found.recomputed} judged again, "
        f"{found.not_recomputed} of another model: {'intact' if found.intact else 'NOT INTACT'}"
    )
    typer.echo(f"head {found.head_sha256}")


def _line(fault: "Fault") -> str:
    what = "key" if fault.kind == "key" else "procedure"
    whose = f" of {what} {fault.procedure_id}" if fault.procedure_id else ""
    return f"link {fault.position} ({fault.kind or 'unknown'}){whose}: {fault.what}"
