"""Dates of which only a month or a year may be known."""

import re
from calendar import monthrange
from datetime import date

_EARLIEST, _LATEST = 1990, 2100
PRECISIONS = ("year", "month", "day")
_FORM = re.compile(r"^(\d{4})(?:-(?:Q([1-4])|(\d{2})(?:-(\d{2}))?))?$")


def require_date(text: str) -> str:
    """The text, if it is a date of the calendar, to whatever precision."""
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, 1, 1)[:3]
    date(year, month, day)  # raises ValueError, which is what a validator is to raise
    if not _EARLIEST <= year <= _LATEST:
        msg = f"the year is {year}: expected {_EARLIEST} to {_LATEST}"
        raise ValueError(msg)
    return text


def precision_of(text: str) -> str:
    """How exactly a date is said: year, month or day."""
    return PRECISIONS[text.count("-")]


def days_of(text: str) -> tuple[date, date]:
    """First and last day that a date as it is kept may mean: 2026, 2026-Q1, 2026-01 or 2026-01-31.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    found = _FORM.match(text)
    if found is None:
        msg = f"{text[:12]!r} is not a date: expected YYYY, YYYY-Qn, YYYY-MM or YYYY-MM-DD"
        raise ValueError(msg)
    year = int(found[1])
    quarter, month, day = (int(part) if part else 0 for part in found.groups()[1:])
    if day:
        return date(year, month, day), date(year, month, day)
    first, last = (month, month) if month else (3 * quarter - 2, 3 * quarter) if quarter else (1, 12)
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])
