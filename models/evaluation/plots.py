"""Plots of an evaluation: reliability diagram and distributions of errors, as SVG. Needs the extra ``report``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from imaging.errors import MissingExtra
from models.evaluation.evaluation import Evaluation
from models.evaluation.metrics import JUDGED_FROM_MM, metric
from models.evaluation.reliability import reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

Corner = Literal["upper left", "lower right"]
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
"""Okabe and Ito's, which the colour-blind tell apart."""
_STYLE: dict[Any, Any] = {
    "font.size": 8,
    "svg.fonttype": "none",
    "svg.hashsalt": "sonoplace",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def new_sheet(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> "Sheet":
    """Empty sheet of a size in inches, drawn without a screen; a layout of its own takes long for many panels.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="report", purpose="drawing plots") from error
    mpl.rcParams.update(_STYLE)
    return Figure(figsize=(width, height), layout=layout)


def save_svg(sheet: "Sheet", path: Path) -> None:
    """Write without a date, so that the same figures give the same file."""
    sheet.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def reliability_diagram(evaluation: Evaluation) -> "Sheet":
    """Share of tips inside against the probability said, and below it how often each was said."""
    sheet = new_sheet(3.6, 4.4)
    above, below = sheet.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    above.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle="--")
    for at, model in enumerate(evaluation.models):
        bins, colour = reliability(evaluation.scores[at]), COLOURS[at % len(COLOURS)]
        if not bins:
            continue
        said, found = np.array([each.said for each in bins]), np.array([each.found for each in bins])
        reach = [found - [each.found_low for each in bins], [each.found_high for each in bins] - found]
        above.errorbar(
            said, found, yerr=np.maximum(reach, 0.0), fmt="o-", color=colour, markersize=3.5, linewidth=1.0,
            capsize=2, label=model.label,
        )  # fmt: skip
        width = 0.08 / len(evaluation.models)
        middles = [(each.low + each.high) / 2 + (at - (len(evaluation.models) - 1) / 2) * width for each in bins]
        below.bar(middles, [each.n for each in bins], width=width, color=colour)
    above.set(xlim=(0, 1), ylim=(0, 1), ylabel="share of tips inside (95 %)", title=f"{evaluation.source}: p_inside")
    below.set(xlabel="probability said", ylabel="frames")
    _legend(above, "upper left")
    return sheet


def error_distributions(evaluation: Evaluation) -> "Sheet":
    """Cumulative distributions of the errors, and Dice against thickness."""
    sheet = new_sheet(7.2, 4.6)
    (tip, angle), (distance, dice) = sheet.subplots(2, 2)
    _cumulative(tip, evaluation, "tip error, median", "tip error (mm)", 5.0)
    _cumulative(angle, evaluation, "shaft angle error, median", "shaft angle error (°)", 15.0)
    _cumulative(distance, evaluation, "recess mean surface distance", "mean surface distance of the recess (mm)", 3.0)
    _dice(dice, evaluation)
    return sheet


def _cumulative(axes: "Axes", evaluation: Evaluation, name: str, label: str, most: float) -> None:
    for at, model in enumerate(evaluation.models):
        values = np.sort(metric(name).rows(evaluation.scores[at])[:, 0])
        if values.size:
            share = np.arange(1, values.size + 1) / values.size
            axes.step(values, share, where="post", color=COLOURS[at % len(COLOURS)], label=model.label, linewidth=1.0)
    axes.set(xlim=(0, most), ylim=(0, 1), xlabel=label, ylabel="share of frames")
    axes.axhline(0.95, color="0.8", linewidth=0.6)
    _legend(axes, "lower right")


def _dice(axes: "Axes", evaluation: Evaluation) -> None:
    for at, model in enumerate(evaluation.models):
        known = [
            (score.recess.thickness_mm, score.recess.overlap.dice)
            for score in evaluation.scores[at]
            if score.recess is not None and score.recess.overlap is not None
        ]
        if known:
            thickness, dice = zip(*known, strict=True)
            axes.scatter(
                thickness, dice, s=4, alpha=0.5, color=COLOURS[at % len(COLOURS)], label=model.label, linewidths=0
            )
    axes.axvline(JUDGED_FROM_MM, color="0.8", linewidth=0.6)
    axes.set(xlim=(0, 15), ylim=(0, 1), xlabel="thickness of the recess (mm)", ylabel="Dice")


def _legend(axes: "Axes", at: "Corner") -> None:
    """Names of the models, where any has something to show."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc=at)
