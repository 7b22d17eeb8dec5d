"""Keys of access, against what the chain says of them."""

import hashlib
from collections.abc import Iterator, Mapping

from service.store.chain import UNREADABLE, Entry, EntryKind
from service.store.sealing import key_content
from service.store.store import Store
from service.verification.findings import Fault, Part


def key_faults(store: Store, recorded: Mapping[str, Entry], end: int) -> Iterator[Fault]:
    """What differs between the keys and the newest link of each; ``end`` is the last position of the chain."""
    try:
        kept = {row.id: hashlib.sha256(key_content(row)).hexdigest() for row in store.access_keys()}
    except UNREADABLE:
        yield _fault(end + 1, "", "the keys of access cannot be read")
        return
    for key_id, entry in recorded.items():
        if key_id not in kept:
            yield _fault(entry.position, key_id, "its key of access is missing")
        elif kept[key_id] != entry.record_sha256:
            yield _fault(entry.position, key_id, "its key of access is not what was recorded")
    yield from (_fault(end + 1, key_id, "no link records that this key was made") for key_id in kept.keys() - recorded)


def _fault(position: int, key_id: str, what: str) -> Fault:
    return Fault(position, EntryKind.KEY, key_id, Part.ROW, what)
