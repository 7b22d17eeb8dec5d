"""A running application around the fake segmenter."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from service.app import create_app
from service.decoding import ask as decoding
from service.settings import Settings
from tests.faults.asking import until
from tests.service import browser
from tests.service.backends import FOLDER, new_bucket, new_database, postgres_server, s3_server
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.live_server import live_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

StartApp = Callable[..., TestClient]


def until_ready(client: TestClient) -> object:
    """What is said once the warm-up is over: until then it holds one of the workers, and the segmenter."""
    return until(lambda: (answer := client.get("/readyz")).status_code == 200 and answer.json())


@pytest.fixture
def segmenter() -> FakeSegmenter:
    return FakeSegmenter()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of a module that says ``BACKENDS`` run once on each of them."""
    wanted = getattr(metafunc.module, "BACKENDS", None)
    if wanted is not None and "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", wanted, indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[sa.URL]:
    with postgres_server() as address:
        yield address


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Settings that say where the store keeps its things: in files, unless the module asks for servers too."""
    if getattr(request, "param", FOLDER) == FOLDER:
        return {}
    endpoint = request.getfixturevalue("s3")
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
    }.items():
        monkeypatch.setenv(name, value)
    return {"database_url": new_database(request.getfixturevalue("postgres")), "blobs_url": new_bucket(endpoint)}


@pytest.fixture(scope="session")
def warm_decoders() -> None:
    """Processes that decode, started before a test's clock runs; they serve all tests."""
    decoding.warm_up()


@pytest.fixture
def build_app(tmp_path: Path, segmenter: FakeSegmenter, backend: dict[str, str], warm_decoders: None) -> StartApp:
    """Builds an application that runs inside a ``with``; ``judge`` replaces the segmenter, the rest are settings."""

    def build(judge: FakeSegmenter = segmenter, **settings: Any) -> TestClient:
        given = {"data_dir": tmp_path / "data", "workers": 2, **backend, **settings}
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


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Browser for the tests of one module; skips where there is none."""
    if browser.MISSING is not None:
        pytest.skip(browser.MISSING)
    with browser.chromium() as opened:
        yield opened


@pytest.fixture
def open_page(chromium: "Browser") -> Iterator[Callable[..., "Page"]]:
    """Opens pages with the options of a Playwright context; a page that complains fails the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(browser.watched_page(chromium, **options))


@pytest.fixture
def page(open_page: Callable[..., "Page"]) -> "Page":
    """One empty page of 1280 x 720."""
    return open_page()
