"""What people expect of every view: readable by everyone, at any size, by keys, and when the service is away."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.client.client import Client
from service.routes.page import VIEWS
from tests.service.browser import grave_findings, keep
from tests.service.live_server import live_server
from tests.service.pictures import BELOW, INSIDE, dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_TABLET = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
_FINGER_PX = 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address of a server of its own, and the id of its one procedure."""
    with live_server(tmp_path_factory.mktemp("page"), "workers=1") as address:
        with Client(address) as client:
            stored = client.upload(dicom([picture(tip) for tip in (None, INSIDE, BELOW)], frame_time_ms=100.0))
        yield address, stored.id


def settled(page: Page) -> None:
    """Wait until a view shows what it has to show."""
    expect(page.locator("#content h2").first).to_be_attached()  # its part of the page was loaded
    for unfinished in (".spinner", "[aria-busy=true]", ".figure:empty"):
        expect(page.locator(f"#content {unfinished}")).to_have_count(0)


@pytest.mark.parametrize("view", VIEWS)
def test_views_are_accessible_in_both_themes_and_fit(
    view: str, server: tuple[str, str], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    address, procedure = server
    page = open_page(**_TABLET)
    page.goto(address + view.replace("{procedure_id}", procedure))
    settled(page)
    name = re.sub(r"\W+", "_", view.replace("{procedure_id}", "one")).strip("_") or "list"
    for theme in ("dark", "light"):
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        keep(page, f"tablet_{name}_{theme}", tmp_path)
        assert grave_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        page.keyboard.press("d")
    assert re.fullmatch(r".+ · SonoPlace", page.title())
    page.set_viewport_size({"width": 1280, "height": 720})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_fingers_find_the_controls(server: tuple[str, str], open_page: Callable[..., Page]) -> None:
    page = open_page(**_TABLET)
    page.goto(f"{server[0]}/live")
    settled(page)
    heights = page.locator("button:visible, select:visible").evaluate_all("all => all.map((e) => e.offsetHeight)")
    assert min(heights) >= _FINGER_PX


def test_every_control_can_be_reached_by_keys(server: tuple[str, str], page: Page) -> None:
    page.goto(f"{server[0]}/live")
    settled(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    seen = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert seen >= {"show-overlay", "kind", "spacing", "fps", "stale", "run", "Procedures", "Live", "Keys ?"}


def test_a_service_that_is_away_is_said_and_comes_back_by_itself(
    server: tuple[str, str], page: Page, tmp_path: Path
) -> None:
    address, _ = server
    page.goto(f"{address}/live")
    settled(page)
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_contain_text("does not answer")
    page.get_by_role("link", name="Procedures").click()
    expect(page.get_by_role("alert")).to_contain_text("Is it running?")
    keep(page, "away", tmp_path)
    assert grave_findings(page) == []
    page.context.set_offline(False)
    expect(page.locator("#procedures a")).to_have_count(1)
    expect(page.locator("#offline")).to_have_text("")


def test_addresses_lead_where_they_say_and_focus_follows(server: tuple[str, str], page: Page) -> None:
    address, procedure = server
    page.goto(f"{address}/procedures/{procedure}?frame=2")
    expect(page.locator("#picture")).to_have_attribute("data-frame", "1")
    page.get_by_role("link", name="Live", exact=True).click()
    expect(page).to_have_title("Live · SonoPlace")
    expect(page.locator("#content")).to_be_focused()
    page.go_back()
    expect(page.locator("#picture")).to_have_attribute("data-frame", "1")
    page.goto(f"{address}/live?procedure={procedure}")
    expect(page.locator("#kind")).to_have_value(procedure)
    page.reload()
    expect(page.locator("#kind")).to_have_value(procedure)
