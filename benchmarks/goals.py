"""What the figures are to reach, and whether they do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.stages import FLOOR, IN_PROCESS

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and the most that it may be."""

    what: str
    most: float
    unit: str
    figure: Callable[[Json], float | None]


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal beside what was measured; None where this run did not measure it."""

    goal: Goal
    value: float | None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached."""
        return None if self.value is None else self.value <= self.goal.most


def _stage(figures: Json, name: str) -> float:
    return float(figures["stages"][name]["p50"])


def _live(percentile: str) -> Callable[[Json], float | None]:
    def figure(figures: Json) -> float | None:
        rows = [row for row in figures["live"] if row["clients"] == 1 and row["fps"] == 30]
        return rows[0][percentile] if rows else None

    return figure


def _http_ratio(figures: Json) -> float | None:
    return float(figures["http"][0]["p50"]) / _stage(figures, IN_PROCESS)


def _under(part: str, name: str) -> Callable[[Json], float | None]:
    return lambda figures: figures[part][name] if part in figures else None


def _peer(figures: Json) -> float | None:
    """Our p50 over that of the quickest peer."""
    rows = {row["what"]: row["p50"] for row in figures.get("peers", []) if "p50" in row}
    ours = rows.pop("SonoPlace", None)
    return ours / min(rows.values()) if ours and rows else None


GOALS = (
    Goal("analysis in process / bare session.run", 1.25, "×", lambda f: _stage(f, "analyse") / _stage(f, FLOOR)),
    Goal("HTTP frame / in process, p50", 1.35, "×", _http_ratio),
    Goal("live at 30 fps: age p50", 10.0, "ms", _live("p50")),
    Goal("live at 30 fps: age p99", 20.0, "ms", _live("p99")),
    Goal("live at 30 fps: age p99.9", 33.0, "ms", _live("p99.9")),
    Goal("overload 2×: age p99 / service time", 3.0, "×", _under("overload", "age p99 / service")),
    Goal("soak: growth after warm-up", 5.0, "MB", _under("soak", "growth MB")),
    Goal("soak: frames unaccounted for", 0.0, "", _under("soak", "unaccounted")),
    Goal("p50 / quickest peer's p50", 0.5, "×", _peer),
    Goal("overlay PNG, 640 × 480", 3.0, "ms", lambda f: _stage(f, "overlay PNG")),
    Goal("overlay SVG", 0.3, "ms", lambda f: _stage(f, "overlay SVG")),
    Goal("cold start to /readyz, p50", 2500.0, "ms", lambda f: float(f["cold start"]["p50"])),
)


def judged(figures: Json) -> list[Reached]:
    """Every goal beside its figure."""
    return [Reached(goal, goal.figure(figures)) for goal in GOALS]
