"""What a benchmark makes of its timings: percentiles, slopes, goals, tables and the README's part."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchmarks.distribution import Distribution
from benchmarks.goals import GOALS, judged
from benchmarks.readme import README, write_readme
from benchmarks.report import markdown
from benchmarks.stages import FLOOR, IN_PROCESS, Timing, grown, report

pytest.importorskip("psutil", reason="needs the extra report")
from benchmarks.live_load import LiveFigures, LiveLoad, Watched
from benchmarks.peers import PEERS


def row(p50: float, **more: float) -> dict[str, float]:
    return {"p50": p50, "p95": p50, "p99": 2 * p50, "p99.9": 3 * p50, "count": 9} | more


def figures(**changes: Any) -> dict[str, Any]:
    """A run in which the bare network takes 4 ms and everything reaches its goal."""
    names = {FLOOR: 4.0, "analyse": 5.0, IN_PROCESS: 6.0, "overlay PNG": 2.0, "overlay SVG": 0.25}
    machine = {"processor": "x", "cores": 2, "python": "3", "load before": 0.0}
    packages = {"numpy": "1", "onnxruntime": "1", "opencv-python-headless": "1"}
    return {
        "machine": machine | packages,
        "identity": {"version": "1"},
        "cold start": row(2000.0),
        "stages": {name: row(p50) for name, p50 in names.items()},
        "http": [{"what": "HTTP frame", **row(7.5, clients=1)}],
        "upload": [{"what": "cine upload", **row(300.0, clients=1)}],
        "live": [{"what": "live", **row(9.0, clients=1, fps=30), "ages": [9.0]}],
        "overload": {"what": "overload", **row(9.0), "age p99 / service": 2.5, "ages": [9.0]},
    } | changes


def test_percentiles_are_values_that_were_seen() -> None:
    spread = Distribution.of(range(1, 101))
    assert [spread.at(name) for name in ("p50", "p95", "p99", "p99.9")] == [51.0, 96.0, 100.0, 100.0]
    assert Distribution.of([3.0]).figures() == {"p50": 3.0, "p95": 3.0, "p99": 3.0, "p99.9": 3.0, "count": 1}
    assert len(Distribution.of(range(1000)).thinned(100)) == 100
    with pytest.raises(ValueError, match="at least one"):
        Distribution.of([])


def test_stages_stand_beside_the_floor() -> None:
    floor, stage = Distribution.of([4.0]), Distribution.of([5.0])
    told = report({FLOOR: Timing(floor, 3.0), "analyse": Timing(stage, 6.0), "analyse: network": Timing(stage, None)})
    assert (told["analyse"]["p50 / floor"], told["analyse"]["cpu / floor"]) == (1.25, 2.0)
    assert "cpu / floor" not in told["analyse: network"]
    assert grown(told, {FLOOR: 1.0, "analyse": 1.6}) == []
    assert grown(told, {"analyse": 1.5}) == ["analyse: 2.000 of the bare run, was 1.500"]


def live(memory_mb: list[float], seen: Watched) -> LiveFigures:
    return LiveFigures(LiveLoad(1, 30.0, 10.0), (seen,), tuple((float(i), mb) for i, mb in enumerate(memory_mb)))


def test_growth_is_the_slope_once_settled() -> None:
    seen = Watched([5.0] * 20, [6.0] * 20, [4.0] * 20)
    assert live([50, 80, *[100 + 0.01 * i for i in range(8)]], seen).growth_mb == pytest.approx(0.07)
    assert live([50, 100, 100, 100, 100, 100], seen).growth_mb == pytest.approx(0.0)


def test_frames_nobody_answered_for_are_counted() -> None:
    seen = Watched([5.0] * 12, [6.0] * 12, [4.0] * 12, sent=20, answered=12, failed=1, dropped=4, lost=1)
    assert seen.unaccounted == 2
    assert live([1.0], seen).figures()["unaccounted"] == 2


def test_goals_met_missed_and_not_measured() -> None:
    met = {reached.goal.what: reached.met for reached in judged(figures())}
    assert [what for what, reached in met.items() if reached is None] == [
        "soak: growth after warm-up",
        "soak: frames unaccounted for",
        "p50 / quickest peer's p50",
    ]
    assert all(reached is not False for reached in met.values())
    slow = judged(figures(live=[{"what": "live", **row(11.0, clients=1, fps=30), "ages": []}]))
    assert [reached.goal.what for reached in slow if reached.met is False] == [
        "live at 30 fps: age p50",
        "live at 30 fps: age p99",
    ]


def test_tables_hold_every_goal_and_the_peers() -> None:
    peers = [{"what": "SonoPlace", **row(7.5)}, {"what": "Other", **row(30.0)}, {"what": "Third", "absent": "no wheel"}]
    tables = markdown(figures(peers=peers))
    assert all(goal.what in tables for goal in GOALS)
    assert "| p50 / quickest peer's p50 | 0.25 | 0.5 × | yes |" in tables
    assert "Third: no wheel." in tables


def test_the_readme_keeps_what_stands_around_the_tables(tmp_path: Path) -> None:
    copy = tmp_path / "README.md"
    copy.write_text(README.read_text(encoding="utf-8"), encoding="utf-8")
    write_readme("| first |", copy)
    write_readme("| second |", copy)
    text = copy.read_text(encoding="utf-8")
    assert "| second |" in text
    assert "| first |" not in text
    assert text.count("last_run.svg") == 1
    copy.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="marks"):
        write_readme("", copy)


def test_the_extra_names_what_is_installed_for_the_peers() -> None:
    project = tomllib.loads((README.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(project["optional-dependencies"]["peers"]) == sorted(peer.requirement for peer in PEERS)
