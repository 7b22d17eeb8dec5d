"""``sonoplace stream``: a source's frames through a live session, its age and losses on the screen."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from service.command_line import going_on_later

if TYPE_CHECKING:
    from rich.live import Live as Screen

    from service.live.wire import LiveAnswer
    from service.stream.feed import Said, StreamPlan, StreamSummary
    from service.stream.sources import FrameSource


@going_on_later("what was sent becomes a procedure once its session cannot be resumed any more")
def stream(  # noqa: PLR0913 - a command has the parameters that its users give it
    source: Annotated[
        str, typer.Argument(help="DICOM cine, folder of pictures, video file, or igtl://HOST:PORT (OpenIGTLink).")
    ],
    url: Annotated[str, typer.Option(help="Where the service takes live sessions.")] = "ws://127.0.0.1:8000/v1/live",
    spacing: Annotated[
        str | None, typer.Option(help="Millimetres per pixel where the source says none: MM or ROW,COL.")
    ] = None,
    region: Annotated[int | None, typer.Option(help="Ultrasound region of a DICOM file to use, from 0.", min=0)] = None,
    fps: Annotated[
        float | None, typer.Option(help="Frames a second; the source's own pace if not given.", min=0.1, max=1000)
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast/--realtime", help="Send each frame once the last is answered: none is dropped.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Stream a source into a live session and show the age of its answers and what was dropped.

    SONOPLACE_KEY holds the key of access, where one is asked for.
    """
    from service.access.environment import key_at_hand
    from service.client.calls import Refused
    from service.reading import parse_spacing
    from service.stream.feed import StreamPlan
    from service.stream.sources import open_frames

    try:
        plan = StreamPlan(url, parse_spacing(spacing) if spacing else None, fps, fast, key_at_hand())
        summary = asyncio.run(_streamed(open_frames(source, region), plan, quiet=as_json))
    except Refused as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(2) from error
    _print(summary, as_json=as_json)
    if summary.refused:
        typer.echo(f"{Refused.__name__}: {summary.refused}", err=True)
        raise typer.Exit(2)
    if summary.failed or not summary.answered:
        raise typer.Exit(1)


async def _streamed(source: "FrameSource", plan: "StreamPlan", *, quiet: bool) -> "StreamSummary":
    from rich.console import Console
    from rich.live import Live as Screen

    from service.stream.feed import stream as streamed

    if quiet:
        return await streamed(source, plan, lambda _summary, _said: None)
    with Screen(console=Console(stderr=True), refresh_per_second=10) as screen:
        return await streamed(source, plan, lambda summary, said: _show(screen, summary, said))


def _show(screen: "Screen", summary: "StreamSummary", said: "Said") -> None:
    from service.live.wire import LiveAnswer

    if isinstance(said, LiveAnswer):
        screen.update(_line(summary, said))


def _line(summary: "StreamSummary", answer: "LiveAnswer") -> str:
    placement, live = answer.placement, answer.live
    distance = placement.signed_distance_mm
    where = "" if distance is None else f" {distance:+.1f} mm"
    losses = f"{summary.dropped} dropped, {summary.failed} failed"
    stale = "  STALE" if live.stale else ""
    return (
        f"frame {live.sequence}  {placement.verdict.value.replace('_', ' ')}{where}  "
        f"age {live.age_ms:.1f} ms{stale}  {losses}"
    )


def _print(summary: "StreamSummary", *, as_json: bool) -> None:
    import orjson

    figures = summary.to_dict()
    if as_json:
        sys.stdout.write(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    for name, value in figures.items():
        shown = ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else value
        typer.echo(f"{name.replace('_', ' '):>9}  {'–' if shown in (None, '') else shown}")
