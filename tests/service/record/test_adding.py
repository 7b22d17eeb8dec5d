"""Dates that are taken: as exact as a site allows, and begun by tomorrow."""

from datetime import date

import pytest

from service.errors import BadQuery
from service.record.adding import require_past

NEW_YEARS_EVE = date(2025, 12, 31)


@pytest.mark.parametrize("said", ["2025-12-31", "2026-01-01", "2025-12", "2026-01", "2025", "2026", "1990", None])
def test_what_may_have_come(said: str | None) -> None:
    require_past("visited_on", said, "day", NEW_YEARS_EVE)


@pytest.mark.parametrize("said", ["2026-01-02", "2026-02", "2027", "2100-12-31"])
def test_what_has_not_come_yet_anywhere(said: str) -> None:
    with pytest.raises(BadQuery, match=r"^visited_on lies ahead: expected a date up to 2026-01-01$"):
        require_past("visited_on", said, "day", NEW_YEARS_EVE)


def test_more_exact_than_allowed() -> None:
    with pytest.raises(BadQuery, match="a date is given to the day: this site keeps dates to the month"):
        require_past("performed_on", "2025-11-22", "month", NEW_YEARS_EVE)
