"""The figures of an archive in words and plots, as its page shows them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from imaging.overlay import probability_words
from service.report.archive import charts
from service.report.archive.shares import share_answer
from service.report.page import trusted
from service.report.words import CALIBRATIONS, REASONS, TISSUES, VERDICTS, short
from service.wire.archive import (
    ArchiveFigures,
    CusumFigures,
    DriftFigures,
    DriftRow,
    Grouped,
    LookedAt,
    QualityFigures,
    ShareAnswer,
)

Json = dict[str, Any]
T = TypeVar("T")
_SPREADS = {
    "tip_visible_share": "tip seen (share of pictures)",
    "angle_deg": "needle to probe face (°)",
    "signed_distance_mm": "tip to wall (mm)",
    "recess_thickness_mm": "recess thickness (mm)",
}
_CHECKS = {
    "NOT_CALIBRATED": "not calibrated: nothing is judged in millimetres",
    "WRONG_VIEW": "wrong view",
    "POOR_IMAGE": "picture too poor",
    "NO_NEEDLE": "no needle found",
    "SCALE_CHANGED": "scale changed on the way",
}
_MOVED = {
    "scanner": "scanner",
    "calibration": "source of the scale",
    "grey_mean": "mean grey level",
    "grey_sd": "spread of grey levels",
    "quality": "quality score of the picture",
    "view": "score of the view",
    "spacing_row_mm": "size of a pixel (mm)",
    "frames": "pictures of a procedure",
    "p_inside": "probability inside",
    "signed_distance_mm": "tip to wall (mm)",
    "tip_visible_share": "share of pictures with the tip",
    "angle_deg": "needle to probe face (°)",
    "recess_thickness_mm": "thickness of the recess (mm)",
    "verdict": "verdict",
}


def figures(counted: ArchiveFigures) -> Json:
    """Everything that the page says."""
    return {
        "procedures": counted.procedures,
        "files_failed": sum(one.count for one in counted.quality.failures),
        "span": f"{counted.first_date} to {counted.last_date}" if counted.first_date else "without dates",
        "headline": _headline(counted),
        "verdicts": trusted(charts.verdict_bars(counted.verdicts)),
        "honesty": [
            {name: percent(value, 0) for name, value in judge.model_dump().items()} for judge in counted.judges
        ],
        "periods": _plot(charts.by_period, counted.periods),
        "tissues": _plot(charts.tissue_bars, counted.tissues),
        "funnels": [_funnel(counted, "operator", counted.operators), _funnel(counted, "site", counted.sites)],
        "groups": [_groups("operator", counted.operators), _groups("site", counted.sites)],
        "cusum": _learning(counted.cusum),
        "spreads": _plot(charts.histograms, [(_SPREADS[one.name], one) for one in counted.histograms]),
        "reasons": _plot(charts.reason_bars, counted.reasons),
        "quality": _quality(counted.quality, counted.procedures),
        "drift": drift_in_words(counted.drift),
        "listed": {"rows": [_line(row) for row in counted.looked_at], "more": counted.not_listed},
    }


def percent(value: float | None, digits: int) -> str:
    """A share as a percentage; a dash where there is none."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def interval(share: ShareAnswer) -> str:
    """Hits, cases and the interval in words."""
    if share.low is None or share.high is None:
        return "none"
    return f"{share.hits} of {share.n}, 95 % interval {100 * share.low:.1f} to {100 * share.high:.1f} %"


def _plot(draw: Callable[[Sequence[T]], str], shown: Sequence[T]) -> Any:  # noqa: ANN401 - markup or nothing
    return trusted(draw(shown)) if shown else ""


def _headline(counted: ArchiveFigures) -> list[Json]:
    return [
        {
            "value": percent(counted.outside.share, 1),
            "label": "judged outside, of decided",
            "note": interval(counted.outside),
        },
        {
            "value": percent(counted.withheld.share, 1),
            "label": "without a verdict, of all",
            "note": interval(counted.withheld),
        },
        {
            "value": percent(counted.tip_visible_share, 0),
            "label": "tip seen, median",
            "note": "of pictures with a needle",
        },
    ]


def _funnel(counted: ArchiveFigures, name: str, grouped: Grouped) -> Any:  # noqa: ANN401 - markup or nothing
    points = [group for group in grouped.groups if group.outside.n]
    if len(points) < 2 or grouped.limits is None or counted.outside.share is None:
        return ""
    return trusted(charts.funnel(name, points, grouped.limits, counted.outside.share))


def _groups(name: str, grouped: Grouped) -> Json:
    rows = [
        {
            "name": short(group.code),
            "procedures": group.procedures,
            "decided": group.outside.n,
            "missed": group.outside.hits,
            "interval": interval(group.outside),
            "withheld": percent(group.withheld.share, 1),
            "seen": percent(group.tip_visible_share, 0),
            "angle": _shown(group.angle_deg, ".0f", "°"),
            "outside": group.beyond,
        }
        for group in grouped.groups
    ]
    return {"name": name, "rows": rows, "more": grouped.more}


def _learning(cusum: CusumFigures) -> Json:
    return {
        "plot": trusted(charts.learning_curves(cusum)) if cusum.curves else "",
        "alarmed": [short(curve.operator) for curve in cusum.curves if curve.alarms],
        "limit": cusum.limit,
        "rule": cusum,
    }


def _quality(quality: QualityFigures, procedures: int) -> Json:
    return {
        "checks": [
            {"name": _CHECKS[one.code], "share": interval(share_answer(one.count, procedures))}
            for one in quality.checks
        ],
        "calibrations": [(CALIBRATIONS.get(one.code, one.code), one.count) for one in quality.calibrations],
        "scanners": [
            {
                "name": one.scanner,
                "procedures": one.procedures,
                "withheld": percent(one.withheld.share, 1),
                "quality": _shown(one.quality, ".2f"),
            }
            for one in quality.scanners
        ],
        "failures": [(one.code, one.count) for one in quality.failures],
        "models": quality.models,
        "repeated": quality.repeated,
    }


def drift_in_words(drift: DriftFigures) -> Json:
    """Both periods, what moved between them, or why that is not told."""
    why_not = ""
    if drift.reference is None:
        why_not = "No procedure is dated in the reference period."
    elif not drift.rows:
        why_not = (
            f"Fewer than {drift.least} procedures lie within the reference period, or after {drift.reference.last}."
        )
    sides = {
        name: f"{side.first} to {side.last}: {side.procedures} procedures" if side else ""
        for name, side in (("reference", drift.reference), ("present", drift.present))
    }
    return {"why_not": why_not, **sides, "rows": [_moved(row) for row in drift.rows]}


def _moved(row: DriftRow) -> Json:
    return {
        "label": _MOVED[row.name],
        "side": row.side,
        "before": _median(row.name, row.before),
        "after": _median(row.name, row.after),
        "index": f"{row.index:.3f}",
        "chance": f"{row.by_chance:.3f}",
        "ks": "" if row.ks is None else f"{row.ks:.2f}",
        "level": row.level,
    }


def _median(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return probability_words(value) if name == "p_inside" else f"{value:.3g}"


def _line(row: LookedAt) -> Json:
    words = VERDICTS[row.verdict]
    distance = "" if row.signed_distance_mm is None else f"{row.signed_distance_mm:+.1f}".replace("-", "−")
    return {
        "id": row.id,
        "href": row.report or "",
        "page": row.page or "",
        "date": row.date or "",
        "verdict": f"{words.mark} {words.title}",
        "tissue": TISSUES.get(row.tissue or "", row.tissue or ""),
        "distance": distance,
        "p": "" if row.p_inside is None else probability_words(row.p_inside),
        "reason": REASONS.get(row.reason or "", row.reason or ""),
        "operator": short(row.operator or ""),
        "site": short(row.site or ""),
    }


def _shown(value: float | None, form: str, unit: str = "") -> str:
    return "–" if value is None else f"{value:{form}}{unit}"
