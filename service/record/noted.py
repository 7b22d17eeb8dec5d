"""What people added, as far as a list of procedures shows and is searched by it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from service.store.chain import Entry, EntryKind
from service.store.store import Store

_KINDS = (EntryKind.RECORD, EntryKind.REVIEW)


@dataclass(frozen=True, slots=True)
class Noted:
    """Codes of the newest record, and how many reviews there are."""

    site: str | None = None
    operator: str | None = None
    injectate: str | None = None
    reviews: int = 0


def noted_on(store: Store, procedure_ids: Collection[str]) -> dict[str, Noted]:
    """What was noted on these procedures; those with nothing are left out."""
    return _collected(entry for name in procedure_ids for kind in _KINDS for entry in store.chain.of(name, kind))


def noted_on_all(store: Store) -> dict[str, Noted]:
    """What was noted on all procedures. Reads every record and review."""
    return _collected(entry for kind in _KINDS for entry in store.chain.of_kind(kind))


def _collected(entries: Iterable[Entry]) -> dict[str, Noted]:
    noted: dict[str, Noted] = {}
    for entry in entries:
        name = entry.note.procedure_id
        noted[name] = _with(noted.get(name, Noted()), entry)
    return noted


def _with(before: Noted, entry: Entry) -> Noted:
    if entry.note.kind == EntryKind.REVIEW:
        return replace(before, reviews=before.reviews + 1)
    record = entry.note.values["record"]
    injectate = (record.get("injectate") or {}).get("kind")
    return replace(before, site=record.get("site"), operator=record.get("operator"), injectate=injectate)
