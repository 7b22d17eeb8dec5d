"""The live sessions of a process: begun, continued over a new connection, ended as stored procedures."""

import asyncio
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import structlog
from prometheus_client import Counter, Gauge, Histogram

from imaging.errors import ImagingError
from service.answer import identity
from service.errors import Busy, NotFound, ServiceError, StoreUnreachable, code_of
from service.live.messages import Start
from service.live.recording import RecordedSource, Recorder, RecordingLimits, locked_file
from service.live.thread import LIVE, LiveThread
from service.media import Media
from service.procedures.runner import ProcedureRunner, Tools
from service.procedures.under_way import UnderWay
from service.reading import Reading
from service.store.store import now
from service.store.tables import ProcedureRow
from service.store.trouble import writing_files

_SUFFIX = ".live"
_AGAIN_S = 5.0
"""From one try to store a session to the next, while the store is away."""
_AGES = (0.004, 0.008, 0.012, 0.016, 0.02, 0.033, 0.05, 0.1, 0.2, 0.5, 1.0)


Json = dict[str, Any]


class Connection(Protocol):
    """Whoever carries a session now."""

    @property
    def asked_by(self) -> str:
        """Name of who asks over this connection."""
        ...

    def give_up(self) -> None:
        """Close, because a newer connection continues the session."""
        ...


@dataclass(frozen=True, slots=True)
class LivePolicy:
    """How many sessions there may be, how long one waits for its next connection, and how much of it is kept."""

    most: int
    resume_s: float
    recording: RecordingLimits


@dataclass(slots=True, eq=False)
class _Held:
    thread: LiveThread
    carrier: Connection | None
    expiry: asyncio.TimerHandle | None = None


class LiveSessions:
    """Sessions under way. Use it from one event loop."""

    def __init__(self, folder: Path, policy: LivePolicy, tools: Tools, runner: ProcedureRunner) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._policy = policy
        self._tools = tools
        self._runner = runner
        self._held: dict[str, _Held] = {}
        self._ending: UnderWay[str, str | None] = UnderWay()  # what cannot be stored is tried again
        self._left: list[Path] = []
        self._again: asyncio.Task[None] | None = None
        registry = tools.metrics.registry
        self.age_seconds = Histogram(
            "sonoplace_live_age_seconds", "Age of live answers", buckets=_AGES, registry=registry
        )
        self.dropped = Counter("sonoplace_live_dropped_total", "Frames replaced by newer ones", registry=registry)
        self.open_sessions = Gauge(
            "sonoplace_live_sessions",
            "Live sessions, resting ones too",
            registry=registry,
            multiprocess_mode="livesum",
        )

    async def recover(self) -> None:
        """Make procedures of the sessions that a stop cut off; what a living process records stays its own."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if _is_left_over(path):
                with suppress(StoreUnreachable):
                    await self._store(path)

    def open(self, start: Start, carrier: Connection) -> LiveThread:
        """Session for a start message: a new one, or the one that it names.

        Raises
        ------
        NotFound
            If there is no such session, or no longer.
        Busy
            If there are as many as may be.
        """
        if start.session is not None:
            return self._continue(start.session, start, carrier)
        thread = LiveThread.begun(secrets.token_hex(16), start, carrier.asked_by)
        self._make_room()
        thread.recorder = Recorder(self._folder / f"{thread.id}{_SUFFIX}", self._policy.recording, self._about(thread))
        self._held[thread.id] = _Held(thread, carrier)
        self.open_sessions.set(len(self._held))
        return thread

    def rest(self, thread: LiveThread, carrier: Connection) -> None:
        """Keep a session whose connection is gone, for the next one; after a while it ends."""
        held = self._held.get(thread.id)
        if held is None or held.carrier is not carrier:
            return
        held.carrier = None
        held.expiry = asyncio.get_running_loop().call_later(self._policy.resume_s, self._end_later, thread)

    async def end(self, thread: LiveThread) -> str | None:
        """Make a procedure of a session, and give its id; None if none of its frames was judged."""
        return await asyncio.shield(self._end_later(thread))

    def observe(self, thread: LiveThread, facts: Json) -> None:
        """Count an answer, and keep how it was given."""
        self.age_seconds.observe(facts["age_ms"] / 1e3)
        self.dropped.inc(facts["dropped"])
        if thread.recorder is not None:
            thread.recorder.note(facts)

    async def close(self) -> None:
        """End every session; their procedures are analysed, or made at all, at the next start if not now."""
        if self._again is not None:
            self._again.cancel()
        for held in list(self._held.values()):
            self._end_later(held.thread)
        await self._ending.finish()

    def _continue(self, session_id: str, start: Start, carrier: Connection) -> LiveThread:
        held = self._held.get(session_id)
        if held is None or held.thread.asked_by != carrier.asked_by:
            msg = "there is no live session of this id, or no longer: start a new one"
            raise NotFound(msg)
        held.thread.resume(start)  # before anything else: who is refused takes nothing over
        if held.carrier is not None:
            held.carrier.give_up()
        if held.expiry is not None:
            held.expiry.cancel()
        held.carrier, held.expiry = carrier, None
        return held.thread

    def _make_room(self) -> None:
        """End the session that rests longest if there is no room left."""
        if len(self._held) < self._policy.most:
            return
        resting = next((held for held in self._held.values() if held.carrier is None), None)
        if resting is None:
            raise Busy(len(self._held), retry_after_s=5)
        self._end_later(resting.thread)

    def _end_later(self, thread: LiveThread) -> asyncio.Task[str | None]:
        """Task that ends a session; it goes on whoever stops waiting for it."""
        return self._ending.begin(thread.id, partial(self._end, thread))

    async def _end(self, thread: LiveThread) -> str | None:
        held = self._held.pop(thread.id, None)
        self.open_sessions.set(len(self._held))
        if held is None or thread.recorder is None:
            return None
        if held.expiry is not None:
            held.expiry.cancel()
        await self._tools.work.run_patiently(thread.recorder.close)
        return await self._store(thread.recorder.path)

    def _about(self, thread: LiveThread) -> dict[str, str | None]:
        name = thread.start.name
        return {
            "session": thread.id,
            "asked_by": thread.asked_by,
            "name_hmac": self._tools.store.identifiers.hashed(f"live:{name}") if name else None,
            "transducer": thread.start.transducer,
            "laterality": thread.start.laterality,
        }

    async def _store(self, path: Path) -> str | None:
        """Make a procedure of a recording; if the store is away it is tried again until it is back."""
        try:
            row = await self._tools.work.run_patiently(self._admit, path)
        except StoreUnreachable as error:
            structlog.get_logger().warning("a live session waits to be stored", reason=code_of(error))
            self._left.append(path)
            if self._again is None or self._again.done():
                self._again = asyncio.get_running_loop().create_task(self._store_again())
            raise
        if row is None:
            return None
        self._runner.submit(row.id)
        return row.id

    async def _store_again(self) -> None:
        while self._left:
            await asyncio.sleep(_AGAIN_S)
            left, self._left = self._left, []
            for path in left:
                with suppress(StoreUnreachable):
                    await self._store(path)

    def _admit(self, path: Path) -> ProcedureRow | None:
        """Row of a recording that is safe on disk; None for one without pictures."""
        try:
            source = RecordedSource.opened(path)
        except FileNotFoundError:  # another process's start was quicker
            return self._tools.store.find(path.stem)
        except (ImagingError, ServiceError, ValueError):
            source = None
        if source is None or source.frame_count == 0:
            path.unlink(missing_ok=True)
            return None
        store, engine = self._tools.store, self._tools.engine
        row = ProcedureRow(
            id=path.stem,
            created_at=now(),
            status="queued",
            blob_sha256=self._kept(path),
            media_type=Media.LIVE.value,
            reading=Reading().to_dict(),
            frame_count=source.frame_count,
            frames_done=0,
            frame_time_ms=source.frame_time_ms,
            laterality=source.laterality,
            transducer=source.transducer,
            identity=identity(engine.segmenter.identity, engine.rules.sha256),
        )
        store.add(row, asked_by=source.asked_by or LIVE)
        path.unlink(missing_ok=True)
        return row

    def _kept(self, path: Path) -> str:
        """Hash of a copy in the store: the recording goes only when its procedure is there."""
        blobs = self._tools.store.blobs
        temporary = blobs.temporary()
        try:
            with writing_files():
                shutil.copyfile(path, temporary)
            return blobs.keep(temporary)
        finally:
            temporary.unlink(missing_ok=True)


def _is_left_over(path: Path) -> bool:
    """Whether no process writes this recording any more."""
    try:
        locked_file(path, "r+b").close()
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
