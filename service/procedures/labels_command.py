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
    from service.procedures import labels
    from service.settings import Settings
    from service.store.store import open_store

    with closing(open_store(Settings())) as store:
        exported = labels.export_labels(store, out, unreviewed=unreviewed)
    for name, why in exported.passed_over:
        typer.echo(f"not written: {name} {why}", err=True)
    typer.echo(f"{len(exported.written)} labelled frames in {out}")
    if exported.passed_over:
        raise typer.Exit(1)
