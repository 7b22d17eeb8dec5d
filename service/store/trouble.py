"""Trouble that is nobody's mistake: a disk that is full or read-only, a database that is gone or locked.

It is named where it is met, so that whoever asked is told to come back, work in the background waits, and nothing that
was accepted counts as failed.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from service.errors import DamagedStore, Outcome, ServiceError, StoreUnreachable


class StoreUnwritable(StoreUnreachable, outcome=Outcome(507, 1013, "The store takes nothing more")):
    """The disk is full, read-only or failing: what was accepted is there, nothing more is taken until it is mended."""

    code = "store-unwritable"


class LostIdentifierKey(DamagedStore, outcome=Outcome(500, 1011, "The key of the identifiers is lost")):
    """The key of the hashed identifiers is missing, cut short or another store's; ``what`` says which."""

    code = "lost-identifier-key"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}: bring back the site's own key, from a backup or from another of its machines "
            "(where it is lost for good: sonoplace renew-identifiers)"
        )


class KeyInPlace(ServiceError, outcome=Outcome(409, 4409, "There is a key of the identifiers")):
    """A new key is asked for where a file of its name lies: nothing is written over."""

    code = "key-in-place"


class NewerStore(ServiceError, outcome=Outcome(500, 1011, "The store was made by a newer version")):
    """The database has a schema that this version does not know."""

    code = "newer-store"

    def __init__(self, found: str, newest: str) -> None:
        super().__init__(
            f"the store was made by a newer version: its schema is {found}, this version knows up to {newest}: "
            "start the newer version, or restore a backup"
        )


_DISK = {
    errno.ENOSPC: "the disk is full: make room, a restart is not needed",
    errno.EDQUOT: "the disk quota is used up: make room, a restart is not needed",
    errno.EFBIG: "a file reached the largest size that this process may write: raise its limit",
    errno.EROFS: "the disk is read-only: check it, and mount it to be written to",
    errno.EACCES: "the data folder may not be written to: give its owner the right",
    errno.EPERM: "the data folder may not be written to: give its owner the right",
    errno.EIO: "the disk fails: check it",
    errno.EMFILE: "this process has as many files open as it may: raise its limit",
    errno.ENFILE: "this machine has as many files open as it may",
}
DAMAGED = "the file of the database is damaged: restore a backup"
_SQLITE = {
    sqlite3.SQLITE_FULL: (StoreUnwritable, "the disk of the database is full: make room, a restart is not needed"),
    sqlite3.SQLITE_IOERR: (StoreUnwritable, "the disk of the database fails or is full: make room, or check it"),
    sqlite3.SQLITE_READONLY: (StoreUnwritable, "the database is read-only: check its disk and who owns it"),
    sqlite3.SQLITE_PERM: (StoreUnwritable, "the database is read-only: check its disk and who owns it"),
    sqlite3.SQLITE_CANTOPEN: (StoreUnwritable, "the database cannot be opened: check its folder and its disk"),
    sqlite3.SQLITE_BUSY: (StoreUnreachable, "another program keeps the database locked: end it, or wait"),
    sqlite3.SQLITE_LOCKED: (StoreUnreachable, "another program keeps the database locked: end it, or wait"),
    sqlite3.SQLITE_CORRUPT: (DamagedStore, DAMAGED),
    sqlite3.SQLITE_NOTADB: (DamagedStore, DAMAGED),
}
_POSTGRES = {
    "53100": (StoreUnwritable, "the database server's disk is full: make room there"),
    "25006": (StoreUnwritable, "the database server takes no changes: expected a primary, not a standby"),
}
_AWAY = (StoreUnreachable, "the database does not answer: it is looked for again by itself")
_PRIMARY = 0xFF
"""SQLite's extended codes hold the primary one in their lowest byte."""


@contextmanager
def writing_files() -> Iterator[None]:
    """Block in which the disk's own troubles get their name.

    Raises
    ------
    StoreUnwritable
        Instead of the `OSError` that a full, read-only or failing disk raises. Any other stays what it is.
    """
    try:
        yield
    except OSError as error:
        said = _DISK.get(error.errno or 0)
        if said is None:
            raise
        raise StoreUnwritable(said) from error


def name_trouble_of(engine: sa.Engine) -> None:
    """Let an engine raise `StoreUnreachable` where the database is gone, locked, full or read-only.

    Where its file is damaged, it raises `DamagedStore`.
    """
    sa.event.listen(engine, "handle_error", _named)


def _named(context: sa.ExceptionContext) -> ServiceError | None:
    """Error to be raised instead; None for what says something about a statement or a row."""
    error = context.original_exception
    found = _of_sqlite(error) if isinstance(error, sqlite3.Error) else _of_postgres(error, away=context.is_disconnect)
    return found and found[0](found[1])


def _of_sqlite(error: sqlite3.Error) -> tuple[type[ServiceError], str] | None:
    return _SQLITE.get((getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY)


def _of_postgres(error: BaseException, *, away: bool) -> tuple[type[StoreUnreachable], str] | None:
    """By SQLSTATE; without one, psycopg's OperationalError says that the server is not there (PEP 249)."""
    state = getattr(error, "sqlstate", None)
    if state in _POSTGRES:
        return _POSTGRES[state]
    unanswered = state is None and type(error).__name__ in ("OperationalError", "ConnectionTimeout", "InterfaceError")
    return _AWAY if away or unanswered or (state or "")[:2] in ("08", "53", "57") else None
