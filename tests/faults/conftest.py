"""Disks and database servers that fail when they are told to."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.disk import Disk
from tests.service import conftest as service_fixtures
from tests.service.backends import PostgresCluster, postgres_cluster

segmenter = service_fixtures.segmenter
backend = service_fixtures.backend
warm_decoders = service_fixtures.warm_decoders
build_app = service_fixtures.build_app
start_app = service_fixtures.start_app
client = service_fixtures.client


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A small disk of its own, in memory, mounted where applications of a test keep their data."""
    program = shutil.which("mount")
    if program is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("a disk can be filled or made read-only by root alone (see the test with a limit of file size)")
    folder = tmp_path / "data"
    folder.mkdir()
    command = [program, "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    mounted = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - Debian's program
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S603, S607 - Debian's program


@pytest.fixture(scope="session")
def cluster() -> Iterator[PostgresCluster]:
    """A PostgreSQL server that can be stopped and started again."""
    with postgres_cluster() as made:
        yield made
