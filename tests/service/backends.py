"""Where a store may keep its things: files, or a PostgreSQL server and an S3 server, run for the tests alone.

PostgreSQL is Debian's package, S3 is moto's server; each is looked for among the programs, and tests that need one that
is missing are skipped. Both listen on the loopback address and end when the tests do, however those end.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

FOLDER, SERVERS = "folder", "servers"
BACKENDS = (FOLDER, SERVERS)
_UNTIL_ORPHANED = 'signal=$1; shift; "$@" & server=$!; read -r _; kill -$signal $server; wait $server'
"""Runs a server until the pipe that we hold open is closed."""
_START_S = 120.0


@dataclass(frozen=True)
class PostgresCluster:
    """A PostgreSQL cluster in a temporary folder, whose server runs when it is asked to; it does not run as root."""

    programs: Path
    folder: Path
    port: int
    user: str | None

    @property
    def address(self) -> sa.URL:
        url = {"host": "127.0.0.1", "port": self.port, "database": "postgres"}
        return sa.URL.create("postgresql+psycopg", "sonoplace", **url)

    @contextmanager
    def running(self) -> Iterator[sa.URL]:
        """Run the server; it is cut off at the end."""
        where = ["-D", self.folder / "data", "-h", "127.0.0.1", "-p", str(self.port), "-k", self.folder]
        with _server([self.programs / "postgres", *where, "-c", "fsync=off"], self.port, "QUIT", self.user):
            _wait_until_ready(self.address)
            yield self.address


@contextmanager
def postgres_server() -> Iterator[sa.URL]:
    """Address of a PostgreSQL server."""
    with postgres_cluster() as cluster, cluster.running() as address:
        yield address


@contextmanager
def postgres_cluster() -> Iterator[PostgresCluster]:
    """A new, empty cluster."""
    folder = next((path for path in (_on_path("initdb"), *_debian("initdb")) if path), None)
    if folder is None:
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="no psycopg (extra postgres)")
    programs = folder.resolve().parent
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="sonoplace-pg-", ignore_cleanup_errors=True) as name:
        if user:
            shutil.chown(name, user)
        make = [programs / "initdb", "-D", f"{name}/data", "-U", "sonoplace", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(make, check=True, capture_output=True, user=user, cwd=name)  # noqa: S603 - Debian's program
        yield PostgresCluster(programs, Path(name), free_port(), user)


@contextmanager
def s3_server() -> Iterator[str]:
    """Endpoint of an S3 server that forgets."""
    program = shutil.which("moto_server") or shutil.which("moto_server", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("no moto_server here (pip install 'moto[s3]' flask flask-cors, here or in an environment on PATH)")
    pytest.importorskip("obstore", reason="no obstore (extra s3)")
    port = free_port()
    with _server([Path(program), "-H", "127.0.0.1", "-p", str(port)], port, "TERM"):
        yield f"http://127.0.0.1:{port}"


def new_database(server: sa.URL) -> str:
    """Address of a new, empty database."""
    name = f"t{uuid.uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


def new_bucket(endpoint: str) -> str:
    """Address of a new, empty bucket."""
    import urllib.request

    name = f"t{uuid.uuid4().hex}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT"), timeout=60).close()  # noqa: S310 - loopback
    return f"s3://{name}/blobs"


_UNASSIGNED = range(20_000, 32_000)
"""TCP ports that systems do not give to those who ask for any port: nobody takes one before its server does."""


def free_port() -> int:
    """A TCP port that nobody listens on, and that stays free while its server is away."""
    while True:
        port = secrets.choice(_UNASSIGNED)
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def _server(command: list[Path | str], port: int, end_signal: str, user: str | None = None) -> Iterator[None]:
    run = ["bash", "-c", _UNTIL_ORPHANED, "server", end_signal, *map(str, command)]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(run, stdin=subprocess.PIPE, user=user, cwd=tempfile.gettempdir(), **silent) as process:  # noqa: S603 - ours
        try:
            _wait_for(port, process)
            yield
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"no server on port {port} after {_START_S:g} s")


def _wait_until_ready(address: sa.URL) -> None:
    """PostgreSQL listens before it answers."""
    deadline = time.monotonic() + _START_S
    engine = sa.create_engine(address)
    while True:
        try:
            engine.connect().close()
        except sa.exc.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            engine.dispose()
            return


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _debian(name: str) -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
