"""The log of every access: one line of JSON each, added to the file of its day and never changed.

A line is one write to a file that was opened for appending, so that several processes may share it. What changes
anything is written down before it is begun, and is not begun if that fails.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import orjson

from service.access.errors import AccessLogUnwritable
from service.store.tables import now

_OWNER_ONLY = 0o600


class Event(StrEnum):
    """What a line tells."""

    BEGUN = "begun"
    """Something that may change what is kept is about to be done."""
    ANSWERED = "answered"
    REFUSED = "refused"
    ENDED = "ended"
    """A WebSocket was closed."""
    KEYS = "keys"
    """Keys were made or revoked on the command line."""


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One line.

    Parameters
    ----------
    who
        ``key:ID``, ``oidc:HASH``, or ``-`` for nobody who is known.
    what
        Method and route as the table writes it: no path, no query, so that nothing personal can be in it.
    outcome
        HTTP status, or close code of a WebSocket; None where nothing was answered.
    code
        Code of the problem, for a refusal.
    peer
        Address that it came from.
    repeated
        Refusals of the same address that were not written down one by one.
    """

    event: Event
    who: str
    what: str
    outcome: int | None = None
    code: str | None = None
    peer: str | None = None
    procedure_id: str | None = None
    request_id: str | None = None
    repeated: int | None = None

    def line(self, at: datetime) -> bytes:
        """As it is written."""
        said = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return orjson.dumps({"at": at.isoformat(timespec="milliseconds"), **said}) + b"\n"


class AccessLog:
    """Writes lines into a file a day. Use it from one thread.

    A disk that stands still makes the writer wait: nothing is answered that is not written down.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None
        self._day = ""
        self._torn = False

    def write(self, record: AccessRecord) -> None:
        """Add a line.

        Raises
        ------
        AccessLogUnwritable
            If it is not in the file whole.
        """
        at = now()
        line = (b"\n" if self._torn else b"") + record.line(at)
        with self._writing():
            written = os.write(self._opened(at), line)
        self._torn = written < len(line)
        if self._torn:
            msg = "what was asked cannot be written down whole (is the disk full?), so it is not done"
            raise AccessLogUnwritable(msg)

    def probe(self) -> None:
        """Open the file of today.

        Raises
        ------
        AccessLogUnwritable
            If nothing could be written into it.
        """
        with self._writing():
            self._opened(now())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.close()
            msg = f"what was asked cannot be written down ({os.strerror(error.errno or 0)}), so it is not done"
            raise AccessLogUnwritable(msg) from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self, at: datetime) -> int:
        """File of this day; opened anew if another day has come, or somebody has taken the file away."""
        day = at.astimezone(UTC).date().isoformat()
        if self._file is not None and (day != self._day or os.fstat(self._file).st_nlink == 0):
            self.close()
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._file = os.open(self._folder / f"{day}.jsonl", flags, _OWNER_ONLY)
            self._day = day
        return self._file
