"""The driver of an audit: lists, hands out shards, records what comes back. It holds counts, never rows."""

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future as Listing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import takewhile

from distributed import Client, Future
from distributed.scheduler import KilledWorker

from service.audit.ledger import Ledger
from service.audit.shard import FileState, Shard
from service.audit.worker import AuditJob, ShardOutcome, analyse_shard
from service.errors import AuditStopped, FolderNotShared, WorkerDiffers

_IN_FLIGHT_PER_THREAD = 3
"""Shards handed out per worker thread: enough that none waits, few enough that little is lost with a driver."""
_TICK_S = 0.5
_TRIES_OF_SHARD = 3
"""Tries of a shard for errors that are no file's: a full disk, an archive that is away."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an audit stands.

    Parameters
    ----------
    counts
        Files by state, those of earlier runs included.
    listed
        Whether the archive is listed to its end, so that the counts hold all files.
    analysed, frames, busy_s
        Files and frames analysed by this run, and the time that workers spent on them.
    elapsed_s
        Time of this run.
    """

    counts: dict[FileState, int]
    listed: bool = False
    analysed: int = 0
    frames: int = 0
    busy_s: float = 0.0
    elapsed_s: float = 0.0

    @property
    def total(self) -> int:
        """Files known so far."""
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """Files still to do."""
        return self.counts[FileState.TO_DO]

    @property
    def faulty(self) -> int:
        """Files that are listed as failures."""
        return self.counts[FileState.FAILED] + self.counts[FileState.QUARANTINED]


class Driver:
    """One run of an audit over the workers of a client."""

    def __init__(self, job: AuditJob, ledger: Ledger, client: Client, shard_files: int) -> None:
        self._job, self._ledger, self._client, self._shard_files = job, ledger, client, shard_files
        self._ended: queue.SimpleQueue[Future[ShardOutcome]] = queue.SimpleQueue()
        self._in_flight: dict[object, Shard] = {}
        self._again: deque[Shard] = deque()
        self._tries: Counter[int] = Counter()
        self._last = 0
        self._stopping = threading.Event()
        self._before = ledger.counts()
        self._outcomes: Counter[FileState] = Counter()
        self._progress = Progress(self._before)

    def run(self, show: Callable[[Progress], None]) -> Progress:
        """Do everything that is to do.

        Raises
        ------
        AuditStopped
            If it cannot go on; what is done stays done.
        """
        began = time.perf_counter()
        with ThreadPoolExecutor(1, thread_name_prefix="listing") as lister:
            listing = lister.submit(self._list)
            try:
                while self._step(listing):
                    self._progress = replace(self._progress, elapsed_s=time.perf_counter() - began)
                    show(self._progress)
            finally:
                self._stopping.set()
        return replace(self._progress, elapsed_s=time.perf_counter() - began)

    def _list(self) -> None:
        job = self._job
        names = takewhile(lambda _: not self._stopping.is_set(), job.archive.names(job.question.selection))
        self._ledger.plan(names, self._shard_files, job.question.procedure_id)

    def _step(self, listing: "Listing[None]") -> bool:
        """Hand out, then take in what has ended; False once all is done."""
        listed = listing.done()  # looked at before the ledger is: what it adds until then is seen in this step
        if listed:
            listing.result()
        self._progress = replace(self._progress, counts=self._counts(), listed=listed)
        self._fill()
        if not self._in_flight:
            if not listed:
                time.sleep(_TICK_S / 10)
            return not listed
        self._take_in()
        return True

    def _counts(self) -> dict[FileState, int]:
        counts = {state: self._before[state] + self._outcomes[state] for state in FileState}
        counts[FileState.TO_DO] += self._ledger.planned - self._outcomes.total()
        return counts

    def _fill(self) -> None:
        room = _IN_FLIGHT_PER_THREAD * max(sum(self._client.nthreads().values()), 1) - len(self._in_flight)
        if room <= 0:
            return
        shards = [self._again.popleft() for _ in range(min(room, len(self._again)))]
        new = self._ledger.to_do(self._last, room - len(shards)) if room > len(shards) else []
        self._last = new[-1].number if new else self._last
        for shard in (*shards, *new):
            self._tries[shard.number] += 1
            key = f"audit-{self._job.run}-{shard.number}-{self._tries[shard.number]}"
            future = self._client.submit(analyse_shard, self._job, shard, key=key, pure=False)
            self._in_flight[key] = shard
            future.add_done_callback(self._ended.put)

    def _take_in(self) -> None:
        """Record every shard that has ended; wait a little for one."""
        try:
            future = self._ended.get(timeout=_TICK_S)
        except queue.Empty:
            return
        shard = self._in_flight.pop(future.key)
        if future.status == "finished":
            self._record(shard, future.result())
        else:
            self._try_again(shard, future)
        future.release()

    def _record(self, shard: Shard, outcome: ShardOutcome) -> None:
        self._ledger.finish(shard, outcome.states, outcome.tries)
        del self._tries[shard.number]
        self._outcomes.update(outcome.states)
        progress = self._progress
        self._progress = replace(
            progress,
            counts=self._counts(),
            analysed=progress.analysed + (len(shard.names) if outcome.busy_s else 0),
            frames=progress.frames + outcome.frames,
            busy_s=progress.busy_s + outcome.busy_s,
        )

    def _try_again(self, shard: Shard, future: Future[ShardOutcome]) -> None:
        """Queue a shard once more, unless that has been done often enough.

        Raises
        ------
        AuditStopped
            If it is no use.
        """
        error = future.exception() if future.status == "error" else None
        if isinstance(error, (FolderNotShared, WorkerDiffers)):
            raise error
        if error is None:
            msg = "the scheduler dropped the work: expected it to stay until the audit ends"
            raise AuditStopped(msg)
        nobodys = isinstance(error, (OSError, AuditStopped))
        most = _TRIES_OF_SHARD if nobodys else 2 * len(shard.names) + _TRIES_OF_SHARD
        if self._tries[shard.number] >= most:
            if isinstance(error, AuditStopped):
                raise error
            what = "its workers died" if isinstance(error, KilledWorker) else f"{type(error).__name__}: {error}"
            msg = f"shard {shard.number} was tried {self._tries[shard.number]} times: {what}"
            raise AuditStopped(msg) from error
        self._again.append(shard)
