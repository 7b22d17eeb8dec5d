"""``sonoplace export-labels``: what readers corrected or confirmed as a labelled folder."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer


def export_labels(
    out: Annotated[Path, typer.Option(help="Folder for pictures, labels and what is known.")],
    *,
    unreviewed: Annotated[
        bool, typer.Option("--unreviewed", help="All other frames, too, with the answer itself as their labels.")
    ] = False,
) -> None:
    """Write every frame that a reader corrected or confirmed, for `sonoplace evaluate` and for training."""
    from imaging.errors import ImagingError
    from service.errors import ServiceError
    from service.procedures import labels
    from service.settings import Settings
    from service.store.store import open_store

    try:
        with closing(open_store(Settings())) as store:
            exported = labels.export_labels(store, out, unreviewed=unreviewed)
    except (ImagingError, ServiceError, OSError) as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(2) from error
    for name, why in exported.passed_over:
        typer.echo(f"not written: {name} {why}", err=True)
    typer.echo(f"{len(exported.written)} labelled frames in {out}")
    if exported.passed_over:
        raise typer.Exit(1)
