from dataclasses import replace

import pytest

from imaging.analysis import analyse
from imaging.procedure import observed
from tests.imaging.scenes import Scene, SceneSegmenter


def times(frame_time_ms: float | None, captured_ns: list[int | None]) -> list[float]:
    scene = Scene()
    frame = scene.frame()
    analysis = analyse(frame, SceneSegmenter(scene))
    told, before = [], None
    for index, captured in enumerate(captured_ns):
        before = observed(replace(frame, index=index, captured_at_ns=captured), analysis, frame_time_ms, before)
        told.append(before.time_ms)
    return told


@pytest.mark.parametrize(
    ("frame_time_ms", "captured_ns", "expected"),
    [
        (40.0, [None, None, None], [0.0, 40.0, 80.0]),
        (None, [None, None, None], [0.0, 62.5, 125.0]),
        (40.0, [10**9, 10**9 + 33 * 10**6], [1000.0, 1033.0]),
    ],
)
def test_time_is_told_by_the_frame_or_counted(
    frame_time_ms: float | None, captured_ns: list[int | None], expected: list[float]
) -> None:
    assert times(frame_time_ms, captured_ns) == pytest.approx(expected)


def test_a_clock_that_was_set_back_still_moves_on() -> None:
    first, second = times(40.0, [10**9, 5 * 10**8])
    assert first < second < first + 1.0


def test_where_injectate_is_looked_for_is_passed_on() -> None:
    scene = Scene()
    frame = scene.frame()
    analysis = analyse(frame, SceneSegmenter(scene))
    seen = [observed(frame, analysis, 40.0, None)]
    for index in range(1, 9):
        seen.append(observed(replace(frame, index=index), analysis, 40.0, seen[-1]))
    assert [one.watched.since_ms for one in seen if one.watched is not None] == [0.0] * 9
    assert seen[-1].echo is not None
