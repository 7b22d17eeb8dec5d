"""A database copied whole at one instant, while others write to it.

SQLite is copied by its own backup interface. PostgreSQL is read in one transaction that sees a single instant, and
written into a SQLite file of the same schema: one form for every backup, which can be walked and verified where it
lies, and be restored into either kind.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from service.backup.errors import BackupRefused
from service.store.database import Database, database_url
from service.store.tables import Base, IdentifierKeyRow

_AT_ONCE = 500


def copy_database(source: URL, target: Path) -> None:
    """Write a SQLite file with everything that a database holds now.

    Raises
    ------
    BackupRefused
        If it is not there, or is PostgreSQL's and not of this version's schema, whose tables alone are copied.
    NewerStore
        If it was made by a newer version.
    """
    if source.get_backend_name() == "sqlite":
        copy_sqlite(Path(source.database or ""), target)
        return
    with closing(Database(source)) as database:
        found, newest = database.schemas()
    if found is None:
        msg = "there is no store in the database: see SONOPLACE_DATABASE_URL"
        raise BackupRefused(msg)
    if found != newest:
        msg = f"the database has the older schema {found}: start this version once, or back up with the earlier one"
        raise BackupRefused(msg)
    address = URL.create("sqlite", database=str(target))
    _make_tables(address)
    _copy_rows(source, address)


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite file that may be written to meanwhile.

    Raises
    ------
    BackupRefused
        If it is not there.
    """
    if not source.is_file():
        msg = f"there is no {source.name} to be copied: see SONOPLACE_DATA_DIR"
        raise BackupRefused(msg)
    reading = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
    with closing(reading) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    target.chmod(0o600)


def put_database(source: Path, target: URL) -> None:
    """Fill an empty PostgreSQL database from a copy.

    Raises
    ------
    BackupRefused
        If it holds anything.
    """
    _make_tables(target)
    engine = sa.create_engine(target)
    with engine.connect() as connection:
        filled = [
            table.name
            for table in Base.metadata.sorted_tables
            if table is not IdentifierKeyRow.__table__  # of a store that was opened once; the copy has its own
            and connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
        ]
    engine.dispose()
    if filled:
        msg = f"the database has rows in {', '.join(filled)}: expected an empty one"
        raise BackupRefused(msg)
    _copy_rows(URL.create("sqlite", database=str(source)), target)


def revision_of(database: Path) -> str:
    """Revision of the schema of a copy."""
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _make_tables(address: URL) -> None:
    database = Database(address)
    database.migrate(lambda _session, _before: None)
    database.close()


def _copy_rows(source: URL, target: URL) -> None:
    read_from, write_to = sa.create_engine(source), sa.create_engine(target)
    level = "REPEATABLE READ" if source.get_backend_name() == "postgresql" else "SERIALIZABLE"
    with read_from.connect().execution_options(isolation_level=level) as reading, write_to.begin() as writing:
        writing.execute(sa.delete(IdentifierKeyRow))
        for table in Base.metadata.sorted_tables:
            rows = reading.execution_options(yield_per=_AT_ONCE).execute(sa.select(table)).mappings()
            for part in rows.partitions():
                writing.execute(sa.insert(table), [dict(row) for row in part])
    read_from.dispose()
    write_to.dispose()


def address_of(database_address: str | None, folder: Path) -> URL:
    """Address of a store's database."""
    return database_url(database_address, folder)
