"""Which procedures a list shows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

import sqlalchemy as sa

from service.store.tables import ProcedureRow


@dataclass(frozen=True, slots=True)
class Days:
    """First and last day, both included; None leaves an end open.

    Parameters
    ----------
    zone_min
        Minutes by which the days of whoever asks are ahead of UTC.
    """

    since: date | None = None
    until: date | None = None
    zone_min: int = 0

    @property
    def begin(self) -> datetime | None:
        """First instant."""
        return None if self.since is None else self._midnight(self.since)

    @property
    def end(self) -> datetime | None:
        """First instant after."""
        return None if self.until is None else self._midnight(self.until) + timedelta(days=1)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), timezone(timedelta(minutes=self.zone_min)))


@dataclass(frozen=True, slots=True)
class Choice:
    """What a procedure must fit; None asks for nothing.

    Parameters
    ----------
    verdict, reason
        Of the procedure as a whole.
    days
        When it was stored.
    among
        Identifiers, at most some ten thousand.
    """

    verdict: str | None = None
    reason: str | None = None
    days: Days = Days()
    among: Collection[str] | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As SQL."""
        created, begin, end = ProcedureRow.created_at, self.days.begin, self.days.end
        wanted: list[sa.ColumnElement[bool]] = []
        if self.verdict is not None:
            wanted.append(ProcedureRow.verdict == self.verdict)
        if self.reason is not None:
            wanted.append(ProcedureRow.summary["reason"].as_string() == self.reason)
        if begin is not None:
            wanted.append(created >= begin)
        if end is not None:
            wanted.append(created < end)
        if self.among is not None:
            wanted.append(ProcedureRow.id.in_(sorted(self.among)))
        return wanted


ALL = Choice()
