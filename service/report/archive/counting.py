"""What is counted in an archive, as plain numbers: the page sets them in words and plots, the dashboard draws them."""

from collections.abc import Iterator

import numpy as np

from imaging.procedure import ProcedureVerdict
from service.report.archive.addresses import Addresses
from service.report.archive.columns import ArchiveColumns, Category, Flags, Numbers
from service.report.archive.drifts import drifts_of
from service.report.archive.groups import grouped, learning
from service.report.archive.periods import EVER, Span, periods_of
from service.report.archive.shares import median_of, rounded, share_answer
from service.report.archive.statistics import chance_of_a_real_miss
from service.wire.archive import (
    ArchiveFigures,
    Count,
    Histogram,
    Judge,
    LookedAt,
    PeriodShares,
    QualityFigures,
    ScannerFigures,
    VerdictShare,
)

PUBLISHED_MISSES = 0.04
"""Of 50 guided injections into knees without effusion 48 lay in the recess: 96.0 %, 95 % interval 86.5 to 98.9 (Park
YB et al. J Clin Ultrasound 2012, doi 10.1002/jcu.20890)."""
_JUDGES = ((0.90, 0.95), (0.90, 0.97), (0.90, 0.99))
_LISTED = 200
_DATA_REASONS = ("NOT_CALIBRATED", "WRONG_VIEW", "POOR_IMAGE", "NO_NEEDLE", "SCALE_CHANGED")
_EDGES = {
    "tip_visible_share": np.arange(21) / 20,
    "angle_deg": np.arange(0, 61, 3, dtype=np.float64),
    "signed_distance_mm": np.arange(-15, 11, 1, dtype=np.float64),
    "recess_thickness_mm": np.arange(0, 16, 0.75, dtype=np.float64),
}


def count(columns: ArchiveColumns, addresses: Addresses, reference: Span = EVER) -> ArchiveFigures:
    """Everything that is said of an archive.

    Parameters
    ----------
    reference
        Period that drift is told against; the earlier half if it is open at both ends.
    """
    decided, missed = columns.decided, columns.missed
    overall = share_answer(int(missed.sum()), int(decided.sum()))
    dates = columns.categories["date"].labels
    misses, undecided = _to_look_at(columns)
    return ArchiveFigures(
        procedures=len(columns),
        first_date=dates[0] if dates else None,
        last_date=dates[-1] if dates else None,
        outside=overall,
        withheld=share_answer(int((~decided).sum()), len(columns)),
        tip_visible_share=median_of(columns.numbers["tip_visible_share"]),
        judges=list(_judges()),
        verdicts=list(_verdicts(columns)),
        periods=_periods(columns),
        tissues=_counts(columns.categories["tissue"].counts(missed)),
        reasons=_counts(columns.reasons.counts(~decided[columns.reason_rows])),
        operators=grouped(columns, "operator", overall),
        sites=grouped(columns, "site", overall),
        cusum=learning(columns),
        histograms=list(_histograms(columns)),
        quality=_quality(columns),
        drift=drifts_of(columns, reference),
        looked_at=_looked_at(columns, [*misses[:_LISTED], *undecided[:_LISTED]], addresses),
        not_listed=max(len(misses) - _LISTED, 0) + max(len(undecided) - _LISTED, 0),
    )


def _judges() -> Iterator[Judge]:
    for sensitivity, specificity in _JUDGES:
        real = chance_of_a_real_miss(PUBLISHED_MISSES, sensitivity, specificity)
        yield Judge(sensitivity=sensitivity, specificity=specificity, real=round(real, 4))


def _verdicts(columns: ArchiveColumns) -> Iterator[VerdictShare]:
    counts = columns.verdict.counts()
    for verdict in ProcedureVerdict:
        yield VerdictShare(verdict=verdict, of_all=share_answer(counts.get(verdict.value, 0), len(columns)))


def _periods(columns: ArchiveColumns) -> list[PeriodShares]:
    date, decided = columns.categories["date"], columns.decided
    date = date.relabelled(periods_of(date.labels))

    def numbers(flags: Flags) -> list[int]:
        return list(date.counts(flags).values())

    every = numbers(np.ones(len(columns), dtype=np.bool_))
    rows = zip(date.labels, every, numbers(decided), numbers(columns.missed), strict=True)
    return [
        PeriodShares(date=label, outside=share_answer(hits, n), withheld=share_answer(of - n, of))
        for label, of, n, hits in rows
    ]


def _counts(numbers: dict[str, int]) -> list[Count]:
    """Codes that are there, the most frequent first."""
    there = sorted(((code, n) for code, n in numbers.items() if n), key=lambda item: -item[1])
    return [Count(code=code, count=n) for code, n in there]


def _histograms(columns: ArchiveColumns) -> Iterator[Histogram]:
    for name, edges in _EDGES.items():
        known = columns.numbers[name][np.isfinite(columns.numbers[name])]
        if known.size:
            counts, _ = np.histogram(np.clip(known, edges[0], edges[-1]), edges)
            yield Histogram(
                name=name,
                edges=[round(float(edge), 4) for edge in edges],
                counts=counts.tolist(),
                n=known.size,
                median=median_of(known),
            )


def _quality(columns: ArchiveColumns) -> QualityFigures:
    counts = columns.reasons.counts()
    return QualityFigures(
        checks=[Count(code=code, count=counts.get(code, 0)) for code in _DATA_REASONS],
        calibrations=_counts(columns.categories["calibration"].counts()),
        scanners=list(_scanners(columns, columns.categories["scanner"])),
        failures=_counts(dict(columns.failures)),
        models=len(columns.categories["model"].labels),
        repeated=columns.repeated,
    )


def _scanners(columns: ArchiveColumns, scanner: Category) -> Iterator[ScannerFigures]:
    decided = columns.decided
    for at, label in enumerate(scanner.labels):
        among = scanner.codes == at
        yield ScannerFigures(
            scanner=label,
            procedures=int(among.sum()),
            withheld=share_answer(int((among & ~decided).sum()), int(among.sum())),
            quality=median_of(columns.numbers["quality"][among]),
        )


def _to_look_at(columns: ArchiveColumns) -> tuple[list[int], list[int]]:
    undecided = columns.verdict.is_any([ProcedureVerdict.INDETERMINATE.value])
    return np.flatnonzero(columns.missed).tolist(), np.flatnonzero(undecided).tolist()


def _looked_at(columns: ArchiveColumns, rows: list[int], addresses: Addresses) -> list[LookedAt]:
    first: dict[int, str] = {}
    for row, code in zip(columns.reason_rows.tolist(), columns.reasons.codes.tolist(), strict=True):
        first.setdefault(row, columns.reasons.labels[code])
    return [_line(columns, row, first.get(row), addresses) for row in rows]


def _line(columns: ArchiveColumns, row: int, reason: str | None, addresses: Addresses) -> LookedAt:
    page, report = addresses.of(str(columns.service_ids[row]))

    def label(of: str) -> str | None:
        category = columns.categories[of]
        return category.labels[category.codes[row]] if category.codes[row] >= 0 else None

    def number(values: Numbers) -> float | None:
        return rounded(float(values[row]))

    return LookedAt(
        id=str(columns.ids[row]),
        date=label("date"),
        verdict=ProcedureVerdict(label("verdict") or ""),
        tissue=label("tissue"),
        signed_distance_mm=number(columns.numbers["signed_distance_mm"]),
        p_inside=number(columns.numbers["p_inside"]),
        reason=reason,
        operator=label("operator"),
        site=label("site"),
        page=page,
        report=report,
    )
