"""``sonoplace backup`` and ``sonoplace restore``."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.backup.manifest import Manifest

Json = Annotated[bool, typer.Option("--json", help="Print what the backup holds as JSON.")]


def backup(
    out: Annotated[Path, typer.Option(help="New folder for the backup; it holds the site's key: keep it as safe.")],
    as_json: Json = False,
) -> None:
    """Copy everything that the site keeps, also while the service runs, and verify the copy by its chain."""
    from service.backup.backup import back_up
    from service.settings import Settings

    _run(lambda: back_up(Settings(), out), "backed up", as_json=as_json)


def restore(
    folder: Annotated[Path, typer.Argument(help="Folder that `sonoplace backup` has made.")], as_json: Json = False
) -> None:
    """Put a backup into the empty store that the settings name, and verify it by its chain."""
    from service.backup.restore import restore as put_back
    from service.settings import Settings

    _run(lambda: put_back(folder, Settings()), "restored", as_json=as_json)


def _run(make: "Callable[[], Manifest]", done: str, *, as_json: bool) -> None:
    from dataclasses import asdict

    import orjson

    begun = time.monotonic()
    manifest = make()
    if as_json:
        sys.stdout.write(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    typer.echo(
        f"{done}: {manifest.links} links, {manifest.procedures} procedures, {manifest.blobs} files, "
        f"{manifest.total_bytes / 1e6:.1f} MB in {time.monotonic() - begun:.1f} s, chain intact"
    )
    typer.echo(f"head {manifest.head_sha256}")
