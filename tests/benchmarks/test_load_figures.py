"""What is told of a run of locust's users, on rows that one can check by hand."""

from typing import Any

from benchmarks.load.figures import Session, evenness, growth_per_hour, sessions_of, upload_figures


def session(answers: list[tuple[float, float]], sent: int, dropped: int = 0) -> dict[str, Any]:
    return {"sent": sent, "failed": 0, "frames": {"dropped": dropped, "lost": 0}, "answers": answers}


def upload(begun: float, sent: float, done: float, *, to_sink: bool) -> dict[str, Any]:
    return {"upload": 202, "to sink": to_sink, "from": begun, "sent": sent, "to": done}


def test_ages_are_told_by_what_the_upload_was_at() -> None:
    warm_up = [(0.0, 999.0)] * 10
    ages = {5.0: 10.0, 21.0: 12.0, 25.0: 11.0, 31.0: 30.0, 35.0: 20.0, 45.0: 15.0}
    rows = [
        session([*warm_up, *ages.items()], sent=17, dropped=1),
        upload(30.0, 33.0, 40.0, to_sink=False),
        upload(20.0, 22.0, 22.5, to_sink=True),
    ]
    told = upload_figures(rows, sink_from=20.0, service_from=30.0)
    assert {name: part["p50"] for name, part in told["parts"].items()} == {
        "before": 10.0, "body to a sink": 12.0, "between sinks": 11.0, "body": 30.0, "taking in": 20.0,
        "analysis alone": 15.0,
    }  # fmt: skip
    assert (told["p50 ratio"], told["p99 ratio"], told["reached"]) == (2.0, 3.0, False)
    assert (told["uploads"], told["upload s"], told["unaccounted"]) == ([202], [10.0], 0)


def test_evenness_is_the_least_share_over_the_largest() -> None:
    half, whole = session([(0.0, 1.0)], sent=2, dropped=1), session([(0.0, 1.0)], sent=1)
    assert evenness(sessions_of([half, whole])) == 0.5
    assert Session.of(half | {"frames": None}).unaccounted == 1


def test_growth_leaves_out_the_first_fifth() -> None:
    steady = [(float(second), 1000.0 if second < 20 else 100.0 + second) for second in range(100)]
    assert round(growth_per_hour(steady), 6) == 3600.0
