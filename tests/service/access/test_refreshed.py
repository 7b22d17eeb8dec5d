"""A value from elsewhere: how old it may be, and how often it is asked for."""

import asyncio

import pytest

from service.access.refreshed import Ages, Refreshed
from service.errors import StoreUnreachable


class Source:
    def __init__(self) -> None:
        self.at = 0.0
        self.loads = 0
        self.away = False

    def load(self) -> int:
        self.loads += 1
        if self.away:
            raise StoreUnreachable("away")
        return self.loads

    def kept(self) -> Refreshed[int]:
        return Refreshed(self.load, Ages(fresh_s=5, again_s=1, stale_s=60), lambda: self.at)


def test_asked_for_once_while_it_is_fresh() -> None:
    source = Source()

    async def run() -> list[int]:
        kept = source.kept()
        first = await asyncio.gather(*(kept.get() for _ in range(10)))
        source.at = 4.9
        again = await kept.get()
        source.at = 5.1
        return [*first, again, await kept.get()]

    assert asyncio.run(run()) == [1] * 11 + [2]


def test_something_missing_is_looked_for_again_but_not_all_the_time() -> None:
    source = Source()

    async def run() -> list[int]:
        kept = source.kept()
        found = [await kept.get()]
        for source.at in (0.5, 0.9, 1.1, 1.2):
            found.append(await kept.newer())
        return found

    assert asyncio.run(run()) == [1, 1, 1, 2, 2]


def test_an_old_value_does_for_a_while_if_its_source_is_away() -> None:
    source = Source()

    async def run() -> None:
        kept = source.kept()
        assert await kept.get() == 1
        source.away = True
        for source.at in range(6, 61):
            assert await kept.get() == 1
        loads = source.loads
        for source.at in (60.5, 61.0, 61.5, 61.9):
            with pytest.raises(StoreUnreachable, match="away"):
                await kept.get()
        assert source.loads - loads <= 2  # each caller is refused, few of them ask
        source.away, source.at = False, 63.0
        assert await kept.get() == source.loads

    asyncio.run(run())
