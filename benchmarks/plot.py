"""The figures of a run as one picture: where a frame's time goes, how latency spreads, how age runs over time."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.stages import FLOOR
from imaging.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Json = dict[str, Any]
_BLUE, _ORANGE, _GREY = "#0072b2", "#e69f00", "#777777"
_PARTS = ("decode", "analyse: resample", "analyse: network", "analyse: measurement", "analyse: placement")
_REST = ("analyse: identity", "JSON", "overlay SVG", "overlay PNG")
_PERCENTILES = ("p50", "p95", "p99", "p99.9")


def plot(figures: Json, path: Path) -> None:
    """Write the picture; its format is that of the file's suffix.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="report", purpose="the plot of a benchmark") from error
    sheet = Figure(figsize=(11.0, 8.0), layout="constrained")
    stages, latency, ages = sheet.subplot_mosaic([["stages", "latency"], ["ages", "ages"]]).values()
    _stages(stages, figures["stages"])
    _latency(latency, figures)
    _ages(ages, figures)
    sheet.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _stages(axes: "Axes", stages: Json) -> None:
    """Median of each stage beside the bare network run."""
    names = (FLOOR, *_PARTS, *_REST)
    medians = [stages[name]["p50"] for name in names]
    axes.barh([name.removeprefix("analyse: ") for name in names], medians, color=[_GREY, *[_BLUE] * (len(names) - 1)])
    axes.invert_yaxis()
    axes.set_title("One 640 × 480 frame, median of each stage")
    axes.set_xlabel("ms")


def _latency(axes: "Axes", figures: Json) -> None:
    """Percentiles of each way to ask."""
    single = [row for row in (*figures["http"], *figures.get("peers", [])) if row.get("clients") == 1]
    lines = [(row["what"], row) for row in single]
    lines += [(f"live, {row['clients']} at {row['fps']:g} fps", row) for row in figures["live"]]
    for name, row in lines:
        axes.plot(_PERCENTILES, [row[percentile] for percentile in _PERCENTILES], marker="o", markersize=3, label=name)
    axes.set_yscale("log")
    axes.set_title("Latency (HTTP) and age (live)")
    axes.set_ylabel("ms")
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend(fontsize="x-small")


def _ages(axes: "Axes", figures: Json) -> None:
    """Age of the answers in the order in which they came."""
    shown = [("30 frames a second", _BLUE, row) for row in figures["live"] if row["ages"]]
    shown += [("twice the sustainable rate", _ORANGE, figures["overload"])]
    shown += [("soak", _GREY, figures["soak"])] if "soak" in figures else []
    for name, colour, row in shown:
        share = [index / len(row["ages"]) for index in range(len(row["ages"]))]
        axes.plot(share, row["ages"], ".", markersize=3, color=colour, label=name)
    axes.set_ylim(bottom=0.0)
    axes.set_title("Age of live answers over time")
    axes.set_xlabel("share of the run")
    axes.set_ylabel("ms")
    axes.legend(fontsize="small")
