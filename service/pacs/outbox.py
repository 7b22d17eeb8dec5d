"""Results on their way to the archive: a queue that survives a stop, in a file that stays with the site.

The rows hold the identifiers of the images that results are about, as they are in the archive: without them no result
could be put beside its image. They are the site's own map of its keyed hashes, so they lie in a file of their own that
only its owner may read, apart from the store; nothing else about a person is in it, and no answer or log repeats it.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa

from service.decoding.ask import InstanceName
from service.errors import NotFound
from service.store.trouble import name_trouble_of, writing_files

_TABLES = sa.MetaData()
_PUSHES = sa.Table(
    "push",
    _TABLES,
    sa.Column("procedure_id", sa.String(32), primary_key=True),
    sa.Column("study_uid", sa.String(64), nullable=False),
    sa.Column("series_uid", sa.String(64), nullable=False),
    sa.Column("sop_uid", sa.String(64), nullable=False),
    sa.Column("sop_class_uid", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Column("problem", sa.String(200)),
)


class PushState(StrEnum):
    """Where results are on their way."""

    ANALYSING = "analysing"
    """There are none yet."""
    WAITING = "waiting"
    """To be pushed when they are due."""
    DELIVERED = "delivered"
    """The archive has them."""
    DEAD = "dead"
    """Given up: the archive refused them, or did not take them in as many tries as are made."""
    WITHDRAWN = "withdrawn"
    """There will be none: the analysis failed."""


@dataclass(frozen=True, slots=True)
class Push:
    """Results of one procedure on their way, and the image they are about.

    ``due_at`` and ``changed_at`` are seconds since 1970.
    """

    procedure_id: str
    image: InstanceName
    state: PushState
    attempts: int
    due_at: float
    changed_at: float
    problem: str | None


class Outbox:
    """The queue of one site. Safe to use from several threads and processes; each change is synchronised to disk."""

    def __init__(self, path: Path) -> None:
        with writing_files():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", _durable)
        name_trouble_of(self._engine)
        _TABLES.create_all(self._engine)
        if os.name == "posix":
            path.chmod(0o600)

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def expect(self, procedure_id: str, image: InstanceName) -> None:
        """Remember that a procedure's results belong beside this image; once more is harmless."""
        identifiers = {
            "study_uid": image.study_uid,
            "series_uid": image.series_uid,
            "sop_uid": image.sop_uid,
            "sop_class_uid": image.sop_class_uid,
        }
        now = time.time()
        fresh = {"state": PushState.ANALYSING, "attempts": 0, "due_at": now, "changed_at": now, "problem": None}
        with self._engine.begin() as connection:
            known = connection.scalar(sa.select(_PUSHES.c.state).where(_PUSHES.c.procedure_id == procedure_id))
            if known is None:
                row = {"procedure_id": procedure_id, **identifiers, **fresh}
                connection.execute(sa.insert(_PUSHES).prefix_with("OR IGNORE").values(**row))
            elif known == PushState.WITHDRAWN:
                connection.execute(_change(procedure_id).values(**fresh))

    def listed(self, *states: PushState, limit: int = 1_000) -> list[Push]:
        """Pushes in these states (in any, if none is given), the one that changed first first."""
        wanted = sa.select(_PUSHES).order_by(_PUSHES.c.changed_at, _PUSHES.c.procedure_id).limit(limit)
        if states:
            wanted = wanted.where(_PUSHES.c.state.in_(states))
        with self._engine.connect() as connection:
            return [_push(row) for row in connection.execute(wanted)]

    def due(self, now: float, limit: int = 100) -> list[Push]:
        """Waiting pushes whose time has come, the longest waiting first.

        One that was put off in what is the future now, because the clock was set back since, is due as well.
        """
        come = sa.or_(_PUSHES.c.due_at <= now, _PUSHES.c.changed_at > now)
        wanted = sa.select(_PUSHES).where(_PUSHES.c.state == PushState.WAITING, come)
        with self._engine.connect() as connection:
            return [_push(row) for row in connection.execute(wanted.order_by(_PUSHES.c.due_at).limit(limit))]

    def counts(self) -> dict[PushState, int]:
        """Number of pushes in every state."""
        counted = sa.select(_PUSHES.c.state, sa.func.count()).group_by(_PUSHES.c.state)
        with self._engine.connect() as connection:
            found = {PushState(state): int(number) for state, number in connection.execute(counted)}
        return {state: found.get(state, 0) for state in PushState}

    def ready(self, procedure_id: str) -> None:
        """The results are there: push them at once."""
        self._set(procedure_id, state=PushState.WAITING, due_at=time.time())

    def withdraw(self, procedure_id: str) -> None:
        """There will be no results."""
        self._set(procedure_id, state=PushState.WITHDRAWN)

    def delivered(self, procedure_id: str) -> None:
        """The archive has the results."""
        self._set(procedure_id, state=PushState.DELIVERED, attempts=_PUSHES.c.attempts + 1, problem=None)

    def postpone(self, procedure_id: str, due_at: float, problem: str) -> None:
        """Try again at a later time."""
        self._set(procedure_id, due_at=due_at, attempts=_PUSHES.c.attempts + 1, problem=problem)

    def bury(self, procedure_id: str, problem: str) -> None:
        """Give up, and keep the reason."""
        self._set(procedure_id, state=PushState.DEAD, attempts=_PUSHES.c.attempts + 1, problem=problem)

    def retry(self, procedure_ids: Sequence[str] | None = None) -> int:
        """Push results again that were given up (all of them, for None) from the first attempt on; gives how many.

        Raises
        ------
        NotFound
            If one of the procedures named has nothing that was given up.
        """
        dead = sa.update(_PUSHES).where(_PUSHES.c.state == PushState.DEAD)
        if procedure_ids is not None:
            dead = dead.where(_PUSHES.c.procedure_id.in_(procedure_ids))
        now = time.time()
        with self._engine.begin() as connection:
            revived = connection.execute(
                dead.values(state=PushState.WAITING, attempts=0, due_at=now, changed_at=now)
            ).rowcount
            if procedure_ids is not None and revived < len(set(procedure_ids)):
                msg = f"{revived} of {len(set(procedure_ids))} procedures named have results that were given up"
                raise NotFound(msg)
        return revived

    def _set(self, procedure_id: str, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(_change(procedure_id).values(changed_at=time.time(), **values))


def _change(procedure_id: str) -> sa.Update:
    return sa.update(_PUSHES).where(_PUSHES.c.procedure_id == procedure_id)


def _push(row: sa.Row[tuple[object, ...]]) -> Push:
    image = InstanceName(row.study_uid, row.series_uid, row.sop_uid, row.sop_class_uid)
    return Push(
        procedure_id=row.procedure_id,
        image=image,
        state=PushState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        changed_at=row.changed_at,
        problem=row.problem,
    )


def _durable(connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
