"""The tracker against motions that are known: how close, how late, and which events."""

import pytest

from benchmarks.tracking_scoring import Counts, Score
from imaging.tracking.events import EventKind
from tests.imaging.tracking.procedures import procedure
from tests.imaging.tracking.test_follow import followed

SEQUENCES = 16


@pytest.fixture(scope="module")
def score() -> Score:
    total = Score()
    for seed in range(500, 500 + SEQUENCES):
        sequence = procedure(seed)
        total.add(sequence.observations, followed(sequence.observations), sequence.tips_mm, sequence.truth)
    return total


@pytest.mark.parametrize("figure", ["mean", "median", "rms", "p95"])
def test_smoothed_tip_is_closer_than_single_frames(score: Score, figure: str) -> None:
    ratios = score.summary()["ratio"]
    assert isinstance(ratios, dict)
    assert ratios[figure] <= 0.7


def test_smoothing_adds_no_lag_beyond_a_frame(score: Score) -> None:
    assert score.lag_frames("smoothed") - score.lag_frames("raw") <= 1.0


def test_events_are_found_within_three_frames(score: Score) -> None:
    total = Counts()
    for counts in score.events.values():
        total.truth += counts.truth
        total.found += counts.found
        total.hits += counts.hits
    assert total.truth > 8 * SEQUENCES / 2
    assert total.precision is not None
    assert total.recall is not None
    assert min(total.precision, total.recall) >= 0.9


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind is not EventKind.SCALE_CHANGED])
def test_no_kind_of_event_is_left_out(score: Score, kind: EventKind) -> None:
    counts = score.events[kind]
    assert counts.truth > 0
    assert counts.hits >= 0.75 * counts.truth
    assert counts.hits >= 0.75 * counts.found
