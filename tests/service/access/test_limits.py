"""How often and how many at a time."""

from contextlib import ExitStack, suppress

import pytest

from service.access.errors import TooManyRequests
from service.access.limits import Limiter, Limits
from service.access.strangers import Strangers

LIMITS = Limits(rate_per_s=2.0, burst=3, at_a_time=2, sockets=1)


def test_a_bucket_fills_again_at_its_rate() -> None:
    at = [0.0]
    limiter = Limiter(LIMITS, lambda: at[0])
    taken = 0
    for at[0] in (0.0, 0.0, 0.0, 0.0, 0.4, 0.5, 0.6, 1.0, 100.0, 100.0, 100.0, 100.0):
        with suppress(TooManyRequests):
            limiter.take("a")
            taken += 1
    assert taken == 3 + 2 + 3  # the burst, one each half second, the burst again
    limiter.take("b")  # another's bucket is full


def test_a_slow_rate_tells_a_long_wait() -> None:
    limiter = Limiter(Limits(0.1, 1, 1, 1), lambda: 0.0)
    limiter.take("a")
    with pytest.raises(TooManyRequests) as refusal:
        limiter.take("a")
    assert refusal.value.headers["Retry-After"] == "10"


def test_at_a_time() -> None:
    limiter = Limiter(Limits(1e6, 10**6, at_a_time=2, sockets=1))
    with ExitStack() as held:
        held.enter_context(limiter.request("a"))
        held.enter_context(limiter.request("a"))
        with pytest.raises(TooManyRequests, match="2 requests under way"), limiter.request("a"):
            pass
        held.enter_context(limiter.request("b"))
        held.enter_context(limiter.socket("a"))
        with pytest.raises(TooManyRequests, match="1 live sessions open"), limiter.socket("a"):
            pass
    with limiter.request("a"), limiter.socket("a"):
        pass


def test_a_place_is_given_back_after_an_error() -> None:
    limiter = Limiter(Limits(1e6, 10**6, at_a_time=1, sockets=1))
    for _ in range(3):
        with pytest.raises(KeyError), limiter.request("a"):
            raise KeyError


def test_what_is_remembered_is_bounded() -> None:
    limiter = Limiter(LIMITS)
    with limiter.request("busy"):
        for number in range(5000):
            limiter.take(str(number))
        assert len(limiter._askers) == 4096
        assert "busy" in limiter._askers


def test_a_flood_of_strangers_is_written_down_once_a_second_with_its_size() -> None:
    at = [0.0]
    strangers = Strangers(lambda: at[0])
    first = [strangers.tried("1.2.3.4") for _ in range(20)]
    assert all(tried.refusal is None and tried.to_be_recorded for tried in first)
    flood = []
    for step in range(1, 300):
        at[0] = step / 1000
        flood.append(strangers.tried("1.2.3.4"))
    assert all(tried.refusal for tried in flood)
    assert [tried.to_be_recorded for tried in flood] == [True] + [False] * 298
    assert strangers.tried("4.3.2.1").refusal is None
    at[0] = 1.0015
    later = strangers.tried("1.2.3.4")
    assert later.to_be_recorded
    assert later.unrecorded == 298
    assert later.refusal is None  # a second has filled the bucket by one
