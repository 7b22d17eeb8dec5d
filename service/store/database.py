"""The database: SQLite in a file or PostgreSQL behind a URL, with the three ways to use it.

Every commit is synchronised to disk before it returns. Whoever appends to the chain does so alone: SQLite has one
writer at a time, PostgreSQL is asked for one lock.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session, sessionmaker

from imaging.errors import MissingExtra
from service.errors import BadSetting, DamagedStore
from service.store.trouble import NewerStore, name_trouble_of

DATABASE_FILE = "sonoplace.db"
"""Name of a SQLite store's database in the data folder."""
_MOST_DAMAGE = 10
_MIGRATIONS = Path(__file__).parent / "migrations"
_CHECK = f"PRAGMA integrity_check({_MOST_DAMAGE})"
_CHAIN_LOCK = 0x50_4C_41_43_45
"""Number of PostgreSQL's advisory lock for the chain: "PLACE"."""
_POSTGRES = {
    "options": "-c synchronous_commit=on -c timezone=UTC",
    "connect_timeout": 5,
    "tcp_user_timeout": 15_000,  # a server that vanished without a word is noticed after so many milliseconds
}

Completed = TypeVar("Completed")


class Database:
    """Sessions on one database. Safe to use from several threads."""

    def __init__(self, url: URL) -> None:
        self._engine = _engine(url)
        self._is_sqlite = url.get_backend_name() == "sqlite"
        writes = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        self._reading = sessionmaker(self._engine, expire_on_commit=False)
        self._writing = sessionmaker(writes, expire_on_commit=False)

    def reading(self) -> Session:
        """Session that writes nothing."""
        return self._reading()

    def writing(self) -> AbstractContextManager[Session]:
        """Transaction that is committed at the end of the block, or undone by an error in it."""
        return self._writing.begin()

    @contextmanager
    def chaining(self) -> Iterator[Session]:
        """Transaction that is the only one to append to the chain until it ends."""
        with self._writing.begin() as session:
            self._take_lock(session.connection())
            yield session

    def migrate(self, complete: Callable[[Session, str | None], Completed]) -> Completed:
        """Bring the database to the newest schema, in one transaction.

        Parameters
        ----------
        complete
            Called with the transaction and the revision before it (None for an empty database), to fill what is new.

        Raises
        ------
        NewerStore
            If it has a schema that this version does not know.
        """
        config = _migrations()
        with self._writing.begin() as session:
            connection = session.connection()
            self._take_lock(connection)
            before = _known_revision(connection, config)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return complete(session, before)

    def schemas(self) -> tuple[str | None, str]:
        """Revisions of the database's schema, None if it is empty, and of this version's; nothing is changed.

        Raises
        ------
        NewerStore
            If this version does not know the database's.
        """
        config = _migrations()
        with self._engine.connect() as connection:
            return _known_revision(connection, config), _newest(ScriptDirectory.from_config(config))

    def damage(self, tables: sa.MetaData) -> list[str]:
        """What is wrong with the database as such, whatever its rows say: pages and indexes (SQLite), and its tables.

        Raises
        ------
        DamagedStore
            If it cannot even be looked through.
        """
        with self._engine.connect() as connection:
            found = list(connection.exec_driver_sql(_CHECK).scalars()) if self._is_sqlite else []
            differing = compare_metadata(MigrationContext.configure(connection), tables)
        return [line for line in found if line != "ok"] + ["its tables are not those of this version"] * bool(differing)

    def probe(self) -> None:
        """Begin and end a transaction that writes.

        Raises
        ------
        StoreUnreachable
            If none can be begun.
        """
        with self._writing.begin() as session:
            session.connection()

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def _take_lock(self, connection: sa.Connection) -> None:
        if not self._is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK)))


def database_url(text: str | None, folder: Path) -> URL:
    """Address of the database: as set, or a SQLite file in the store's folder.

    Raises
    ------
    BadSetting
        If it is neither SQLite nor PostgreSQL.
    MissingExtra
        If it is PostgreSQL and its driver is not installed.
    """
    if text is None:
        return URL.create("sqlite", database=str(folder / DATABASE_FILE))
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        msg = "SONOPLACE_DATABASE_URL cannot be read: expected postgresql://USER@HOST/NAME or sqlite:///FILE"
        raise BadSetting(msg) from error
    if url.get_backend_name() == "sqlite":
        return url
    if url.get_backend_name() != "postgresql":
        msg = f"SONOPLACE_DATABASE_URL names {url.get_backend_name()}: expected postgresql or sqlite"
        raise BadSetting(msg)
    if find_spec("psycopg") is None:
        extra, purpose = "postgres", "a PostgreSQL database"
        raise MissingExtra(extra, purpose)
    return url.set(drivername="postgresql+psycopg")


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _known_revision(connection: sa.Connection, config: Config) -> str | None:
    """Revision of a database, None for an empty one; `NewerStore` if this version has never heard of it."""
    heads = MigrationContext.configure(connection).get_current_heads()
    if len(heads) > 1:
        msg = "the database says that it has several schemas at once: restore a backup"
        raise DamagedStore(msg)
    found = heads[0] if heads else None
    scripts = ScriptDirectory.from_config(config)
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerStore(found, _newest(scripts))
    return found


def _newest(scripts: ScriptDirectory) -> str:
    return scripts.get_current_head() or "none"


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() == "postgresql":
        engine = sa.create_engine(url, connect_args=_POSTGRES, pool_pre_ping=True)
    else:
        engine = sa.create_engine(url)
        sa.event.listen(engine, "connect", _durable)
        sa.event.listen(engine, "begin", _begin)
    name_trouble_of(engine)
    return engine


def _durable(connection: sqlite3.Connection, _: object) -> None:
    """Write-ahead log, and every commit synchronised: 0.25 ms per commit, measured."""
    connection.isolation_level = None  # the driver would begin late, and as a reader: `_begin` does it
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    """Begin as a writer where writing is meant: a reader that turns writer may be refused at once."""
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
