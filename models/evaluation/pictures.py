"""The worst frames as one picture: B-mode, truth, answer, and what went wrong in words. Needs the extra ``report``."""

import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imaging.analysis import Analysis, analyse
from imaging.onnx_model import load_model
from models.evaluation.case import Case
from models.evaluation.evaluation import Evaluation
from models.evaluation.plots import new_sheet
from models.evaluation.worst import Failure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

TRUTH, ANSWER = "#7fd66b", "#56b4e9"
_PANEL = 2.4
"""Side of one frame in inches."""
_CAPTION = 44
"""Letters of a line of caption."""


def worst_frames(evaluation: Evaluation, model: int = 0, count: int = 20, columns: int = 5) -> "Sheet":
    """Sheet of the worst frames of one model, worst first; truth dashed green, answer blue."""
    failures, segmenter = evaluation.worst(model, count), load_model(evaluation.models[model].folder)
    rows = max(math.ceil(len(failures) / columns), 1)
    width, height = _PANEL * columns, (_PANEL + 0.3) * rows + 0.4
    sheet = new_sheet(width, height, None)
    sheet.subplots_adjust(0.01, 0.01, 0.99, 1.0 - 0.65 / height, wspace=0.03, hspace=0.16)
    sheet.suptitle(f"{evaluation.source}, network {evaluation.models[model].label}: truth dashed green, answer blue")
    panels = sheet.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.axis("off")
    for axes, failure in zip(panels, failures, strict=False):
        case = evaluation.case_named(failure.score.name)
        _panel(axes, case, analyse(case.frame, segmenter), failure)
    return sheet


def save_picture(sheet: "Sheet", path: Path, dots_per_inch: int = 110) -> None:
    """Write as PNG or, small, as JPEG."""
    small = path.suffix == ".jpg"
    sheet.savefig(path, dpi=dots_per_inch, pil_kwargs={"quality": 70, "optimize": True} if small else {})


def _panel(axes: "Axes", case: Case, answer: Analysis, failure: Failure) -> None:
    spacing, box = case.frame.require_spacing(), case.frame.bmode
    axes.imshow(case.frame.pixels, cmap="gray", vmin=0, vmax=255, aspect=spacing.row_mm / spacing.column_mm)
    if case.recess is not None and case.recess.any():
        axes.contour(case.recess.astype(np.float64), [0.5], colors=TRUTH, linewidths=0.8, linestyles="--")
    if case.needle is not None:
        shaft = case.needle.shaft.array()
        axes.plot(shaft[:, 0], shaft[:, 1], color=TRUTH, linewidth=0.8, linestyle="--")
        if case.needle.tip is not None:
            axes.plot(case.needle.tip.x, case.needle.tip.y, "o", color=TRUTH, markersize=6, fillstyle="none")
    _draw_answer(axes, answer)
    axes.set(xlim=(box.x0 - 0.5, box.x1 - 0.5), ylim=(box.y1 - 0.5, box.y0 - 0.5))
    caption = textwrap.wrap(f"{failure.score.name}: {'; '.join(failure.faults)}", _CAPTION)
    axes.set_title("\n".join(caption[:3]), fontsize=6, loc="left", pad=2)


def _draw_answer(axes: "Axes", answer: Analysis) -> None:
    for polygon in answer.recess.polygons:
        closed = np.vstack([polygon, polygon[:1]])
        axes.plot(closed[:, 0], closed[:, 1], color=ANSWER, linewidth=0.9)
    if answer.needle.shaft is not None:
        shaft = answer.needle.shaft.array()
        axes.plot(shaft[:, 0], shaft[:, 1], color=ANSWER, linewidth=0.9)
        axes.plot(shaft[1, 0], shaft[1, 1], "s", color=ANSWER, markersize=5, fillstyle="none")
