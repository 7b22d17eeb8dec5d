"""Which procedures a list shows."""

import operator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.store.tables import ProcedureRow

if TYPE_CHECKING:
    from collections.abc import Callable


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
class Range:
    """Numbers from the first on and below the second, as a bar of a histogram counts them; None leaves an end open."""

    first: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a procedure must fit; None asks for nothing.

    Parameters
    ----------
    verdict, reason
        Of the procedure as a whole.
    stored
        When it was stored.
    site, operator, injectate
        Codes of the newest record.
    performed
        First and last day of when it was done, as its record says; a date of which only the month or the year is known
        fits if it may lie between them.
    or_stored
        Of one without such a date, the month in which it was stored counts instead: so does the archive.
    reviewed
        Whether there is a review.
    distance_mm, tip_share
        Signed distance and share of needle frames with the tip seen, of the procedure as a whole; what is not known
        fits no range.
    """

    verdict: str | None = None
    reason: str | None = None
    stored: Days = Days()
    site: str | None = None
    operator: str | None = None
    injectate: str | None = None
    performed: tuple[date | None, date | None] = (None, None)
    or_stored: bool = False
    reviewed: bool | None = None
    distance_mm: Range = Range()
    tip_share: Range = Range()

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As SQL."""
        row = ProcedureRow
        distance, share = (row.summary[name].as_float() for name in ("signed_distance_mm", "tip_visible_share"))
        asked: list[tuple[Any, Any, Callable[[Any, Any], Any]]] = [
            (self.verdict, row.verdict, operator.eq),
            (self.reason, row.reason, operator.eq),
            (self.site, row.site, operator.eq),
            (self.operator, row.operator, operator.eq),
            (self.injectate, row.injectate, operator.eq),
            (self.reviewed, row.reviews > 0, operator.eq),
            (self.stored.begin, row.created_at, operator.ge),
            (self.stored.end, row.created_at, operator.lt),
            (self.distance_mm.first, distance, operator.ge),
            (self.distance_mm.below, distance, operator.lt),
            (self.tip_share.first, share, operator.ge),
            (self.tip_share.below, share, operator.lt),
        ]
        return [fits(column, wanted) for wanted, column, fits in asked if wanted is not None] + self._done()

    def _done(self) -> list[sa.ColumnElement[bool]]:
        row, (first, last) = ProcedureRow, self.performed
        found: list[sa.ColumnElement[bool]] = []
        if first is not None:
            stored = row.created_at >= _month(first)
            found.append(sa.func.coalesce(row.performed_last >= first, stored if self.or_stored else sa.false()))
        if last is not None:
            stored = row.created_at < _month(last.replace(day=28) + timedelta(days=4))
            found.append(sa.func.coalesce(row.performed_first <= last, stored if self.or_stored else sa.false()))
        return found


def _month(day: date) -> datetime:
    """First instant of a day's month, UTC."""
    return datetime(day.year, day.month, 1, tzinfo=UTC)


ALL = Choice()
