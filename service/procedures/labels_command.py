"""``sonoplace export-labels``: reviewers' corrections as a labelled folder."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer


def export_labels(out: Annotated[Path, typer.Option(help="Folder for pictures, labels and what is known.")]) -> None:
    """Write every frame that a reviewer corrected, for `sonoplace evaluate` and for training."""
    from imaging.errors import ImagingError
    from service.errors import ServiceError
    from service.procedures import labels
    from service.settings import Settings
    from service.store.store import open_store

    try:
        with closing(open_store(Settings())) as store:
            exported = labels.export_labels(store, out)
    except (ImagingError, ServiceError, OSError) as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(2) from error
    for name in exported.uncalibrated:
        typer.echo(f"not written: {name} has no pixel spacing", err=True)
    typer.echo(f"{len(exported.written)} labelled frames in {out}")
    if exported.uncalibrated:
        raise typer.Exit(1)
