"""Dates of which only a month or a year may be known."""

from datetime import date

_EARLIEST, _LATEST = 1990, 2100
PRECISIONS = ("year", "month", "day")


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
