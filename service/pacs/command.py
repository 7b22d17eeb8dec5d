"""``sonoplace scp`` and ``sonoplace pushes``: the DIMSE door, and the list of results that go to the archive."""

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from service.pacs.outbox import Push


def scp(
    url: Annotated[str, typer.Option(help="Address of the running service.")] = "http://127.0.0.1:8000",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="TCP port, 0 for any.", min=0, max=65535)] = 11112,
    aet: Annotated[str, typer.Option(help="Own application entity title.")] = "SONOPLACE",
    caller: Annotated[
        list[str] | None, typer.Option(help="Title that instances are taken from; repeat for more. Default: any.")
    ] = None,
    max_mb: Annotated[float, typer.Option(help="Largest instance, in megabytes.", min=0.001)] = 512.0,
) -> None:
    """Take images by C-STORE (and answer C-ECHO) and hand them to the service."""
    from service.logs import configure_logging
    from service.pacs.gateway import Gateway, GatewayOptions

    configure_logging("info")
    options = GatewayOptions(url, host, port, aet, tuple(caller or ()), most_mb=max_mb)
    server = Gateway(options).open()
    typer.echo(f"{aet} listens at {host}:{server.server_address[1]} (stop with Ctrl+C)")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    server.shutdown()


def pushes(
    state: Annotated[str | None, typer.Option(help="Only these: waiting, delivered, dead ...")] = None,
    retry: Annotated[
        list[str] | None, typer.Option(help="Push results of this procedure again; repeat, or say all.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the store [SONOPLACE_DATA_DIR].")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List results on their way to the archive, and send again what was given up."""
    from service.errors import NotFound
    from service.pacs.link import OUTBOX
    from service.pacs.outbox import Outbox, PushState
    from service.settings import Settings

    path = (data_dir or Settings().data_dir) / OUTBOX
    if not path.exists():
        typer.echo(f"there is no {OUTBOX} in {path.parent}: nothing was to be pushed from there", err=True)
        raise typer.Exit(2)
    try:
        wanted = [PushState(state)] if state else []
        outbox = Outbox(path)
        if retry:
            outbox.retry(None if retry == ["all"] else retry)
        _print(outbox.listed(*wanted), as_json=as_json)
    except (ValueError, NotFound) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _print(found: list["Push"], *, as_json: bool) -> None:
    import orjson

    if as_json:
        plain = [
            {"procedure_id": push.procedure_id, "state": push.state, "attempts": push.attempts, "problem": push.problem}
            for push in found
        ]
        sys.stdout.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    for push in found:
        typer.echo(f"{push.procedure_id}  {push.state:<10} tries {push.attempts:<3} {push.problem or ''}".rstrip())
