"""``sonoplace report``: pages of one procedure, of everything in the store, or of an audit, from the command line."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.report.archive.options import ReferenceFrom, ReferenceTo, Server

if TYPE_CHECKING:
    from service.report.archive.wishes import Wishes
    from service.store.store import Store

_SUFFIXES = (".html", ".pdf")


def report(
    out: Annotated[Path, typer.Option(help="File to write: .html or, of one procedure, .pdf.")],
    what: Annotated[
        str | None,
        typer.Argument(help="Identifier of a procedure, or folder of an audit; all of the store if not given."),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Model folder [SONOPLACE_MODEL_DIR].")] = None,
    reference_from: ReferenceFrom = None,
    reference_to: ReferenceTo = None,
    server: Server = None,
) -> None:
    """Write a report as a page to read, print and keep."""
    from service.report.archive.wishes import archive_wishes

    wishes = archive_wishes(reference_from, reference_to, server)
    out.write_bytes(_content(what, out.suffix.lower(), model, wishes))
    typer.echo(str(out))


def _content(what: str | None, suffix: str, model: Path | None, wishes: "Wishes") -> bytes:
    from service.errors import BadQuery
    from service.settings import Settings
    from service.store.store import open_store

    if suffix not in _SUFFIXES:
        msg = f"--out ends in {suffix!r}: expected .html or .pdf"
        raise BadQuery(msg)
    many = what is None or Path(what).is_dir()
    if many and suffix == ".pdf":
        msg = "the report of many procedures is a page: expected --out to end in .html, which a browser prints"
        raise BadQuery(msg)
    if what is not None and many:
        from service.report.archive.page import dataset_page

        return dataset_page(Path(what), wishes).encode()
    with closing(open_store(Settings())) as store:
        return _of_store(store, wishes) if what is None else _of_procedure(store, what, suffix, model)


def _of_store(store: "Store", wishes: "Wishes") -> bytes:
    from service.report.archive.page import store_page

    return store_page(store, wishes.reference).encode()


def _of_procedure(store: "Store", procedure_id: str, suffix: str, model: Path | None) -> bytes:
    from imaging.onnx_model import load_model
    from imaging.rules import ScoringRules
    from service.engine import Engine
    from service.report.procedure import procedure_html, procedure_print
    from service.settings import Settings

    store.procedure(procedure_id)  # before a network is loaded for nothing
    engine = Engine(load_model(model or Settings().model_dir), ScoringRules())
    if suffix == ".pdf":
        return procedure_print(store, procedure_id, engine)
    return procedure_html(store, procedure_id, engine).encode()
