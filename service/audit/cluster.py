"""Worker processes: a cluster on this machine, or one that runs somewhere already."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster

from service.audit.worker import ONE_THREAD
from service.errors import AuditStopped

_WAIT_S = 60
_ALLOWED_DEATHS = 10
"""Deaths that Dask blames on whatever its worker had; which file is to blame is known better (see `in_hand`)."""


@contextmanager
def workers(scheduler: str | None, count: int) -> Iterator[Client]:
    """Client of the scheduler at an address or, without one, of as many worker processes on this machine.

    Raises
    ------
    AuditStopped
        If the scheduler does not answer, or has no worker after a minute.
    """
    if scheduler is None:
        with _local(count) as cluster, Client(cluster, set_as_default=False) as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout=_WAIT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        msg = f"no scheduler answers at {scheduler} ({type(error).__name__})"
        raise AuditStopped(msg) from error
    with client:
        _require_worker(client)
        yield client


@contextmanager
def _local(count: int) -> Iterator[LocalCluster]:
    settings = {
        "distributed.nanny.pre-spawn-environ": ONE_THREAD,
        "distributed.scheduler.allowed-failures": _ALLOWED_DEATHS,
        # A file of 5,000 frames is one task, and holds no lock for longer than a frame.
        "distributed.admin.tick.limit": "30s",
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",  # any free port: two audits at a time must not warn of each other
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        yield cluster


def _require_worker(client: Client) -> None:
    try:
        client.wait_for_workers(1, timeout=_WAIT_S)
    except TimeoutError as error:
        msg = f"the scheduler has no worker after {_WAIT_S} s: expected at least one"
        raise AuditStopped(msg) from error
