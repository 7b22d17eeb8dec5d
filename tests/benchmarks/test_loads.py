"""Loads on a real server process around the fake segmenter, and the plot of what they give."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psutil", reason="needs the extra report")
from benchmarks.http_load import Request, closed_loop
from benchmarks.inputs import Input, synthetic_input
from benchmarks.live_load import LiveLoad, run_live
from benchmarks.peers import Contender, in_turn
from benchmarks.suite import frame_request
from tests.benchmarks.test_figures import figures
from tests.service.live_server import live_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with live_server(tmp_path_factory.mktemp("server"), "workers=2") as address:
        yield address


@pytest.fixture(scope="module")
def given() -> Input:
    return synthetic_input()


def port_of(server: str) -> int:
    return int(server.rsplit(":", 1)[1])


@pytest.mark.parametrize("box_given", [True, False])
def test_every_client_is_answered_at_least_once(server: str, given: Input, box_given: bool) -> None:
    seen = closed_loop(port_of(server), frame_request(given, box_given=box_given), clients=3, seconds=0.2)
    assert seen.refused == 0
    assert len(seen.latency.values_ms) >= 3
    assert seen.figures()["per second"] > 0


def test_contenders_are_asked_in_turn(server: str, given: Input) -> None:
    told: list[str] = []
    pair = [Contender(name, port_of(server), frame_request(given, box_given=True)) for name in "ab"]
    rows = in_turn(pair, 0.5, told.append)
    assert [row["what"] for row in rows] == ["a", "b"]
    assert told[:3] == ["a, round 1 of 5", "b, round 1 of 5", "a, round 2 of 5"]
    assert all(row["count"] >= 5 and row["refused"] == 0 < row["p50"] for row in rows)


def test_refusals_are_counted_and_not_timed(server: str, given: Input) -> None:
    whole, cut = given.jpeg, given.jpeg[:-999]
    half = Request(frame_request(given, box_given=True).path, "image/jpeg", lambda turn: cut if turn % 2 else whole)
    seen = closed_loop(port_of(server), half, clients=1, seconds=0.5)
    assert seen.refused > 0
    assert seen.latency.at("p50") > 0


@pytest.mark.parametrize("load", [LiveLoad(2, 60.0, 1.0), LiveLoad(1, 1000.0, 0.5), LiveLoad(1, None, 0.5)])
def test_every_live_frame_is_accounted_for(server: str, given: Input, load: LiveLoad) -> None:
    seen = run_live(server, given, load, lambda: 100.0)
    told = seen.figures()
    assert told["unaccounted"] == told["failed"] == told["lost"] == 0
    assert told["sent"] == told["answered"] + told["dropped"] > 0
    assert told["p50"] <= told["p99"] <= told["p99.9"]
    assert told["round trip p50"] >= told["judging p50"] > 0
    assert seen.memory_mb[0][1] == 100.0


def test_the_plot_is_an_svg(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra report")
    from benchmarks.plot import plot

    whole = figures()
    names = ("decode", "JSON", "analyse: resample", "analyse: network", "analyse: measurement", "analyse: placement")
    whole["stages"] |= dict.fromkeys((*names, "analyse: identity"), whole["stages"]["analyse"])
    plot(whole, tmp_path / "bench.svg")
    assert (tmp_path / "bench.svg").read_text(encoding="utf-8").count("<svg") == 1
