"""What a view shows while it has nothing to show: empty, under way, refused, away; each readable by everyone."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from service.client.client import Client
from tests.service.browser import grave_findings, keep
from tests.service.live_server import live_server
from tests.service.pictures import INSIDE, dicom, picture, png

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_NOBODY = "0" * 32
Look = Callable[..., None]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that nothing was sent to."""
    with live_server(tmp_path_factory.mktemp("empty"), "workers=1") as address:
        yield address


@pytest.fixture(scope="module")
def stored(server_process: str) -> tuple[str, str, str]:
    """Address, and the ids of a cine and of a picture without calibration."""
    with Client(server_process) as client:
        cine = client.upload(dicom([picture(INSIDE)] * 2, frame_time_ms=100.0)).id
        return server_process, cine, client.upload(png(INSIDE)).id


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Takes a picture of a state and asks axe-core about it, in a theme."""

    def looked(page: Page, name: str, theme: str = "dark") -> None:
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        keep(page, f"state_{name}_{theme}", tmp_path)
        assert grave_findings(page) == [], f"{name}, {theme}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}: something sticks out"

    return looked


@contextmanager
def held(page: Page, pattern: str) -> Iterator[None]:
    """Requests that are on their way until the block ends."""
    waiting: list[Any] = []

    def hold(route: Any) -> None:
        waiting.append(route)

    page.route(pattern, hold)
    yield
    for route in waiting:
        route.continue_()
    page.unroute(pattern)


def changed(page: Page, pattern: str, **members: Any) -> None:
    """Let the service's answer pass with some members changed."""

    def pass_on(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(answer.json() | members))

    page.route(pattern, pass_on)


def test_nothing_is_stored_yet(empty: str, page: Page, look: Look) -> None:
    page.goto(empty)
    expect(page.locator("#content")).to_contain_text("No procedure yet")
    expect(page.locator(".drop")).to_be_visible()
    look(page, "empty_list")
    page.goto(f"{empty}/?verdict=confirmed")
    expect(page.locator("#content")).to_contain_text("No procedure fits these filters.")
    look(page, "none_fits")
    for view, words in (
        ("compare", "There is nothing to compare with yet"),
        ("archive", "Nothing to count yet"),
        ("try", "Nothing is stored yet"),
    ):
        page.goto(f"{empty}/{view}")
        expect(page.locator("#content")).to_contain_text(words)
        look(page, f"empty_{view}")


def test_what_is_under_way_is_said(stored: tuple[str, str, str], page: Page, look: Look) -> None:
    address, cine, _ = stored
    for view, pattern, words in (
        ("", "**/v1/procedures?*", "Loading"),
        ("archive", "**/v1/archive?*", "Counting"),
        (f"procedures/{cine}", f"**/v1/procedures/{cine}", "Loading"),
    ):
        with held(page, pattern):
            page.goto(f"{address}/{view}")
            expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()
            look(page, f"loading_{view.partition('/')[0] or 'list'}")
        expect(page.locator("#content .spinner")).to_have_count(0, timeout=60_000)
    changed(page, f"**/v1/procedures/{cine}", status="running", frames_done=1)
    page.goto(f"{address}/procedures/{cine}")
    expect(page.get_by_role("status").filter(has_text="1 of 2 frames analysed")).to_be_visible()
    look(page, "analysing")


def test_what_went_wrong_is_said_with_what_to_do(stored: tuple[str, str, str], page: Page, look: Look) -> None:
    address, cine, _ = stored
    alert = page.get_by_role("alert")
    page.goto(f"{address}/procedures/{_NOBODY}")
    expect(alert).to_contain_text("There is no procedure of this id.")
    expect(alert.get_by_role("link")).to_have_attribute("href", "/")
    expect(alert.get_by_role("button")).to_have_count(0)
    look(page, "no_such_procedure")
    changed(page, f"**/v1/procedures/{cine}", status="failed", failure="corrupt-image")
    page.goto(f"{address}/procedures/{cine}")
    expect(alert).to_contain_text("Send the file again")
    look(page, "failed_analysis")
    problem = {"title": "Too busy", "detail": "all workers are taken", "status": 503, "code": "busy"}
    page.route("**/v1/procedures?*", lambda route: route.fulfill(status=503, json=problem))
    page.goto(address)
    expect(alert).to_contain_text("All workers are taken.")
    look(page, "refused")
    look(page, "refused", "light")
    page.unroute("**/v1/procedures?*")
    alert.get_by_role("button", name="Try again").click()
    expect(page.locator("#procedures a").first).to_be_visible()


def test_an_abstention_says_why_and_names_no_distance(stored: tuple[str, str, str], page: Page, look: Look) -> None:
    address, _, bare = stored
    page.goto(f"{address}/procedures/{bare}")
    expect(page.locator("#frame-verdict")).to_contain_text("Not assessed")
    expect(page.locator("#panel")).to_contain_text("The picture does not say how large a pixel is")
    expect(page.locator("#panel")).to_contain_text("no probability")
    expect(page.locator("#panel .distance")).to_contain_text("no distance")
    look(page, "abstaining")
    look(page, "abstaining", "light")


def test_the_list_of_keys_fits_and_gives_the_focus_back(empty: str, page: Page, look: Look) -> None:
    page.goto(f"{empty}/try")
    button = page.get_by_role("button", name="Keys")
    button.focus()
    page.keyboard.press("?")
    dialogue = page.get_by_role("dialog", name="Keys")
    expect(dialogue).to_be_visible()
    assert dialogue.evaluate("it => it.scrollHeight <= it.clientHeight"), "all keys are seen at once"
    look(page, "keys")
    page.keyboard.press("Escape")
    expect(dialogue).to_be_hidden()
    expect(button).to_be_focused()
