"""Whether what comes in, and what is said of it, has moved: what came after a reference period against it."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from service.report.archive.columns import ArchiveColumns, Category, Flags
from service.report.archive.periods import Span
from service.report.archive.shares import median_of
from service.report.archive.statistics import Drift, drift_of_codes, drift_of_numbers
from service.wire.archive import DriftFigures, DriftRow, DriftSide

_INPUTS = ("grey_mean", "grey_sd", "quality", "view", "spacing_row_mm", "frames")
_OUTPUTS = ("p_inside", "signed_distance_mm", "tip_visible_share", "angle_deg", "recess_thickness_mm")
_CATEGORIES = ("scanner", "calibration")
LEAST = 30
"""So many procedures on each side at least: below that chance alone moves the index by more than 0.5."""
Side = Literal["input", "output"]


def drifts_of(columns: ArchiveColumns, wanted: Span) -> DriftFigures:
    """Drift of input and output; a reference that is open at both ends stands for the earlier half of what is dated."""
    date = columns.categories["date"]
    sides = _sides(date, wanted)
    enough = all(side.sum() >= LEAST for side in sides)
    reference, present = (_side(date, side) for side in sides)
    return DriftFigures(
        reference=reference, present=present, least=LEAST, rows=list(_rows(columns, *sides)) if enough else []
    )


def _sides(date: Category, wanted: Span) -> tuple[Flags, Flags]:
    """Rows of the reference, and those dated after it."""
    dated = date.codes >= 0
    if not dated.any():
        return dated, dated
    if not wanted.is_open:
        within, after = wanted.holds(date.labels), wanted.followed_by(date.labels)
        return date.is_any(_chosen(date, within)), date.is_any(_chosen(date, after))
    split = int(np.median(date.codes[dated]))
    return dated & (date.codes <= split), dated & (date.codes > split)


def _chosen(date: Category, wanted: Flags) -> list[str]:
    return [label for label, chosen in zip(date.labels, wanted.tolist(), strict=True) if chosen]


def _side(date: Category, among: Flags) -> DriftSide | None:
    codes = date.codes[among]
    if not codes.size:
        return None
    first, last = date.labels[codes.min()], date.labels[codes.max()]
    return DriftSide(first=first, last=last, procedures=codes.size)


def _rows(columns: ArchiveColumns, reference: Flags, present: Flags) -> Iterator[DriftRow]:
    for name in _CATEGORIES:
        if columns.categories[name].labels:
            yield _row(name, "input", _codes(columns.categories[name], reference, present))
    for name in _INPUTS:
        yield from _number(columns, name, "input", (reference, present))
    for name in _OUTPUTS:
        yield from _number(columns, name, "output", (reference, present))
    yield _row("verdict", "output", _codes(columns.verdict, reference, present))


def _number(columns: ArchiveColumns, name: str, side: Side, sides: tuple[Flags, Flags]) -> Iterator[DriftRow]:
    before, after = (columns.numbers[name][among] for among in sides)
    medians = median_of(before), median_of(after)
    if None not in medians:
        yield _row(name, side, drift_of_numbers(before, after), medians)


def _codes(column: Category, reference: Flags, present: Flags) -> Drift:
    before, after = (
        np.bincount(column.codes[among] + 1, minlength=len(column.labels) + 1) for among in (reference, present)
    )
    return drift_of_codes(before, after)


def _row(name: str, side: Side, drift: Drift, medians: tuple[float | None, float | None] = (None, None)) -> DriftRow:
    return DriftRow(
        name=name,
        side=side,
        before=medians[0],
        after=medians[1],
        index=round(drift.index, 4),
        by_chance=round(drift.by_chance, 4),
        ks=None if drift.ks is None else round(drift.ks, 4),
        level=drift.level,
    )
