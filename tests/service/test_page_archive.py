"""The archive in a real browser: plots whose marks lead to the procedures behind them, and the same as tables."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from service.client.client import Client
from tests.service.browser import grave_findings, keep
from tests.service.live_server import live_server
from tests.service.pictures import BELOW, INSIDE, dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_TYPE_AT_ONCE = """new MutationObserver((_, watching) => {
  const field = document.getElementById("archive-operator");
  if (field === null) return;
  watching.disconnect();
  field.value = "OP-3";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}).observe(document, { childList: true, subtree: true });"""
"""Types before the browser has drawn the field."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own with twelve procedures of two operators, one of whom misses every third."""
    with live_server(tmp_path_factory.mktemp("archive"), "workers=1") as address:
        with Client(address) as client, httpx2.Client(base_url=address) as http:
            for at in range(12):
                grey = picture(BELOW if at in {3, 6, 9} else None if at == 11 else INSIDE)
                grey[0, 0] = at
                record = {
                    "laterality": "left",
                    "operator": "OP-3" if at % 3 == 0 else "OP-4",
                    "site": "SITE-1",
                    "performed_on": f"2026-0{1 + at // 4}",
                }
                http.put(client.upload(dicom([grey])).links.record, json=record).raise_for_status()
            http.get("/v1/archive/figures", timeout=120.0).raise_for_status()  # what it counts with is loaded once
        yield address


def test_figures_are_drawn_and_told(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server}/archive")
    expect(page.locator("#counted")).to_have_text("12 procedures, 2026-01 to 2026-03")
    for panel in ("verdicts", "periods", "tissues", "reasons", "funnel-operator", "cusum", "spreads"):
        expect(page.locator(f"#{panel} svg.plot").first).to_be_visible()
    outside = page.locator("#verdicts tbody tr", has_text=re.compile(r"^\s*Outside the recess"))
    expect(outside.locator("td")).to_have_text(["3", "25.0 %", "3 of 12, 95 % interval 8.9 % to 53.2 %"])
    expect(page.locator("#drift")).to_contain_text("Each side needs 30 procedures.")
    assert grave_findings(page) == []
    keep(page, "archive", tmp_path)


def test_each_mark_leads_to_the_procedures_behind_it(server: str, page: Page) -> None:
    page.goto(f"{server}/archive?site=SITE-1")
    expect(page.locator("#to-print")).to_have_attribute("href", "/v1/report.html?site=SITE-1")
    page.locator("#verdicts svg a").nth(3).click()
    expect(page).to_have_url(f"{server}/?site=SITE-1&verdict=extra_articular")
    expect(page.locator("#procedures a")).to_have_count(3)
    page.go_back()
    page.locator("#funnel-operator summary").click()
    page.locator("#funnel-operator table a", has_text="OP-4").click()
    expect(page).to_have_url(f"{server}/?site=SITE-1&operator=OP-4")
    expect(page.locator("#procedures a")).to_have_count(8)
    page.go_back()
    page.locator("#periods svg a").last.press("Enter")
    expect(page.locator("#procedures a")).to_have_count(4)
    expect(page.locator("#filter-since")).to_have_value("2026-03-01")
    expect(page.locator("#filter-dated")).to_have_value("either")
    page.locator("#filter-dated").select_option("performed")
    expect(page).to_have_url(f"{server}/?site=SITE-1&performed_since=2026-03-01&performed_until=2026-03-31")
    expect(page.locator("#procedures a")).to_have_count(4)
    page.go_back()
    page.locator("#tissues svg a").first.click()
    expect(page.locator("#looked-at tbody tr")).to_have_count(3)
    page.locator("#looked-at tbody a").first.click()
    expect(page.locator("#procedure-verdict")).to_contain_text("Outside the recess")


def test_each_bar_of_a_histogram_leads_to_the_procedures_it_counts(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server}/archive?site=SITE-1")
    bars = page.locator("#spreads svg a")
    expect(bars.first).to_be_attached()
    expect(page.locator("#spreads svg.plot")).to_have_count(page.locator("#spreads figure").count())
    told = {}
    for at, bar in enumerate(bars.all()):
        address, words = bar.get_attribute("href") or "", bar.locator("[aria-label]").get_attribute("aria-label") or ""
        told[address] = (int(words.rpartition(": ")[2].split()[0]), at)
        listed = page.request.get(f"{server}/v1/procedures?{urlsplit(address).query}").json()
        assert listed["total"] == told[address][0]
    distances = sorted((count, at, address) for address, (count, at) in told.items() if "distance" in address)
    assert [count for count, *_ in distances] == [3, 8], told  # missed alike, hit alike; one shows no needle
    _, at, missed = distances[0]
    bar = bars.nth(at)
    bar.focus()
    expect(bar).to_be_focused()
    keep(page, "archive_bar", tmp_path)
    bar.press("Enter")
    expect(page).to_have_url(server + missed)
    expect(page.locator("#procedures a")).to_have_count(3)
    chip = page.get_by_role("button", name=re.compile("tip to wall −"))
    keep(page, "list_of_a_bar", tmp_path)
    assert grave_findings(page) == []
    chip.click()
    expect(page).to_have_url(f"{server}/?site=SITE-1")
    expect(page.locator("#procedures a")).to_have_count(12)
    page.go_back()
    page.locator("#spreads summary").click()
    table = page.locator("#spreads table")
    table.locator("a", has_text="tip to wall").first.click()
    expect(page.locator("#procedures a")).to_have_count(3)


def test_what_is_typed_as_soon_as_there_is_a_field_stays(server: str, page: Page) -> None:
    page.add_init_script(_TYPE_AT_ONCE)
    page.goto(f"{server}/archive")
    expect(page.locator("#counted")).to_contain_text("12 procedures")
    expect(page.locator("#archive-operator")).to_have_value("OP-3")


def test_what_is_counted_and_the_reference_stand_in_the_address(server: str, page: Page) -> None:
    page.goto(f"{server}/archive")
    page.locator("#archive-operator").fill("OP-3")
    page.locator("#archive-operator").press("Enter")
    expect(page).to_have_url(f"{server}/archive?operator=OP-3")
    expect(page.locator("#counted")).to_contain_text("4 procedures")
    page.locator("#archive-reference_to").fill("2026-02")
    page.locator("#archive-reference_to").press("Enter")
    expect(page).to_have_url(f"{server}/archive?operator=OP-3&reference_to=2026-02")
    page.goto(f"{server}/archive?from=2026-13")
    expect(page.get_by_role("alert")).to_contain_text("from")
    page.goto(f"{server}/archive?operator=OP-99")
    expect(page.get_by_text("No procedure fits these filters.")).to_be_visible()
