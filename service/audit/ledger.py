"""What is to do and what is done, file by file, in a SQLite database in the audit's folder.

The database is the audit's own: made with its folder, of one version, and thrown away with it.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from service.audit.shard import FileState, Shard
from service.errors import AuditUnderWay, OtherAudit

_VERSION = "1"
_BATCH = 5000
"""Names per transaction while an archive is listed."""


_META = sa.MetaData()
_ABOUT = sa.Table("about", _META, sa.Column("key", sa.String, primary_key=True), sa.Column("value", sa.String))
_RUN = sa.Table("run", _META, sa.Column("number", sa.Integer, primary_key=True), sa.Column("began_at", sa.String))
_FILE = sa.Table(
    "file",
    _META,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("shard", sa.Integer, nullable=False),
    sa.Column("name", sa.String, nullable=False, unique=True),
    sa.Column("procedure_id", sa.String(32), nullable=False),
    sa.Column("state", sa.String(12), nullable=False, default=FileState.TO_DO.value),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
)
sa.Index("ix_file_shard", _FILE.c.shard)
_KNOWN = "SELECT name FROM file WHERE name IN (SELECT value FROM json_each(?))"
_INSERT = "INSERT INTO file (shard, name, procedure_id, state, tries) VALUES (?, ?, ?, 'todo', 0)"


class Ledger:
    """Plan and progress of one audit. One process at a time; within it safe to use from several threads."""

    def __init__(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(out / "audit.lock")
        self._engine = sa.create_engine(f"sqlite:///{out / 'ledger.db'}")
        sa.event.listen(self._engine, "connect", _durable)
        _META.create_all(self._engine)
        self.planned = 0
        """Files added by this process."""

    def close(self) -> None:
        """Give back the database and the folder."""
        self._engine.dispose()
        self._lock.close()

    def begin(self, question: Mapping[str, str], began_at: str) -> int:
        """Number of a new run that asks this question.

        Raises
        ------
        OtherAudit
            If another question is being answered in this folder.
        """
        asked = json.dumps({"version": _VERSION, **question}, sort_keys=True)
        with self._engine.begin() as connection:
            before = connection.scalar(sa.select(_ABOUT.c.value).where(_ABOUT.c.key == "question"))
            if before is None:
                connection.execute(sa.insert(_ABOUT).values(key="question", value=asked))
            elif before != asked:
                raise OtherAudit(_difference(json.loads(before), json.loads(asked)))
            added = connection.execute(sa.insert(_RUN).values(began_at=began_at).returning(_RUN.c.number))
            return int(added.scalar_one())

    def plan(self, names: Iterable[str], shard_files: int, identify: Callable[[str], str]) -> None:
        """Add the names that are not known yet, in shards of some files."""
        waiting: list[str] = []
        source = iter(names)
        while batch := list(islice(source, _BATCH)):
            waiting += self._unknown(batch)
            whole = len(waiting) - len(waiting) % shard_files
            self._add(waiting[:whole], shard_files, identify)
            waiting = waiting[whole:]
        self._add(waiting, shard_files, identify)

    def to_do(self, after: int, most: int) -> list[Shard]:
        """Next shards with something to do, in the order of their numbers."""
        waiting = _FILE.c.state == FileState.TO_DO.value
        numbers = sa.select(_FILE.c.shard).where(waiting, _FILE.c.shard > after).group_by(_FILE.c.shard)
        with self._engine.connect() as connection:
            chosen = list(connection.scalars(numbers.order_by(_FILE.c.shard).limit(most)))
            return [Shard(number, self._names(connection, number)) for number in chosen]

    def finish(self, shard: Shard, states: Sequence[FileState], tries: Sequence[int]) -> None:
        """Record what became of the files of a shard."""
        update = "UPDATE file SET state = ?, tries = tries + ? WHERE shard = ? AND name = ?"
        values = [
            (state.value, tried, shard.number, name)
            for state, tried, name in zip(states, tries, shard.names, strict=True)
        ]
        with self._engine.begin() as connection:
            connection.exec_driver_sql(update, values)

    def counts(self) -> dict[FileState, int]:
        """How many files stand where."""
        wanted = sa.select(_FILE.c.state, sa.func.count()).group_by(_FILE.c.state)
        with self._engine.connect() as connection:
            found = {FileState(state): int(count) for state, count in connection.execute(wanted)}
        return {state: found.get(state, 0) for state in FileState}

    def quarantined(self) -> list[str]:
        """Names of the files that ended their workers."""
        wanted = sa.select(_FILE.c.name).where(_FILE.c.state == FileState.QUARANTINED.value).order_by(_FILE.c.name)
        with self._engine.connect() as connection:
            return list(connection.scalars(wanted))

    def _unknown(self, names: list[str]) -> list[str]:
        with self._engine.connect() as connection:
            known = {name for (name,) in connection.exec_driver_sql(_KNOWN, (json.dumps(names),))}
        return [name for name in names if name not in known]

    def _add(self, names: list[str], shard_files: int, identify: Callable[[str], str]) -> None:
        if not names:
            return
        with self._engine.begin() as connection:
            last = connection.scalar(sa.select(sa.func.max(_FILE.c.shard))) or 0
            rows = [(last + 1 + at // shard_files, name, identify(name)) for at, name in enumerate(names)]
            connection.exec_driver_sql(_INSERT, rows)
        self.planned += len(rows)

    @staticmethod
    def _names(connection: sa.Connection, shard: int) -> tuple[str, ...]:
        return tuple(connection.scalars(sa.select(_FILE.c.name).where(_FILE.c.shard == shard).order_by(_FILE.c.number)))


def _locked(path: Path) -> sqlite3.Connection:
    """Hold a folder for this process; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    AuditUnderWay
        If another process holds it.
    """
    connection = sqlite3.connect(path, timeout=0.5, check_same_thread=False)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        msg = "another process is at work on this folder: expected one audit at a time"
        raise AuditUnderWay(msg) from error
    return connection


def _durable(connection: sqlite3.Connection, _: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    return f"the folder holds an audit with another {', '.join(names)}: expected the same question, or an empty folder"
