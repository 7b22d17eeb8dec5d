"""The page in a real browser: list, one procedure, its cine."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.client.client import Client
from tests.service.browser import keep
from tests.service.live_server import live_server
from tests.service.pictures import BELOW, INSIDE, dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_FRAMES = [picture(tip) for tip in (None, INSIDE, INSIDE, INSIDE, BELOW, BELOW)]
_SHOWN = "#picture"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, with one procedure."""
    with live_server(tmp_path_factory.mktemp("page"), "workers=1") as address:
        with Client(address) as client:
            client.upload(dicom(_FRAMES, frame_time_ms=100.0))
        yield address


def test_list_filters_and_opens_by_key(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server}/")
    expect(page.locator("#procedures a")).to_have_count(1)
    keep(page, "list", tmp_path)
    page.goto(f"{server}/?verdict=not_assessed")
    expect(page.get_by_text("No procedure fits")).to_be_visible()
    expect(page.locator("#filter-verdict")).to_have_value("not_assessed")
    page.locator(".filters button").click()
    expect(page).to_have_url(f"{server}/")
    expect(page.locator("#procedures a")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator("#procedures a")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/procedures/"))
    expect(page.locator(_SHOWN)).to_have_attribute("data-frame", re.compile(r"\d"))


def test_a_mistyped_address_is_told_by_the_page(server: str, page: Page) -> None:
    answer = page.goto(f"{server}/prosedures/one?frame=2")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_text("There is no such page")).to_be_visible()
    page.get_by_role("link", name="To the procedures").click()
    expect(page.locator("#procedures a")).to_have_count(1)


def test_a_procedure_is_read_frame_by_frame(server: str, page: Page, tmp_path: Path) -> None:
    with Client(server) as client:
        procedure = client.procedures().procedures[0]
    shown, verdict = page.locator(_SHOWN), page.locator("#frame-verdict")
    page.goto(f"{server}/procedures/{procedure.id}?frame=5")
    expect(shown).to_have_attribute("data-frame", "4")
    expect(page.locator("#overlay svg")).to_be_attached()
    expect(verdict).to_contain_text("Outside the recess")
    page.keyboard.press("ArrowLeft")
    expect(shown).to_have_attribute("data-frame", "3")
    expect(page).to_have_url(re.compile(r"\?frame=4$"))
    expect(verdict).to_contain_text("Inside the recess")
    expect(page.locator("#timeline canvas")).to_have_count(2)
    expect(page.locator(".panel ol.events")).to_be_attached()
    keep(page, "procedure", tmp_path)
    page.keyboard.press("o")
    expect(page.locator("#overlay")).to_be_hidden()
    page.keyboard.press("o")
    page.keyboard.press("End")
    expect(shown).to_have_attribute("data-frame", "5")
    page.keyboard.press("+")
    expect(page.locator(".moved")).to_have_attribute("style", re.compile(r"scale\(1\.5\)"))
    page.keyboard.press("0")
    page.locator("#play").click()
    expect(shown).not_to_have_attribute("data-frame", "5")
    page.locator("#play").click()
    links = page.locator(".files a").evaluate_all("all => all.map((link) => link.getAttribute('href'))")
    files = {"report.html", "history", "seg.dcm", "sr.dcm", "sc.dcm", "ps.dcm"}
    assert {link.rsplit("/")[-1] for link in links} >= files


def test_keys_theme_and_refusals(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server}/procedures/{'0' * 32}")
    expect(page.get_by_role("alert")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()
    keep(page, "keys", tmp_path)
    page.locator("dialog button").click()
    expect(page.locator("dialog")).to_be_hidden()
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("g")
    expect(page.locator("#procedures a")).to_have_count(1)
    keep(page, "light", tmp_path)
