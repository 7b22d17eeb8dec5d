"""A sitting of blinded reading: no view tells the answer until the own reading is signed, or the sitting left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.client.client import Client
from tests.service.browser import grave_findings, keep
from tests.service.live_server import live_server
from tests.service.pictures import BELOW, INSIDE, dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_TELLING = ("/live", "/archive", "/compare", "/compare?a={id}", "/procedures/{id}/record", "/try")
_SAID = (
    "Inside the recess", "Outside the", "Partly", "Confirmed", "Probably", "Undecided", "Not assessed", "mm outside",
    "p = ", "p > ", "p < ",
)  # fmt: skip
_ASKED_NOWHERE = ("overlay", "course", "events", "report", "agreement", "archive", "outcomes")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """Address, and the ids of two procedures."""
    with live_server(tmp_path_factory.mktemp("blinded"), "workers=1") as address:
        with Client(address) as client:
            first, second = (
                client.upload(dicom([picture(tip) for tip in tips], frame_time_ms=100.0)).id
                for tips in ((None, BELOW), (BELOW, INSIDE))
            )
        yield address, first, second


def assert_nothing_is_told(page: Page) -> None:
    shown = page.locator("body").inner_text()
    assert not [words for words in _SAID if words in shown], shown
    assert page.locator("#overlay svg, #timeline, .key-frames, .files").count() == 0


def test_a_worklist_for_a_second_reader_tells_no_answer(
    server: tuple[str, str, str], page: Page, tmp_path: Path
) -> None:
    address, first, second = server
    page.goto(f"{address}/?verdict=extra_articular&tip_share_from=0.9")
    page.locator("#read-blinded").click()
    expect(page).to_have_url(f"{address}/?read=blinded")
    expect(page.locator("#procedures a")).to_have_count(2)
    assert_nothing_is_told(page)
    expect(page.locator("#filter-verdict, #filter-reason, .chip")).to_have_count(0)
    assert grave_findings(page) == []
    keep(page, "blinded_list", tmp_path)
    page.locator("#search").fill("undecided")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Not understood: undecided")).to_be_visible()
    for view in _TELLING:
        page.goto(address + view.replace("{id}", first))
        expect(page.locator("#closed")).to_contain_text("Hidden while you read blinded")
        assert_nothing_is_told(page)
    page.goto(f"{address}/procedures/{second}")
    expect(page.locator("#review")).to_contain_text("Blinded reading")
    assert_nothing_is_told(page)
    page.locator("#leave-blinded").click()
    expect(page.locator("#overlay svg")).to_be_attached()
    expect(page.locator("#blinded-banner")).to_have_count(0)


def test_signing_opens_the_procedure_that_was_signed_alone(
    server: tuple[str, str, str], page: Page, tmp_path: Path
) -> None:
    address, first, second = server
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/?read=blinded")
    page.locator(f"#procedures a[href*='{first}']").click()
    expect(page.locator("#picture")).to_have_attribute("data-frame", "0")
    page.keyboard.press("End")
    expect(page.locator("#picture")).to_have_attribute("data-frame", "1")
    assert not [url for url in asked if any(f"/{name}" in url for name in _ASKED_NOWHERE)], "an answer was fetched"
    expect(page.locator("#was-seen")).to_have_count(0)
    page.locator("#reader-code").fill("QA-7")
    page.locator("#verdict-choices input[value=outside]").check()
    page.locator("#to-sign").click()
    page.locator("#sign-confirm").click()
    expect(page.locator("#overlay svg")).to_be_attached()
    expect(page.locator("#signed-reviews li")).to_have_count(1)
    keep(page, "blinded_signed", tmp_path)
    page.get_by_role("link", name="All procedures").click()
    expect(page.locator(f"#procedures a[href$='{first}']")).to_contain_text("signed by you")
    assert_nothing_is_told(page)
    page.locator(f"#procedures a[href*='{second}']").click()
    expect(page.locator("#review")).to_contain_text("Blinded reading")
    page.goto(f"{address}/procedures/{first}?read=blinded")
    expect(page.locator("#was-seen")).to_contain_text("no longer blind")
    assert_nothing_is_told(page)
