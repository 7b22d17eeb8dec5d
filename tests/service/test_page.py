"""The page in a real browser: list, one procedure, its cine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.client.client import Client
from tests.service.browser import CHROMIUM, Browser, browser
from tests.service.live_server import live_server
from tests.service.pictures import BELOW, INSIDE, dicom, picture

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")

_FRAMES = [picture(tip) for tip in (None, INSIDE, INSIDE, INSIDE, BELOW, BELOW)]
_SHOWN = "document.getElementById('picture')?.dataset.frame"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, with one procedure."""
    with live_server(tmp_path_factory.mktemp("page"), "workers=1") as address:
        with Client(address) as client:
            client.upload(dicom(_FRAMES, frame_time_ms=100.0))
        yield address


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile"), height=720) as opened:
        yield opened


def keep(page: Browser, name: str, folder: Path) -> None:
    """Keep a picture of what is shown, for people to look at."""
    (Path(os.environ.get("SONOPLACE_TEST_ARTEFACTS", folder)) / f"{name}.png").write_bytes(page.screenshot())


def press(page: Browser, key: str) -> None:
    page.evaluate(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}))")


def test_list_filters_and_opens_by_key(server: str, page: Browser, tmp_path: Path) -> None:
    page.open(f"{server}/")
    page.wait_for("document.querySelectorAll('#procedures a').length === 1")
    keep(page, "list", tmp_path)
    page.open(f"{server}/?verdict=not_assessed")
    page.wait_for("document.body?.textContent.includes('No procedure fits')")
    assert page.evaluate("document.getElementById('filter-verdict').value") == "not_assessed"
    page.evaluate("document.querySelector('.filters button').click()")
    page.wait_for("location.search === '' && document.querySelector('#procedures a') !== null")
    press(page, "j")
    assert page.evaluate("document.activeElement.closest('#procedures') !== null")
    page.evaluate("document.activeElement.click()")
    page.wait_for("location.pathname.startsWith('/procedures/')")
    page.wait_for(_SHOWN)


def test_a_procedure_is_read_frame_by_frame(server: str, page: Browser, tmp_path: Path) -> None:
    with Client(server) as client:
        procedure = client.procedures().procedures[0]
    page.open(f"{server}/procedures/{procedure.id}?frame=5")
    page.wait_for(f"{_SHOWN} === '4' && document.querySelector('#overlay svg') !== null")
    assert "Outside the recess" in page.evaluate("document.getElementById('frame-verdict').textContent")
    press(page, "ArrowLeft")
    page.wait_for(f"{_SHOWN} === '3' && location.search === '?frame=4'")
    page.wait_for("document.getElementById('frame-verdict').textContent.includes('Inside the recess')")
    page.wait_for("document.querySelectorAll('#timeline canvas').length === 2")
    page.wait_for("document.querySelector('.panel ol.events') !== null")
    keep(page, "procedure", tmp_path)
    press(page, "o")
    page.wait_for("document.getElementById('overlay').hidden")
    press(page, "o")
    press(page, "End")
    page.wait_for(f"{_SHOWN} === '5'")
    press(page, "+")
    page.wait_for("document.querySelector('.moved').style.transform.includes('scale(1.5)')")
    press(page, "0")
    page.evaluate("document.getElementById('play').click()")
    page.wait_for(f"{_SHOWN} === '2'")
    page.evaluate("document.getElementById('play').click()")
    links = page.evaluate("[...document.querySelectorAll('.files a')].map((link) => link.getAttribute('href'))")
    assert {link.rsplit("/")[-1] for link in links} >= {
        "report.html",
        "history",
        "seg.dcm",
        "sr.dcm",
        "sc.dcm",
        "ps.dcm",
    }


def test_keys_theme_and_refusals(server: str, page: Browser, tmp_path: Path) -> None:
    page.open(f"{server}/procedures/{'0' * 32}")
    page.wait_for("document.querySelector('[role=alert]') !== null")
    press(page, "?")
    page.wait_for("document.querySelector('dialog').open")
    keep(page, "keys", tmp_path)
    page.evaluate("document.querySelector('dialog button').click()")
    page.wait_for("!document.querySelector('dialog').open")
    press(page, "d")
    page.wait_for("document.documentElement.dataset.theme === 'light'")
    press(page, "g")
    page.wait_for("document.querySelector('#procedures a') !== null")
    keep(page, "light", tmp_path)
    press(page, "d")
    addresses = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert addresses
    assert all(address.startswith(server) for address in addresses)
