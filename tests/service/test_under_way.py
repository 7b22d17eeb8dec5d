"""Tasks by key: begun once, waited for, finished or stopped."""

import asyncio
import contextlib

import pytest

from service.procedures.under_way import UnderWay

Told = list[tuple[str, str | None]]


class Keeper(UnderWay[str, str]):
    """Keeps also what it was told of ended tasks."""

    def __init__(self) -> None:
        self.told: Told = []
        self.begun: list[str] = []
        self.go_on = asyncio.Event()
        super().__init__(lambda key, error: self.told.append((key, None if error is None else str(error))))

    def start(self, key: str) -> asyncio.Task[str]:
        return self.begin(key, lambda: self._work(key))

    async def _work(self, key: str) -> str:
        self.begun.append(key)
        await self.go_on.wait()
        if key == "bad":
            raise ValueError("no good")
        return key.upper()


def test_a_key_is_begun_once_and_again_when_it_is_over() -> None:
    async def case() -> None:
        keeper = Keeper()
        keeper.go_on.set()
        assert keeper.start("a") is keeper.start("a")
        assert len(keeper) == 1
        await keeper.wait("a")
        assert (len(keeper), keeper.begun, keeper.told) == (0, ["a"], [("a", None)])
        assert await keeper.start("a") == "A"
        assert keeper.begun == ["a", "a"]
        await keeper.wait("never begun")

    asyncio.run(case())


def test_it_goes_on_when_who_waits_leaves() -> None:
    async def case() -> None:
        keeper = Keeper()
        task = keeper.start("a")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(keeper.wait("a"), 0.001)
        assert not task.done()
        keeper.go_on.set()
        await keeper.finish()
        assert task.result() == "A"

    asyncio.run(case())


def test_errors_are_told_and_neither_wait_nor_finish_raises_them(caplog: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        keeper, untold = Keeper(), UnderWay[str, str]()
        keeper.go_on.set()
        keeper.start("bad")
        untold.begin("bad", lambda: keeper._work("bad"))
        keeper.start("good")
        await keeper.wait("bad")
        await keeper.finish()
        await untold.finish()
        assert sorted(keeper.told) == [("bad", "no good"), ("good", None)]

    asyncio.run(case())
    assert caplog.text == ""


def test_stop_cancels_all_and_waits_for_them() -> None:
    async def case() -> None:
        keeper = Keeper()
        tasks = [keeper.start("a"), keeper.start("bad")]
        await asyncio.sleep(0)
        await keeper.stop()
        assert all(task.cancelled() for task in tasks)
        assert (len(keeper), sorted(keeper.told)) == (0, [("a", None), ("bad", None)])

    asyncio.run(case())
