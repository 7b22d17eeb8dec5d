import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.second_thread import Pace, SecondThread, SpareCores

KNOWN = Pace(singles_ms=(6.0, 5.0, 7.0))


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def chosen(second: SecondThread, clock: Clock, spent_ms: float) -> int:
    with second.threads() as threads:
        clock.now_s += spent_ms / 1e3
    return threads


class TestPace:
    def test_two_are_tried_once_it_is_known_how_long_one_takes(self) -> None:
        pace = Pace()
        for spent_ms in (20.0, 5.0):
            pace = pace.after(1, spent_ms, 0.0)
            assert not pace.allows_two(0.0)
        assert pace.after(1, 6.0, 0.0).allows_two(0.0)

    def test_two_that_pay_go_on(self) -> None:
        assert KNOWN.after(2, 5.9, 1.0).allows_two(1.0)

    def test_two_that_do_not_pay_rest_each_time_twice_as_long(self) -> None:
        pace, now_s = KNOWN, 0.0
        for rest_s in (0.25, 0.5, 1.0, 2.0):
            pace = pace.after(2, 6.0, now_s)
            assert not pace.allows_two(now_s + rest_s - 0.01)
            now_s += rest_s
            assert pace.allows_two(now_s)

    def test_a_rest_is_never_longer_than_a_minute_and_short_again_after_a_success(self) -> None:
        pace = KNOWN
        for _ in range(20):
            pace = pace.after(2, 60.0, 0.0)
        assert pace.allows_two(60.0)
        paid = pace.after(2, 3.0, 60.0).after(2, 60.0, 60.0)
        assert paid.allows_two(60.25)

    def test_now_and_then_one_thread_tells_anew_what_is_typical(self) -> None:
        pace, singles = KNOWN, 0
        for _ in range(505):
            single = not pace.allows_two(0.0)
            singles += single
            pace = pace.after(1 if single else 2, 6.0 if single else 4.0, 0.0)
        assert singles == 5

    @given(st.lists(st.tuples(st.sampled_from([1, 2]), st.floats(0.1, 500.0), st.floats(0.0, 1.0)), max_size=60))
    def test_no_course_of_durations_ends_the_trying(self, course: list[tuple[int, float, float]]) -> None:
        pace, now_s = KNOWN, 0.0
        for threads, spent_ms, pause_s in course:
            now_s += pause_s
            pace = pace.after(threads, spent_ms, now_s)
        assert pace.after(1, 6.0, now_s).allows_two(now_s + 60.0)


class TestSecondThread:
    def test_alone_with_a_spare_core_gets_two(self) -> None:
        clock = Clock()
        second = SecondThread(lambda: 1, clock)
        assert [chosen(second, clock, 6.0) for _ in range(3)] == [1, 1, 1]
        assert [chosen(second, clock, 4.0) for _ in range(9)] == [2] * 9

    def test_without_a_spare_core_gets_one(self) -> None:
        clock = Clock()
        second = SecondThread(lambda: 0, clock)
        assert {chosen(second, clock, 6.0) for _ in range(20)} == {1}

    def test_beside_another_gets_one(self) -> None:
        clock = Clock()
        second = SecondThread(lambda: 1, clock)
        for _ in range(3):
            chosen(second, clock, 6.0)
        with second.threads() as first, second.threads() as other:
            assert (first, other) == (2, 1)

    def test_one_that_fails_is_no_longer_counted(self) -> None:
        clock = Clock()
        second = SecondThread(lambda: 1, clock)
        for _ in range(3):
            with pytest.raises(ValueError, match="broken"), second.threads():
                raise ValueError("broken")
        assert chosen(second, clock, 0.0) == 2


class TestSpareCores:
    @pytest.mark.parametrize("wanting", [1, 2, 5000])
    def test_tasks_that_want_a_core_are_taken_from_those_there_are(
        self, wanting: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0, 1, 2, 3}, raising=False)
        load = tmp_path / "loadavg"
        load.write_text(f"0.20 0.18 0.12 {wanting}/8000 11206\n")
        assert SpareCores(load)() == max(4 - wanting, 0)

    def test_where_nobody_counts_there_is_none(self, tmp_path: Path) -> None:
        assert SpareCores(tmp_path / "missing")() == 0

    def test_reads_anew_each_time(self) -> None:
        spare, seen = SpareCores(), list[int]()
        reading = threading.Thread(target=lambda: seen.extend(spare() for _ in range(3)))
        reading.start()
        reading.join()
        assert all(cores >= 0 for cores in seen)
        assert len(seen) == 3
