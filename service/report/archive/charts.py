"""Plots of an archive report, as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imaging.procedure import ProcedureVerdict
from service.report.archive.statistics import CusumRule, Share, funnel_limits
from service.report.sheet import BLUE, GREY, INK, ORANGE, SKY, VERMILION, drawn
from service.report.words import REASONS, VERDICTS, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = npt.NDArray[np.float64]
_TONES = {
    "inside": (SKY, ""),
    "outside": (VERMILION, "xxx"),
    "undecided": ("#f7e9a8", "..."),
    "unassessed": ("#d9dce1", ""),
}
_TAILS = ((0.025, "95 %", "--"), (0.001, "99.8 %", "-"))
_NAMED = 6
"""So many operators or sites are named in a funnel plot at most."""


@dataclass(frozen=True, slots=True)
class Point:
    """An operator or a site in a funnel plot."""

    name: str
    share: Share
    outside: bool


@dataclass(frozen=True, eq=False)
class Curve:
    """CUSUM of an operator."""

    name: str
    heights: Numbers


def verdict_bars(shares: Mapping[ProcedureVerdict, Share]) -> str:
    """Share of each verdict with its interval."""

    def paint(sheet: "Figure") -> None:
        axes = sheet.subplots()
        for at, (verdict, share) in enumerate(shares.items()):
            colour, hatch = _TONES[VERDICTS[verdict].tone]
            axes.barh(at, 100 * share.value, color=colour, hatch=hatch, edgecolor="white", linewidth=0, height=0.66)
            axes.plot([100 * share.low, 100 * share.high], [at, at], color=INK, linewidth=1.2)
            axes.text(100 * share.high + 1, at, f"{100 * share.value:.1f} %  ({share.hits})", va="center")
        axes.set(yticks=range(len(shares)), xlabel="procedures (%), 95 % interval")
        axes.set_yticklabels([VERDICTS[verdict].title for verdict in shares])
        axes.set_xlim(0, min(100 * max(share.high for share in shares.values()) + 16, 116))
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


def tissue_bars(counts: Mapping[str, int]) -> str:
    """Misses by the tissue at the tip."""
    return count_bars("tissues", {spoken(tissue) or "": number for tissue, number in counts.items()}, "procedures")


def reason_bars(counts: Mapping[str, int]) -> str:
    """Reasons of withheld verdicts."""
    return count_bars("reasons", {REASONS.get(code, code): number for code, number in counts.items()}, "procedures")


def funnel(name: str, points: Sequence[Point], centre: float, what: str) -> str:
    """Misses against number of decided procedures, with control limits around the archive's own share."""

    def paint(sheet: "Figure") -> None:
        axes = sheet.subplots()
        most = max(max(point.share.n for point in points) * 1.12, 12.0)
        n = np.unique(np.linspace(1, most, 160).astype(np.int64))
        for tail, text, dashes in _TAILS:
            low, high = funnel_limits(centre, n, tail)
            axes.plot(n, 100 * high, color=GREY, linewidth=0.9, linestyle=dashes, label=text)
            axes.plot(n, 100 * low, color=GREY, linewidth=0.9, linestyle=dashes)
        axes.axhline(100 * centre, color=INK, linewidth=0.9)
        for point in points:
            _mark(axes, point)
        top = max(point.share.value for point in points)
        axes.set(xlim=(0, most), ylim=(-2, 100 * min(max(top * 1.25, centre * 4, 0.15), 1.0)))
        axes.set(xlabel=f"decided procedures of the {what}", ylabel="judged outside (%)")
        axes.legend(loc="upper right", title="control limits", title_fontsize=7)

    return drawn(name, 3.55, 2.9, paint)


def _mark(axes: "Axes", point: Point) -> None:
    at = (point.share.n, 100 * point.share.value)
    shape, colour = ("D", VERMILION) if point.outside else ("o", BLUE)
    axes.plot(
        *at, shape, color=colour, markersize=5.5 if point.outside else 4.5, markeredgecolor="white", clip_on=False
    )
    if point.outside:
        axes.annotate(point.name, at, xytext=(6, 2), textcoords="offset points", fontsize=7)


def learning_curves(curves: Sequence[Curve], rule: CusumRule) -> str:
    """CUSUM of each operator, in small multiples with one scale."""

    def paint(sheet: "Figure") -> None:
        columns = min(len(curves), 4)
        rows = -(-len(curves) // columns)
        grid = sheet.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for axes in grid.flat[len(curves) :]:
            axes.set_axis_off()
        for axes, curve in zip(grid.flat, curves, strict=False):
            _curve(axes, curve, rule)
        sheet.supxlabel("decided procedures in order of date", fontsize=8)
        sheet.supylabel("CUSUM", fontsize=8)

    return drawn("cusum", 7.2, 0.5 + 1.15 * -(-len(curves) // 4), paint)


def _curve(axes: "Axes", curve: Curve, rule: CusumRule) -> None:
    alarms = np.flatnonzero(curve.heights >= rule.limit)
    at = np.arange(1, len(curve.heights) + 1)
    axes.axhline(rule.limit, color=VERMILION, linewidth=0.8, linestyle="--")
    axes.step(at, curve.heights, where="post", color=BLUE, linewidth=1.1)
    axes.plot(at[alarms], curve.heights[alarms], "D", color=VERMILION, markersize=4)
    axes.set_title(f"{curve.name}  n {len(at)}", fontsize=7.5, fontweight="bold" if alarms.size else "normal")
    axes.set_ylim(0, max(rule.limit * 1.5, 1.0))


def by_period(labels: Sequence[str], missed: Sequence[Share], withheld: Sequence[Share]) -> str:
    """Share judged outside, and share without a verdict, over time with their intervals."""

    def paint(sheet: "Figure") -> None:
        axes = sheet.subplots()
        at = np.arange(len(labels))
        for shares, colour, text, shape, aside in (
            (missed, VERMILION, "outside, of decided", "D", -0.1),
            (withheld, GREY, "no verdict, of all", "o", 0.1),
        ):
            low, value, high = (np.array([100 * getattr(s, k) for s in shares]) for k in ("low", "value", "high"))
            axes.vlines(at + aside, low, high, color=colour, linewidth=1.0)
            axes.plot(at + aside, value, shape, color=colour, markersize=4, label=text)
        every = max(len(labels) // 12, 1)
        axes.set_xticks(at[::every], labels[::every])
        axes.set(ylim=(0, None), ylabel="procedures (%)")
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)

    return drawn("periods", 7.2, 2.2, paint)


@dataclass(frozen=True, eq=False)
class Spread:
    """Values of a number to show the distribution of."""

    label: str
    values: Numbers
    edges: Numbers


def histograms(spreads: Sequence[Spread]) -> str:
    """Distributions side by side, each with its median."""

    def paint(sheet: "Figure") -> None:
        for axes, spread in zip(sheet.subplots(1, len(spreads), squeeze=False).flat, spreads, strict=True):
            known = spread.values[np.isfinite(spread.values)]
            axes.hist(np.clip(known, spread.edges[0], spread.edges[-1]), spread.edges, color=SKY, edgecolor="white")
            if known.size:
                middle = float(np.median(known))
                axes.axvline(middle, color=ORANGE, linewidth=1.4)
                axes.set_title(f"median {middle:.3g}, n {known.size}", fontsize=7.5, fontweight="normal")
            axes.set_xlabel(spread.label)
        sheet.axes[0].set_ylabel("procedures")

    return drawn("spreads", 7.2, 1.9, paint)
