"""The figures of a run as tables: one text for the terminal and for benchmarks/README.md."""

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.goals import judged
from benchmarks.stages import FLOOR

Json = dict[str, Any]
_PERCENTILES = ("p50", "p95", "p99", "p99.9")
_LOAD = ("clients", "fps", "per second", "answered", "dropped", "failed", "refused", "unaccounted")


def markdown(figures: Json) -> str:
    """Everything that was measured, as Markdown."""
    parts = (_machine(figures), _goals(figures), _stages(figures), _end_to_end(figures), _steady(figures))
    return "\n\n".join(part for part in parts if part)


def _machine(figures: Json) -> str:
    machine, identity = figures["machine"], figures["identity"]
    packages = ", ".join(f"{name} {machine[name]}" for name in ("numpy", "onnxruntime", "opencv-python-headless"))
    return (
        f"{machine['cores']} cores ({machine['processor']}), Python {machine['python']}, {packages}, network "
        f"{identity['version']}; load average before the run {machine['load before']}. Milliseconds, unless another "
        "unit is named."
    )


def _goals(figures: Json) -> str:
    words = {True: "yes", False: "**no**", None: "not measured"}
    rows = [
        (
            reached.goal.what,
            _number(reached.value),
            f"{reached.goal.most:g} {reached.goal.unit}".strip(),
            words[reached.met],
        )
        for reached in judged(figures)
    ]
    return _table(("goal", "measured", "at most", "reached"), rows)


def _stages(figures: Json) -> str:
    columns = (*_PERCENTILES, "cpu", "p50 / floor", "cpu / floor")
    rows = [(name, *(_number(row.get(column)) for column in columns)) for name, row in figures["stages"].items()]
    return _table(("one frame", *columns), rows)


def _end_to_end(figures: Json) -> str:
    floor = figures["stages"][FLOOR]["p50"]
    measured = [*figures["http"], *figures.get("peers", []), *figures["upload"], *figures["live"], figures["overload"]]
    rows = [_load_row(row, floor) for row in measured if "p50" in row]
    said = [f"{row['what']}: {row['absent']}." for row in figures.get("peers", []) if "absent" in row]
    table = _table(("end to end", *_PERCENTILES, "p50 / floor", *_LOAD), rows)
    return "\n\n".join([table, *said])


def _load_row(row: Json, floor: float) -> tuple[str, ...]:
    spread = [_number(row[name]) for name in _PERCENTILES]
    return (row["what"], *spread, _number(row["p50"] / floor), *(_number(row.get(name)) for name in _LOAD))


def _steady(figures: Json) -> str:
    columns = ("sustainable fps", "service ms", "age p99 / service")
    memory = ("memory first MB", "memory most MB", "memory last MB", "growth MB")
    rows = [
        (row["what"], *(_number(row.get(name)) for name in (*columns, *memory)))
        for row in (figures["overload"], figures.get("soak"))
        if row is not None
    ]
    return _table(("steadiness", *columns, *memory), rows)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:g}" if float(value).is_integer() else f"{value:.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
