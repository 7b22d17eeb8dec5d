"""A labelled folder as one ZIP file, made while it is sent: no more than a frame of it is ever held."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from service.errors import BadQuery
from service.procedures.labels import Labelled, newest_corrections
from service.record.sight import Sight
from service.store.store import Store

if TYPE_CHECKING:
    from typing_extensions import Buffer  # of collections.abc from 3.12 on

MOST_FRAMES = 20_000
"""Of one file: some gigabytes, which nobody sends again because a line broke."""
CONTENTS = "contents.txt"
_ANY_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest that ZIP knows: the same reviews give the same bytes."""
_READABLE = 0o644 << 16
_HEAD = """{count} labelled frames from signed reviews; `sonoplace evaluate` reads this folder, and so does training.
Each frame has three files: NAME.png, NAME.json and NAME.labels.png (0 background, 1 recess, 2 needle, 255 not judged).
NAME is procedure, frame from 0, and code of the reader.
"""


class _Sent(io.RawIOBase):
    """What was written and not yet taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: "Buffer", /) -> int:
        self._parts.append(bytes(content))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        """All of it, which is forgotten here."""
        content = b"".join(self._parts)
        self._parts.clear()
        return content


def require_bounded(store: Store, procedure_ids: Sequence[str], sight: Sight) -> None:
    """Refuse what would be too much for one file.

    Raises
    ------
    BadQuery
        If more than `MOST_FRAMES` frames are corrected.
    """
    count = 0
    for procedure_id in procedure_ids:
        count += sum(map(len, newest_corrections(store, procedure_id, sight).values()))
        if count > MOST_FRAMES:
            msg = f"more than {MOST_FRAMES} labelled frames fit: expected narrower filters, or sonoplace export-labels"
            raise BadQuery(msg)


def labels_zip(frames: Iterable[Labelled], folder: str) -> Iterator[bytes]:
    """Parts of a ZIP file, none of them empty, that holds a labelled folder and a word on what was passed over."""
    sent, count, passed_over = _Sent(), 0, []
    with zipfile.ZipFile(sent, "w") as archive:
        for labelled in frames:
            if labelled.fault is not None:
                passed_over.append(f"not written: {labelled.name} {labelled.fault}\n")
                continue
            for name, content in labelled.files():
                _add(archive, f"{folder}/{name}", content)
            count += 1
            yield sent.taken()
        _add(archive, f"{folder}/{CONTENTS}", (_HEAD.format(count=count) + "".join(passed_over)).encode())
    yield sent.taken()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _ANY_DAY)
    entry.compress_type = zipfile.ZIP_DEFLATED  # not every reader takes a stored file whose size comes after it
    entry.external_attr = _READABLE
    archive.writestr(entry, content, compresslevel=1)
