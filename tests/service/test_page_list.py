"""The list of procedures in a real browser: search, filters in the address, keys, pages, and files sent from it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.client.client import Client
from tests.service.browser import keep
from tests.service.live_server import live_server
from tests.service.pictures import BELOW, INSIDE, dicom, picture, png

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_MANY = 27
"""More than one page shows."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own with more procedures than a page shows, three of them outside."""
    with live_server(tmp_path_factory.mktemp("list"), "workers=1") as address:
        with Client(address) as client:
            for at in range(_MANY):
                grey = picture(BELOW if at in {1, 20, 26} else INSIDE)
                grey[0, 0] = at
                client.upload(dicom([grey]))
        yield address


def test_search_and_filters_stand_in_the_address(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server}/")
    rows = page.locator("#procedures a")
    expect(rows).to_have_count(25)
    keep(page, "list-many", tmp_path)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("outside the joint")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server}/?verdict=extra_articular")
    expect(rows).to_have_count(3)
    expect(page.locator("#filter-verdict")).to_have_value("extra_articular")
    page.locator("#search").fill("nonsense")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not understood: nonsense")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    expect(page.locator("#filter-verdict")).to_be_focused()
    page.locator("#filter-dated").select_option("performed")
    page.locator("#filter-since").fill("2026-01-01")
    page.locator("#filter-since").press("Enter")
    expect(page).to_have_url(f"{server}/?verdict=extra_articular&performed_since=2026-01-01")
    expect(page.get_by_text("No procedure fits")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page).to_have_url(f"{server}/")


def test_keys_go_through_rows_and_pages(server: str, page: Page) -> None:
    page.goto(f"{server}/")
    rows = page.locator("#procedures a")
    expect(rows).to_have_count(25)
    page.keyboard.press("ArrowDown")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(rows.nth(24)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(f"{server}/?page=2")
    expect(rows).to_have_count(_MANY - 25)
    expect(page.locator("#total")).to_have_text(f"26–{_MANY} of {_MANY}")
    page.keyboard.press("ArrowRight")  # there is no third page
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/procedures/[0-9a-f]{32}"))
    page.go_back()
    expect(page.locator("#total")).to_have_text(f"26–{_MANY} of {_MANY}")


def test_several_files_are_sent_and_the_refused_one_says_why(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server}/")
    expect(page.locator("#procedures a").first).to_be_visible()
    page.keyboard.press("u")
    grey = picture(INSIDE)
    grey[0, 0] = 200
    page.locator("#file").set_input_files(
        [
            {"name": "good.dcm", "mimeType": "application/dicom", "buffer": dicom([grey, grey])},
            {"name": "bad.dcm", "mimeType": "application/dicom", "buffer": b"no DICOM at all" * 20},
            {"name": "plain.png", "mimeType": "image/png", "buffer": png()},
        ]
    )
    sent = page.locator(".sent li")
    expect(sent).to_have_count(3)
    expect(sent.nth(0).get_by_role("link")).to_contain_text("Probably in the recess")
    expect(sent.nth(1).get_by_role("alert")).to_contain_text("DICOM")
    expect(sent.nth(1).get_by_role("button", name="Send again")).to_be_visible()
    expect(sent.nth(2).get_by_role("link")).to_contain_text("Not assessed")
    expect(page.locator("#total")).to_have_text(f"1–25 of {_MANY + 2}")
    keep(page, "list-sent", tmp_path)
    page.get_by_role("button", name="Clear the list").click()
    expect(sent).to_have_count(0)


def test_a_service_that_is_away_is_told_and_asked_again(server: str, page: Page) -> None:
    page.goto(f"{server}/")
    expect(page.locator("#procedures a")).to_have_count(25)
    page.context.set_offline(True)
    page.locator("#filter-verdict").select_option("extra_articular")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    page.context.set_offline(False)
    expect(page.locator("#procedures a")).to_have_count(3)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_service_that_refuses_is_asked_again_when_somebody_says_so(server: str, page: Page) -> None:
    """By itself the page asks again only where it was not answered at all."""
    lists = re.compile(r"/v1/procedures\?")
    problem = {"type": "urn:sonoplace:problem:busy", "code": "busy", "title": "Busy", "status": 503, "detail": "later"}
    page.route(lists, lambda route: route.fulfill(status=503, json=problem))
    page.goto(f"{server}/")
    expect(page.get_by_role("alert")).to_contain_text("Later.")
    page.unroute(lists)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#procedures a")).to_have_count(25)


def test_a_filter_that_cannot_be_is_refused_in_words(server: str, page: Page) -> None:
    page.goto(f"{server}/?operator=nobody")
    expect(page.get_by_role("alert")).to_contain_text("operator")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#procedures a")).to_have_count(25)
