"""``sonoplace bench``: every benchmark in one run, as a table, JSON and a plot."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from benchmarks.plan import Plan

_WIDTH = 170
"""Columns that the widest table needs."""


def bench(
    out: Annotated[Path, typer.Option(help="Folder for bench.json, bench.md and the plot.", file_okay=False)] = Path(
        "bench"
    ),
    quick: Annotated[bool, typer.Option("--quick", help="A minute or two: does it run, not what it costs.")] = False,
    soak: Annotated[float, typer.Option(help="Minutes of 30 frames a second.", min=0, max=600)] = 0.0,
    overload_s: Annotated[float | None, typer.Option(help="Seconds at twice the sustainable rate.", min=1)] = None,
    peers: Annotated[bool, typer.Option("--peers", help="Install and measure other servers, too.")] = False,
    readme: Annotated[bool, typer.Option("--readme", help="Write table and plot into benchmarks/README.md.")] = False,
) -> None:
    """Measure stages, requests, live sessions and overload beside their floors."""
    from imaging.errors import ImagingError

    try:
        figures = _measured(_plan(soak, overload_s, quick=quick), peers=peers)
        _write(figures, out, readme=readme)
    except (ImagingError, RuntimeError) as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(2) from error


def _plan(soak: float, overload_s: float | None, *, quick: bool) -> "Plan":
    from dataclasses import replace

    from benchmarks.plan import Plan

    plan = replace(Plan.quick() if quick else Plan(), soak_min=soak)
    return replace(plan, overload_s=overload_s) if overload_s is not None else plan


def _measured(plan: "Plan", *, peers: bool) -> dict[str, Any]:
    from rich.console import Console

    from imaging.errors import MissingExtra

    try:
        from benchmarks.suite import run_suite
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="report", purpose="the benchmark") from error
    console = Console(stderr=True)
    with console.status("benchmark") as status:
        figures = run_suite(plan, lambda part: status.update(f"measuring: {part}"))
        if peers:
            from benchmarks.peers import measure_peers

            figures["peers"] = measure_peers(plan, lambda part: status.update(f"peers: {part}"))
    return figures


def _write(figures: dict[str, Any], out: Path, *, readme: bool) -> None:
    import orjson
    from rich.console import Console
    from rich.markdown import Markdown

    from benchmarks.plot import plot
    from benchmarks.readme import PLOT, write_readme
    from benchmarks.report import markdown

    tables = markdown(figures)
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench.json").write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    (out / "bench.md").write_text(tables + "\n", encoding="utf-8")
    plot(figures, out / "bench.svg")
    Console(width=max(Console().width, _WIDTH)).print(Markdown(tables))
    if readme:
        plot(figures, PLOT)
        write_readme(tables)
