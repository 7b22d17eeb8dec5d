"""Periods that dates are counted by: as long as the least exact date, and few enough to be told apart."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.report.archive.periods import periods_of
from service.wire.dates import days_of

DAYS = [f"2026-{month:02d}-{day:02d}" for month in (2, 3) for day in range(1, 15)]
MONTHS = [f"{2023 + at // 12}-{at % 12 + 1:02d}" for at in range(25)]


@pytest.mark.parametrize(
    ("dates", "periods"),
    [
        ([], []),
        (["2026-03-05", "2026-03-06"], ["2026-03-05", "2026-03-06"]),
        (["2026-03", "2026-03-05", "2026-04-01"], ["2026-03", "2026-03", "2026-04"]),
        (["2026-Q1", "2026-03", "2026-04"], ["2026-Q1", "2026-Q1", "2026-Q2"]),
        (["2025", "2026-03", "2026-03-05"], ["2025", "2026", "2026"]),
        (DAYS, [day[:7] for day in DAYS]),
        (DAYS[:24], DAYS[:24]),
        (MONTHS, [month[:4] for month in MONTHS]),
        ([*DAYS, *MONTHS], [one[:4] for one in (*DAYS, *MONTHS)]),
    ],
)
def test_by_hand(dates: list[str], periods: list[str]) -> None:
    assert periods_of(dates) == periods


FORMS = st.dates(date(1990, 1, 1), date(2100, 12, 31)).map(
    lambda day: [f"{day:%Y-%m-%d}", f"{day:%Y-%m}", f"{day:%Y}-Q{(day.month + 2) // 3}", f"{day:%Y}"]
)


@given(st.lists(FORMS.flatmap(st.sampled_from), min_size=1, max_size=60))
def test_each_date_lies_in_its_period_and_no_period_in_another(dates: list[str]) -> None:
    found = periods_of(dates)
    for one, period in zip(dates, found, strict=True):
        (first, last), (begin, end) = days_of(one), days_of(period)
        assert begin <= first <= last <= end
    spans = sorted(days_of(period) for period in set(found))
    assert all(before[1] < after[0] for before, after in pairwise(spans))
