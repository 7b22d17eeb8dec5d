"""Who goes first: live frames before uploads and what is analysed in the background, and for how long at most."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from imaging.rules import ScoringRules
from service import work as work_module
from service.engine import Engine
from service.http.body import giving_way
from service.media import Media
from service.procedures.admission import Upload, admit
from service.reading import Reading
from service.settings import Settings
from service.store.store import open_store
from service.work import RightOfWay, Work
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import dicom, picture

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The service's own event loop."""
    return "asyncio"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that no slow machine ends."""
    monkeypatch.setattr(work_module, "_LONGEST_WAIT_S", 1e3)


@pytest.mark.usefixtures("patient")
async def test_background_work_waits_for_a_live_frame_and_frames_do_not() -> None:
    work = Work(workers=1, queue_bound=1)
    with work.way.live():
        background = asyncio.create_task(work.run_patiently(lambda: "background"))
        assert await work.run(lambda: "frame") == "frame"
        assert not background.done()
    assert await background == "background"
    work.close()


async def test_a_frame_does_not_queue_behind_background_work() -> None:
    work, free = Work(workers=1, queue_bound=1), threading.Event()
    background = asyncio.create_task(work.run_patiently(free.wait))
    assert await work.run(lambda: "frame") == "frame"
    free.set()
    assert await background
    work.close()


@pytest.mark.usefixtures("patient")
async def test_a_thread_waits_for_the_last_of_several_live_frames() -> None:
    way = RightOfWay()
    with way.live():
        with way.live():
            waiting = asyncio.create_task(asyncio.to_thread(way.given_here))
        await asyncio.to_thread(lambda: None)
        assert not waiting.done()
    await waiting


async def test_nobody_waits_for_ever_where_there_is_always_a_live_frame() -> None:
    way = RightOfWay()
    with way.live():
        await way.given()
        await asyncio.to_thread(way.given_here)


@pytest.mark.usefixtures("patient")
async def test_a_body_stands_still_while_a_live_frame_is_under_way() -> None:
    way, taken = RightOfWay(), 0

    async def take() -> None:
        nonlocal taken
        async for chunk in giving_way(_body(), way):
            taken += len(chunk)

    with way.live():
        upload = asyncio.create_task(take())
        await asyncio.to_thread(lambda: None)
        assert taken == 1 << 20
    await upload
    assert taken == 3 << 20


def test_taking_in_pauses_between_reading_and_after_every_frame(tmp_path: Path) -> None:
    path, pauses = tmp_path / "upload", list[None]()
    path.write_bytes(dicom([picture(), picture()]))
    with closing(open_store(Settings(data_dir=tmp_path / "data"))) as store:
        upload = Upload(path, Media.DICOM, Reading(), 10, between_pieces=lambda: pauses.append(None))
        admit(upload, store, Engine(FakeSegmenter(), ScoringRules()))
    assert len(pauses) == 1 + 2


async def _body() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield bytes(1 << 20)
