"""The page of an archive, from an audit's dataset or from the store."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.report.archive.addresses import OWN, Addresses
from service.report.archive.columns import ArchiveColumns, of_dataset, of_store
from service.report.archive.counting import count
from service.report.archive.figures import figures
from service.report.archive.periods import EVER, Span
from service.report.archive.selection import selection_in_words
from service.report.archive.wishes import NO_WISHES, Wishes
from service.report.page import page
from service.store.choice import ALL, Choice
from service.store.store import Store

_WHOLE = {"selection": "", "of": None}


def dataset_page(out: Path, wishes: Wishes = NO_WISHES) -> str:
    """Page of an audit's dataset.

    Raises
    ------
    BadQuery
        If the folder holds none, or nothing in it.
    MissingExtra
        If the extras ``audit`` and ``report`` are not installed.
    """
    addresses = Addresses.of_server(wishes.server)
    return _page(of_dataset(out), {"title": "Audit of an archive", **_WHOLE}, addresses, wishes.reference)


def write_dataset_page(out: Path, wishes: Wishes = NO_WISHES) -> Path:
    """Write ``report.html`` beside an audit's tables, in one step: it is the old one or the new one.

    Raises
    ------
    BadQuery, MissingExtra
        As `dataset_page`.
    """
    target, part = out / "report.html", out / ".report.html.part"
    part.write_text(dataset_page(out, wishes), encoding="utf-8")
    return part.replace(target)


def store_page(store: Store, reference: Span = EVER, choice: Choice = ALL) -> str:
    """Page of what a store has answered, with links to each procedure's report; it says which of them it shows.

    Raises
    ------
    MissingExtra
        If the extra ``report`` is not installed.
    """
    words = selection_in_words(choice)
    selection = {"selection": words, "of": store.count_answered()} if words else _WHOLE
    return _page(of_store(store, choice), {"title": "Procedures of this service", **selection}, OWN, reference)


def _page(columns: ArchiveColumns, head: Mapping[str, Any], addresses: Addresses, reference: Span) -> str:
    told = figures(count(columns, addresses, reference)) if len(columns) else {}
    return page("archive.html", {**head, "procedures": len(columns), "empty": not len(columns), **told})
