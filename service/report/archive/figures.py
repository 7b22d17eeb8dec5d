"""What is counted in an archive, as plain values and plots for its page."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from imaging.procedure import ProcedureVerdict
from service.report.archive import charts
from service.report.archive.columns import ArchiveColumns, Category, Flags
from service.report.archive.drifts import drifts_of
from service.report.archive.statistics import (
    CusumRule,
    Share,
    chance_of_a_real_miss,
    cusum,
    funnel_limits,
    share_of,
)
from service.report.page import trusted
from service.report.words import CALIBRATIONS, REASONS, VERDICTS, spoken

Json = dict[str, Any]
CUSUM = CusumRule()
PUBLISHED_MISSES = 0.04
"""Of 50 guided injections into knees without effusion 48 lay in the recess: 96.0 %, 95 % interval 86.5 to 98.9 (Park
YB et al. J Clin Ultrasound 2012, doi 10.1002/jcu.20890)."""
_JUDGES = ((0.90, 0.95), (0.90, 0.97), (0.90, 0.99))
_LISTED, _GROUPS, _CURVES = 200, 60, 16
_LEAST_FOR_FUNNEL = 1
_SHOWN_CODE = 10


def figures(columns: ArchiveColumns, link: str | None) -> Json:
    """Everything that the page says.

    Parameters
    ----------
    link
        Address of a procedure's own report, ``{id}`` for its identifier; None where there is none.
    """
    decided, missed = columns.decided, columns.missed
    overall = share_of(int(missed.sum()), int(decided.sum()))
    withheld = share_of(int((~decided).sum()), len(columns))
    return {
        "procedures": len(columns),
        "files_failed": sum(columns.failures.values()),
        "span": _span(columns),
        "headline": _headline(columns, overall, withheld),
        "verdicts": trusted(charts.verdict_bars(_verdicts(columns))),
        "honesty": _honesty(),
        "periods": _periods(columns),
        "tissues": _tissues(columns),
        "funnels": [_funnel(columns, name, overall) for name in ("operator", "site")],
        "groups": [_groups(columns, name, overall) for name in ("operator", "site")],
        "cusum": _learning(columns),
        "spreads": _spreads(columns),
        "reasons": _reasons(columns),
        "quality": _quality(columns),
        "drift": drifts_of(columns),
        "listed": _listed(columns, link),
    }


def _span(columns: ArchiveColumns) -> str:
    dates = columns.categories["date"].labels
    return f"{dates[0]} to {dates[-1]}" if dates else "without dates"


def _headline(columns: ArchiveColumns, overall: Share, withheld: Share) -> list[Json]:
    seen = columns.numbers["tip_visible_share"]
    known = seen[np.isfinite(seen)]
    return [
        {"value": percent(overall.value, 1), "label": "judged outside, of decided", "note": interval(overall)},
        {"value": percent(withheld.value, 1), "label": "without a verdict, of all", "note": interval(withheld)},
        {
            "value": percent(float(np.median(known)), 0) if known.size else "–",
            "label": "tip seen, median", "note": "of pictures with a needle",
        },
    ]  # fmt: skip


def percent(value: float, digits: int) -> str:
    """A share as a percentage; a dash where there is none."""
    return "–" if np.isnan(value) else f"{100 * value:.{digits}f} %"


def interval(share: Share) -> str:
    """Hits, cases and the interval in words."""
    if not share.n:
        return "none"
    return f"{share.hits} of {share.n}, 95 % interval {100 * share.low:.1f} to {100 * share.high:.1f} %"


def _verdicts(columns: ArchiveColumns) -> dict[ProcedureVerdict, Share]:
    counts = columns.verdict.counts()
    return {verdict: share_of(counts.get(verdict.value, 0), len(columns)) for verdict in ProcedureVerdict}


def _honesty() -> list[Json]:
    return [
        {
            "sensitivity": percent(sensitivity, 0), "specificity": percent(specificity, 0),
            "real": percent(chance_of_a_real_miss(PUBLISHED_MISSES, sensitivity, specificity), 0),
        }
        for sensitivity, specificity in _JUDGES
    ]  # fmt: skip


def _periods(columns: ArchiveColumns) -> Any:  # noqa: ANN401 - markup or nothing
    date, decided, missed = columns.categories["date"], columns.decided, columns.missed
    if not date.labels:
        return ""
    size = len(date.labels)
    known = date.codes >= 0

    def count(flags: Flags) -> list[int]:
        numbers: list[int] = np.bincount(date.codes[known & flags], minlength=size).tolist()
        return numbers

    all_of, decided_of = count(np.ones(len(columns), dtype=np.bool_)), count(decided)
    misses = [share_of(hits, n) for hits, n in zip(count(missed), decided_of, strict=True)]
    withheld = [share_of(n - m, n) for n, m in zip(all_of, decided_of, strict=True)]
    return trusted(charts.by_period(list(date.labels), misses, withheld))


def _tissues(columns: ArchiveColumns) -> Any:  # noqa: ANN401 - markup or nothing
    counts = {tissue: n for tissue, n in columns.categories["tissue"].counts(columns.missed).items() if n}
    return trusted(charts.tissue_bars(counts)) if counts else ""


def _by_group(columns: ArchiveColumns, name: str) -> list[tuple[str, Share, Flags]]:
    """Name, share of misses and rows of every operator or site, those with the most decided procedures first."""
    group, decided, missed = columns.categories[name], columns.decided, columns.missed
    size = len(group.labels)
    known = decided & (group.codes >= 0)
    n = np.bincount(group.codes[known], minlength=size)
    hits = np.bincount(group.codes[known & missed], minlength=size)
    order = np.argsort(-n, kind="stable")
    return [(group.labels[at], share_of(int(hits[at]), int(n[at])), group.codes == at) for at in order]


def _is_outside(share: Share, centre: float) -> bool:
    """Whether a share lies beyond the 99.8 % limits."""
    low, high = funnel_limits(centre, np.array([share.n]), 0.001)
    return not low[0] <= share.value <= high[0]


def _funnel(columns: ArchiveColumns, name: str, overall: Share) -> Any:  # noqa: ANN401 - markup or nothing
    if not overall.n:
        return ""
    points = [
        charts.Point(short(label), share, _is_outside(share, overall.value))
        for label, share, _ in _by_group(columns, name)
        if share.n >= _LEAST_FOR_FUNNEL
    ]
    return trusted(charts.funnel(f"funnel-{name}", points, overall.value, name)) if len(points) > 1 else ""


def _groups(columns: ArchiveColumns, name: str, overall: Share) -> Json:
    rows = []
    for label, share, among in _by_group(columns, name)[:_GROUPS]:
        every = int(among.sum())
        rows.append(
            {
                "name": short(label), "procedures": every, "decided": share.n, "missed": percent(share.value, 1),
                "interval": interval(share),
                "withheld": percent((every - share.n) / every, 1) if every else "–",
                "seen": percent(_median(columns, "tip_visible_share", among), 0),
                "angle": degrees(_median(columns, "angle_deg", among)),
                "outside": bool(share.n) and _is_outside(share, overall.value),
            }
        )  # fmt: skip
    return {"name": name, "rows": rows, "more": max(len(columns.categories[name].labels) - _GROUPS, 0)}


def _median(columns: ArchiveColumns, name: str, among: Flags) -> float:
    values = columns.numbers[name][among]
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def degrees(value: float) -> str:
    """An angle; a dash where there is none."""
    return "–" if np.isnan(value) else f"{value:.0f}°"


def short(code: str) -> str:
    """Enough of a keyed hash to tell it from others; a code of a site's own list whole."""
    return code[:_SHOWN_CODE] if len(code) == 64 else code


def _learning(columns: ArchiveColumns) -> Json:
    order = columns.in_order
    order = order[columns.decided[order]]
    missed, operator = columns.missed, columns.categories["operator"].codes
    curves = []
    for label, _, among in _by_group(columns, "operator")[:_CURVES]:
        rows = order[among[order]]
        if rows.size > 1:
            curves.append(charts.Curve(short(label), cusum(missed[rows], CUSUM)))
    plot = trusted(charts.learning_curves(curves, CUSUM)) if curves and (operator >= 0).any() else ""
    alarmed = [curve.name for curve in curves if (curve.heights >= CUSUM.limit).any()]
    return {"plot": plot, "alarmed": alarmed, "limit": CUSUM.limit, "rule": asdict(CUSUM)}


def _spreads(columns: ArchiveColumns) -> Any:  # noqa: ANN401 - markup or nothing
    wanted = (
        ("tip_visible_share", "tip seen (share of pictures)", np.linspace(0, 1, 21)),
        ("angle_deg", "needle to probe face (°)", np.arange(0, 61, 3, dtype=np.float64)),
        ("signed_distance_mm", "tip to wall (mm)", np.arange(-15, 11, 1, dtype=np.float64)),
        ("recess_thickness_mm", "recess thickness (mm)", np.arange(0, 16, 0.75, dtype=np.float64)),
    )
    known = [
        charts.Spread(label, columns.numbers[name], edges)
        for name, label, edges in wanted
        if np.isfinite(columns.numbers[name]).any()
    ]
    return trusted(charts.histograms(known)) if known else ""


def _reasons(columns: ArchiveColumns) -> Any:  # noqa: ANN401 - markup or nothing
    withheld = ~columns.decided[columns.reason_rows]
    counts = {code: n for code, n in columns.reasons.counts(withheld).items() if n}
    return trusted(charts.reason_bars(counts)) if counts else ""


def _quality(columns: ArchiveColumns) -> Json:
    calibration, scanner = columns.categories["calibration"], columns.categories["scanner"]
    counts = columns.reasons.counts()
    sources = {CALIBRATIONS.get(source, source): n for source, n in calibration.counts().items()}
    checks = {
        "not calibrated: nothing is judged in millimetres": counts.get("NOT_CALIBRATED", 0),
        "wrong view": counts.get("WRONG_VIEW", 0),
        "picture too poor": counts.get("POOR_IMAGE", 0),
        "no needle found": counts.get("NO_NEEDLE", 0),
        "scale changed on the way": counts.get("SCALE_CHANGED", 0),
    }
    return {
        "checks": [{"name": name, "share": interval(share_of(n, len(columns)))} for name, n in checks.items()],
        "calibrations": sorted(sources.items(), key=lambda item: -item[1]),
        "scanners": list(_scanners(columns, scanner)),
        "failures": sorted(columns.failures.items(), key=lambda item: -item[1]),
        "models": len(columns.categories["model"].labels),
    }


def _scanners(columns: ArchiveColumns, scanner: Category) -> Iterator[Json]:
    decided = columns.decided
    for at, label in enumerate(scanner.labels):
        among = scanner.codes == at
        every = int(among.sum())
        quality = _median(columns, "quality", among)
        yield {
            "name": label, "procedures": every,
            "withheld": percent(float((among & ~decided).sum() / every), 1),
            "quality": "–" if np.isnan(quality) else f"{quality:.2f}",
        }  # fmt: skip


def _listed(columns: ArchiveColumns, link: str | None) -> Json:
    misses = np.flatnonzero(columns.missed)
    undecided = np.flatnonzero(columns.verdict.is_any([ProcedureVerdict.INDETERMINATE.value]))
    rows: Sequence[int] = [*misses[:_LISTED].tolist(), *undecided[:_LISTED].tolist()]
    first: dict[int, str] = {}
    for row, code in zip(columns.reason_rows.tolist(), columns.reasons.codes.tolist(), strict=True):
        first.setdefault(row, columns.reasons.labels[code])
    return {
        "rows": [_line(columns, row, first.get(row), link) for row in rows],
        "more": max(len(misses) - _LISTED, 0) + max(len(undecided) - _LISTED, 0),
    }


def _line(columns: ArchiveColumns, row: int, reason: str | None, link: str | None) -> Json:
    def label(name: str) -> str:
        category = columns.categories[name]
        code = category.codes[row]
        return category.labels[code] if code >= 0 else ""

    name = str(columns.ids[row])
    distance, chance = columns.numbers["signed_distance_mm"][row], columns.numbers["p_inside"][row]
    words = VERDICTS[ProcedureVerdict(label("verdict"))]
    return {
        "id": name, "href": link.format(id=name) if link else "", "date": label("date"),
        "verdict": f"{words.mark} {words.title}", "tissue": spoken(label("tissue")),
        "distance": "" if np.isnan(distance) else f"{distance:+.1f}".replace("-", "−"),
        "p": "" if np.isnan(chance) else f"{chance:.2f}",
        "reason": REASONS.get(reason or "", reason or ""),
        "operator": short(label("operator")), "site": short(label("site")),
    }  # fmt: skip
