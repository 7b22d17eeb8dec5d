"""Plots of an archive report, as SVG."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from service.report.sheet import BLUE, GREY, INK, ORANGE, SKY, VERMILION, drawn
from service.report.words import REASONS, TISSUES, VERDICTS, short
from service.wire.archive import (
    Count,
    CusumCurve,
    CusumFigures,
    FunnelLimits,
    GroupFigures,
    Histogram,
    PeriodShares,
    ShareAnswer,
    VerdictShare,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TONES = {
    "inside": (SKY, ""),
    "outside": (VERMILION, "xxx"),
    "undecided": ("#f7e9a8", "..."),
    "unassessed": ("#d9dce1", ""),
}


def verdict_bars(shares: Sequence[VerdictShare]) -> str:
    """Share of each verdict with its interval."""

    def paint(sheet: "Figure") -> None:
        axes = sheet.subplots()
        for at, one in enumerate(shares):
            colour, hatch = _TONES[VERDICTS[one.verdict].tone]
            low, value, high = _percent(one.of_all)
            axes.barh(at, value, color=colour, hatch=hatch, edgecolor="white", linewidth=0, height=0.66)
            axes.plot([low, high], [at, at], color=INK, linewidth=1.2)
            axes.text(high + 1, at, f"{value:.1f} %  ({one.of_all.hits})", va="center")
        axes.set(yticks=range(len(shares)), xlabel="procedures (%), 95 % interval")
        axes.set_yticklabels([VERDICTS[one.verdict].title for one in shares])
        axes.set_xlim(0, min(max(_percent(one.of_all)[2] for one in shares) + 16, 116))
        axes.invert_yaxis()

    return drawn("verdicts", 7.2, 2.1, paint)


def count_bars(name: str, counts: Mapping[str, int], label: str, width: float = 3.5) -> str:
    """Counts as bars, the largest first."""

    def paint(sheet: "Figure") -> None:
        axes = sheet.subplots()
        listed = sorted(counts.items(), key=lambda item: -item[1])
        axes.barh([text for text, _ in listed], [number for _, number in listed], color=BLUE, height=0.62)
        for at, (_, number) in enumerate(listed):
            axes.text(number, at, f" {number}", va="center")
        axes.set_xlabel(label)
        axes.margins(x=0.12)
        axes.locator_params(axis="x", integer=True)
        axes.invert_yaxis()

    return drawn(name, width, 0.55 + 0.26 * max(len(counts), 2), paint)


def tissue_bars(counts: Sequence[Count]) -> str:
    """Misses by the tissue at the tip."""
    return count_bars("tissues", {TISSUES.get(one.code, one.code): one.count for one in counts}, "procedures")


def reason_bars(counts: Sequence[Count]) -> str:
    """Reasons of withheld verdicts."""
    return count_bars("reasons", {REASONS.get(one.code, one.code): one.count for one in counts}, "procedures")


def funnel(name: str, points: Sequence[GroupFigures], limits: FunnelLimits, centre: float) -> str:
    """Misses against number of decided procedures, with control limits around the archive's own share."""

    def paint(sheet: "Figure") -> None:
        axes = sheet.subplots()
        for low, high, text, dashes in (
            (limits.low_95, limits.high_95, "95 %", "--"),
            (limits.low_998, limits.high_998, "99.8 %", "-"),
        ):
            axes.plot(limits.n, 100 * np.array(high), color=GREY, linewidth=0.9, linestyle=dashes, label=text)
            axes.plot(limits.n, 100 * np.array(low), color=GREY, linewidth=0.9, linestyle=dashes)
        axes.axhline(100 * centre, color=INK, linewidth=0.9)
        for point in points:
            _mark(axes, point)
        top = max(_percent(point.outside)[1] for point in points)
        axes.set(xlim=(0, limits.n[-1]), ylim=(-2, min(max(top * 1.25, centre * 400, 15.0), 100.0)))
        axes.set(xlabel=f"decided procedures of the {name}", ylabel="judged outside (%)")
        axes.legend(loc="upper right", title="control limits", title_fontsize=7)

    return drawn(f"funnel-{name}", 3.55, 2.9, paint)


def _mark(axes: "Axes", point: GroupFigures) -> None:
    at = (point.outside.n, _percent(point.outside)[1])
    shape, colour = ("D", VERMILION) if point.beyond else ("o", BLUE)
    size = 5.5 if point.beyond else 4.5
    axes.plot(*at, shape, color=colour, markersize=size, markeredgecolor="white", clip_on=False)
    if point.beyond:
        axes.annotate(short(point.code), at, xytext=(6, 2), textcoords="offset points", fontsize=7)


def learning_curves(cusum: CusumFigures) -> str:
    """CUSUM of each operator, in small multiples with one scale."""
    curves = cusum.curves

    def paint(sheet: "Figure") -> None:
        columns = min(len(curves), 4)
        rows = -(-len(curves) // columns)
        grid = sheet.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for axes in grid.flat[len(curves) :]:
            axes.set_axis_off()
        for axes, curve in zip(grid.flat, curves, strict=False):
            _curve(axes, curve, cusum.limit)
        sheet.supxlabel("decided procedures in order of date", fontsize=8)
        sheet.supylabel("CUSUM", fontsize=8)

    return drawn("cusum", 7.2, 0.5 + 1.15 * -(-len(curves) // 4), paint)


def _curve(axes: "Axes", curve: CusumCurve, limit: float) -> None:
    alarms, heights = np.array(curve.alarms, dtype=np.int64), np.array(curve.heights)
    at = np.arange(1, len(heights) + 1)
    axes.axhline(limit, color=VERMILION, linewidth=0.8, linestyle="--")
    axes.step(at, heights, where="post", color=BLUE, linewidth=1.1)
    axes.plot(at[alarms], heights[alarms], "D", color=VERMILION, markersize=4)
    weight = "bold" if alarms.size else "normal"
    axes.set_title(f"{short(curve.operator)}  n {len(at)}", fontsize=7.5, fontweight=weight)
    axes.set_ylim(0, max(limit * 1.5, 1.0))


def by_period(periods: Sequence[PeriodShares]) -> str:
    """Share judged outside, and share without a verdict, over time with their intervals."""

    def paint(sheet: "Figure") -> None:
        axes = sheet.subplots()
        at = np.arange(len(periods))
        for shares, colour, text, shape, aside in (
            ([one.outside for one in periods], VERMILION, "outside, of decided", "D", -0.1),
            ([one.withheld for one in periods], GREY, "no verdict, of all", "o", 0.1),
        ):
            low, value, high = np.array([_percent(share) for share in shares]).T
            axes.vlines(at + aside, low, high, color=colour, linewidth=1.0)
            axes.plot(at + aside, value, shape, color=colour, markersize=4, label=text)
        every = max(len(periods) // 12, 1)
        axes.set_xticks(at[::every], [one.date for one in periods][::every])
        axes.set(ylim=(0, None), ylabel="procedures (%)")
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)

    return drawn("periods", 7.2, 2.2, paint)


def histograms(spreads: Sequence[tuple[str, Histogram]]) -> str:
    """Distributions side by side under their labels, each with its median."""

    def paint(sheet: "Figure") -> None:
        for axes, (label, one) in zip(sheet.subplots(1, len(spreads), squeeze=False).flat, spreads, strict=True):
            axes.stairs(one.counts, one.edges, fill=True, color=SKY)
            axes.stairs(one.counts, one.edges, color="white", linewidth=0.6)
            if one.median is not None:
                axes.axvline(one.median, color=ORANGE, linewidth=1.4)
                axes.set_title(f"median {one.median:.3g}, n {one.n}", fontsize=7.5, fontweight="normal")
            axes.set_xlabel(label)
        sheet.axes[0].set_ylabel("procedures")

    return drawn("spreads", 7.2, 1.9, paint)


def _percent(share: ShareAnswer) -> tuple[float, float, float]:
    """Low end, share and high end as percentages; NaN of nothing."""
    low, value, high = (math.nan if part is None else 100 * part for part in (share.low, share.share, share.high))
    return low, value, high
