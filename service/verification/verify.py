"""The walk over chain, rows, answers and blobs, and the second analysis of stored pictures.

Links come first, then each procedure's row and answers against its links, then blobs against their names, then the
procedures chosen to be analysed again. What differs is named by the link that records it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from service.engine import Engine
from service.store.chain import GENESIS, UNREADABLE, Entry, EntryKind, UnreadableLink
from service.store.store import Store
from service.verification.findings import Fault, Part, Progress, Verification
from service.verification.keys import key_faults
from service.verification.recomputation import Recomputation, chosen, recompute
from service.verification.rows import Recorded, row_faults

_MOST_FAULTS = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """How far to look.

    Parameters
    ----------
    recompute
        So many answered procedures, chosen at random, are analysed again; None for all of them.
    head_sha256
        Hash of a link that must be in the chain, noted at an earlier verification.
    """

    recompute: int | None = 0
    head_sha256: str | None = None


@dataclass(slots=True)
class _Walk:
    """What the links say."""

    links: int = 0
    head_sha256: str = GENESIS
    seen_head: bool = False
    recorded: dict[str, Recorded] = field(default_factory=dict)
    keys: dict[str, Entry] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def verify(
    store: Store, engine: Engine | None, wanted: Wanted | None = None, progress: Progress = lambda *_: None
) -> Verification:
    """Compare everything that is kept with the chain.

    Parameters
    ----------
    engine
        What analyses again; without one, nothing is.
    """
    wanted = wanted or Wanted()
    walk = _walk(store, wanted.head_sha256, progress)
    faults = walk.faults
    faults += _damaged(store)
    faults += _compared(store, walk.recorded, progress)
    faults += _unrecorded(store, walk.recorded)
    faults += key_faults(store, walk.keys, _links(store))
    blobs, damaged = _blobs(store, walk.recorded, progress)
    faults += damaged
    again = Recomputation()
    if engine is not None:
        broken = {fault.procedure_id for fault in faults}
        whole = [item for item in walk.recorded.values() if item.procedure_id not in broken]
        again = recompute(store, engine, chosen(whole, wanted.recompute), progress)
    return Verification(
        links=walk.links,
        head_sha256=walk.head_sha256,
        procedures=len(walk.recorded),
        blobs=blobs,
        recomputed=again.done,
        not_recomputed=again.skipped,
        faults=tuple(sorted([*faults, *again.faults], key=_rank)[:_MOST_FAULTS]),
    )


def _walk(store: Store, expected_head: str | None, progress: Progress) -> _Walk:
    total = _links(store)
    walk = _Walk(seen_head=expected_head is None)
    try:
        for entry in store.chain.walk():
            _take(walk, entry)
            walk.seen_head |= entry.link_sha256 == expected_head
            progress("links", walk.links, total)
    except UnreadableLink as error:
        walk.faults.append(Fault(error.position, "", "", Part.LINK, "it cannot be read, nor can what follows"))
    if not walk.seen_head:
        walk.faults.append(Fault(walk.links + 1, "", "", Part.LINK, f"the chain has no link {expected_head}"))
    return walk


def _take(walk: _Walk, entry: Entry) -> None:
    note = entry.note
    what = entry.fault(walk.links + 1, walk.head_sha256)
    if what is not None:
        walk.faults.append(Fault(entry.position, note.kind, note.procedure_id, Part.LINK, what))
    walk.links, walk.head_sha256 = entry.position, entry.link_sha256  # one broken link does not break all that follow
    recorded = walk.recorded.get(note.procedure_id)
    if note.kind == EntryKind.KEY:
        walk.keys[note.procedure_id] = entry
    elif note.kind == EntryKind.ACCEPTED:
        walk.recorded[note.procedure_id] = Recorded.accepted_as(entry)
    elif recorded is not None and note.kind in (EntryKind.ANSWERED, EntryKind.FAILED):
        walk.recorded[note.procedure_id] = recorded.ended_as(entry)
    elif recorded is not None and what is None:
        walk.recorded[note.procedure_id] = recorded.noted_as(entry)


def _compared(store: Store, recorded: dict[str, Recorded], progress: Progress) -> Iterator[Fault]:
    for done, item in enumerate(recorded.values(), 1):
        yield from row_faults(store, item)
        progress("procedures", done, len(recorded))


def _unrecorded(store: Store, recorded: dict[str, Recorded]) -> Iterator[Fault]:
    """Procedures that the chain has never heard of."""
    end = _links(store)
    try:
        unknown = sorted(store.procedure_ids() - recorded.keys())
    except UNREADABLE:
        yield Fault(end + 1, "", "", Part.ROW, "the identifiers of the procedures cannot be read")
        return
    yield from (Fault(end + 1, "", name, Part.ROW, "no link records that it was accepted") for name in unknown)


def _blobs(store: Store, recorded: dict[str, Recorded], progress: Progress) -> tuple[int, list[Fault]]:
    """Number of blobs, and those that are not what their name says."""
    names: dict[str, Recorded] = {}
    for item in recorded.values():
        names.setdefault(item.blob_sha256, item)
    names.pop("", None)  # a link that names none is a fault already
    faults = []
    for done, (name, item) in enumerate(names.items(), 1):
        found = store.blobs.content_sha256(name)
        if found != name:
            what = f"blob {name} is {'missing' if found is None else 'not what it was'}"
            faults.append(Fault(item.position, EntryKind.ACCEPTED, item.procedure_id, Part.BLOB, what))
        progress("blobs", done, len(names))
    return len(names), faults


def _damaged(store: Store) -> Iterator[Fault]:
    """What is wrong with the database as such or the site's key, and so with no record alone: it stands behind all."""
    try:
        found = store.damage()
    except UNREADABLE:
        found = ["it cannot be looked through"]
    end = _links(store)
    yield from (Fault(end + 1, "", "", Part.ROW, f"the database is damaged: {line}") for line in found)
    lost = store.lost_key()
    if lost is not None:
        yield Fault(end + 1, "", "", Part.ROW, lost)


def _links(store: Store) -> int:
    """Number of links, as far as it can be read."""
    try:
        return store.chain.head()[0]
    except UNREADABLE:
        return 0


def _rank(fault: Fault) -> tuple[bool, int]:
    """Broken links first, because all else is compared with what links say; then by place in the chain."""
    return fault.part is not Part.LINK, fault.position
