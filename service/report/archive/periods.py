"""Spans of time between dates that are kept as exactly as a site allows, and periods to count dates by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from service.errors import BadQuery
from service.wire.dates import days_of


@dataclass(frozen=True, slots=True)
class Span:
    """From one date to another, both included; None leaves an end open.

    Raises
    ------
    BadQuery
        If one of them is not a date, or it ends before it begins.
    """

    first: str | None = None
    last: str | None = None

    def __post_init__(self) -> None:
        try:
            begin, end = self.days
        except ValueError as error:
            msg = f"a period from {self.first} to {self.last} cannot be: {error}"
            raise BadQuery(msg) from error
        if begin > end:
            msg = f"a period from {self.first} to {self.last} ends before it begins"
            raise BadQuery(msg)

    @property
    def days(self) -> tuple[date, date]:
        """First and last day."""
        begin = days_of(self.first)[0] if self.first else date.min
        return begin, days_of(self.last)[1] if self.last else date.max

    @property
    def is_open(self) -> bool:
        """Whether it leaves nothing out."""
        return self.first is None and self.last is None

    def holds(self, labels: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which dates may lie in it, wholly or in part."""
        begin, end = self.days
        spans = [days_of(label) for label in labels]
        return np.array([last >= begin and first <= end for first, last in spans], dtype=np.bool_)

    def followed_by(self, labels: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which dates lie wholly after it."""
        _, end = self.days
        return np.array([days_of(label)[0] > end for label in labels], dtype=np.bool_)


EVER = Span()
"""Leaves nothing out."""
_READABLE = 24
_DAY, _MONTH, _QUARTER, _YEAR = range(4)


def periods_of(dates: Sequence[str]) -> list[str]:
    """Period that each date lies in: a day, month, quarter or year, the same for all.

    As long as the least exact of the dates is, and longer where there would be more than can be told apart in a plot:
    days become months then, and what is shorter than a year becomes years.
    """
    length = max(map(_length, dates), default=_DAY)
    for longer in (_MONTH, _YEAR):
        if length < longer and len({_within(date, length) for date in dates}) > _READABLE:
            length = longer
    return [_within(date, length) for date in dates]


def _length(date: str) -> int:
    return _QUARTER if "Q" in date else {4: _YEAR, 7: _MONTH}.get(len(date), _DAY)


def _within(date: str, length: int) -> str:
    """Period of a length that a date lies in."""
    if length == _QUARTER and "Q" not in date:
        return f"{date[:4]}-Q{(int(date[5:7]) + 2) // 3}"
    return date[: {_MONTH: 7, _QUARTER: 7, _YEAR: 4}.get(length)]
