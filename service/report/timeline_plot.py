"""Timeline of a procedure: distance and probability over time, with what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imaging.placement import Verdict
from service.report.sheet import BLUE, GREY, INK, ORANGE, SKY, VERMILION, drawn
from service.report.words import FRAME_VERDICTS, picture_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = npt.NDArray[np.float64]
_STRIP = {
    Verdict.INSIDE: (SKY, ""),
    Verdict.OUTSIDE: (VERMILION, "xxxx"),
    Verdict.INDETERMINATE: ("#f7e9a8", "...."),
    Verdict.NOT_ASSESSED: ("#e3e5e8", ""),
}
_LEAST_REACH_MM = 2.0


@dataclass(frozen=True, eq=False)
class Course:
    """A procedure over time, one entry a frame.

    Parameters
    ----------
    at
        Seconds from the first frame or, where no time is known, 0-based positions.
    unit
        Which of the two: "s" or "frame".
    signed_distance_mm, p_inside
        Distance of the followed tip, probability of each frame by itself; NaN where not known.
    tip_visible, needle_seen
        Whether the frame itself shows a tip, a shaft.
    verdict
        On each frame by itself.
    """

    at: Numbers
    unit: str
    signed_distance_mm: Numbers
    p_inside: Numbers
    tip_visible: npt.NDArray[np.bool_]
    needle_seen: npt.NDArray[np.bool_]
    verdict: Sequence[Verdict]

    @property
    def across(self) -> Numbers:
        """Places along an axis for people: seconds, or numbers of pictures."""
        return self.at if self.unit == "s" else picture_number(self.at)

    @property
    def step(self) -> float:
        """Usual distance between two entries."""
        return float(np.median(np.diff(self.at))) if len(self.at) > 1 else 1.0


def timeline(course: Course, events: Sequence[tuple[int, int]]) -> str:
    """SVG of a course and of numbered events ``(number, frame)``."""
    happened = [(number, float(course.across[frame])) for number, frame in events]

    def paint(sheet: "Figure") -> None:
        distance, probability, strip = sheet.subplots(3, 1, sharex=True, height_ratios=(4.2, 2.6, 0.45))
        _distance(distance, course)
        _probability(probability, course)
        _verdicts(strip, course)
        for axes in (distance, probability):
            for _, at in happened:
                axes.axvline(at, color=INK, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0.5)
        _numbers(distance, course, happened)
        handles = [*strip.get_legend_handles_labels()[0], *distance.get_legend_handles_labels()[0]]
        strip.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -2.6), ncols=6, handlelength=1.5)
        strip.set_xlim(course.across[0] - course.step / 2, course.across[-1] + course.step / 2)
        strip.set_xlabel("seconds from the first picture" if course.unit == "s" else "picture")
        strip.locator_params(axis="x", integer=course.unit == "frame")

    return drawn("timeline", 7.2, 3.9, paint)


def _distance(axes: "Axes", course: Course) -> None:
    known = course.signed_distance_mm[np.isfinite(course.signed_distance_mm)]
    reach = max(float(np.abs(known).max()) * 1.15 if known.size else 0.0, _LEAST_REACH_MM)
    axes.axhspan(0.0, reach, color=SKY, alpha=0.18, linewidth=0)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    seen = course.tip_visible
    axes.plot(course.across, course.signed_distance_mm, color=BLUE, linewidth=1.1)
    axes.plot(course.across[seen], course.signed_distance_mm[seen], "o", color=BLUE, markersize=2.6, label="tip seen")
    axes.plot(
        course.across[~seen], course.signed_distance_mm[~seen], "o", color="white", markeredgecolor=BLUE,
        markeredgewidth=0.8, markersize=2.8, label="tip followed, not seen",
    )  # fmt: skip
    axes.set_ylim(-reach, reach)
    axes.set_ylabel("tip to wall (mm)")
    for text, height in (("inside", 0.97), ("outside", 0.03)):
        axes.text(
            0.006, height, text, transform=axes.transAxes, va="top" if height > 0.5 else "bottom", color=GREY,
            fontstyle="italic",
        )  # fmt: skip
    if not known.size:
        axes.text(0.5, 0.6, "no distance is known", transform=axes.transAxes, ha="center", color=GREY)


def _probability(axes: "Axes", course: Course) -> None:
    for edge in (0.1, 0.9):
        axes.axhline(edge, color=GREY, linewidth=0.6, linestyle="--")
    axes.plot(course.across, course.p_inside, color=ORANGE, linewidth=1.4)
    axes.plot(course.across, course.p_inside, ".", color=ORANGE, markersize=2.5)
    axes.set(ylim=(-0.04, 1.04), yticks=(0.1, 0.5, 0.9), ylabel="p (inside)")


def _verdicts(axes: "Axes", course: Course) -> None:
    """Verdict on each frame as a strip, by colour and by hatching."""
    verdicts = np.array([verdict.value for verdict in course.verdict])
    for verdict, (colour, hatch) in _STRIP.items():
        runs = _runs(verdicts == verdict.value)
        spans = [(course.across[first] - course.step / 2, count * course.step) for first, count in runs]
        axes.broken_barh(
            spans,
            (0, 1),
            facecolor=colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0,
            label=FRAME_VERDICTS[verdict].lower(),
        )
    axes.set(ylim=(0, 1), yticks=())
    axes.set_ylabel("picture", rotation=0, ha="right", va="center")
    axes.spines[["left", "bottom"]].set_visible(False)


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First index and length of every run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(first), int(end - first)) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def _numbers(axes: "Axes", course: Course, events: Sequence[tuple[int, float]]) -> None:
    """Numbers of the events above the plot, on a second row where two would touch."""
    apart = (course.across[-1] - course.across[0] + course.step) * 0.026
    rows = [-np.inf, -np.inf, -np.inf]
    for number, at in events:
        row = next((index for index, last in enumerate(rows) if at - last >= apart), len(rows) - 1)
        rows[row] = at
        axes.annotate(
            str(number), (at, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 6 + 11 * row),
            textcoords="offset points", ha="center", va="center", fontsize=7, color="white",
            bbox={"boxstyle": "circle,pad=0.22", "facecolor": INK, "linewidth": 0},
        )  # fmt: skip
