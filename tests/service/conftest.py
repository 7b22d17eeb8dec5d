"""A running application around the fake segmenter."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.live_server import live_server

StartApp = Callable[..., TestClient]


@pytest.fixture
def segmenter() -> FakeSegmenter:
    return FakeSegmenter()


@pytest.fixture
def build_app(tmp_path: Path, segmenter: FakeSegmenter) -> StartApp:
    """Builds an application that runs inside a ``with``; ``judge`` replaces the segmenter, the rest are settings."""

    def build(judge: FakeSegmenter = segmenter, **settings: Any) -> TestClient:
        given = {"data_dir": tmp_path / "data", "workers": 2, **settings}
        return TestClient(create_app(Settings(**given), lambda _: judge))

    return build


@pytest.fixture
def start_app(build_app: StartApp, segmenter: FakeSegmenter) -> Iterator[StartApp]:
    """Starts an application that runs until the end of the test."""
    with ExitStack() as stack:
        yield lambda **given: stack.enter_context(build_app(**given))
        segmenter.open.set()


@pytest.fixture
def client(start_app: StartApp) -> TestClient:
    return start_app()


@pytest.fixture(scope="session")
def server_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of one real server process for all tests that need a real socket."""
    with live_server(tmp_path_factory.mktemp("server"), "workers=2") as address:
        yield address
