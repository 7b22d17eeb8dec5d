"""Side by side in a real browser: two procedures, and two networks on one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.client.client import Client
from tests.service.browser import grave_findings, keep
from tests.service.live_server import BLIND, live_server
from tests.service.pictures import BELOW, INSIDE, dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_GOOD = [picture(tip) for tip in (None, INSIDE, INSIDE, INSIDE, INSIDE, INSIDE)]
_MISSED = [picture(tip) for tip in (None, None, BELOW, BELOW)]

_LINK_AND_SCRUB = """async (slider, to) => {
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "i", bubbles: true }));
  await Promise.resolve();
  slider.value = to;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""
"""Links the two sides and moves one of them before the browser draws anything."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """Address and two procedures on a server with a second network, which sees no needle."""
    shelf = tmp_path_factory.mktemp("shelf")
    (shelf / BLIND).mkdir()
    said = {
        "name": "fake", "version": "2", "sha256": "e" * 64,
        "input": {"rows": 8, "columns": 8, "mm_per_pixel": 0.2}, "calibration": {"slope": 1, "intercept": 0},
    }  # fmt: skip
    (shelf / BLIND / "manifest.json").write_text(json.dumps(said))
    with live_server(tmp_path_factory.mktemp("compare"), "workers=1", f"models_dir={shelf}") as address:
        with Client(address) as client:
            good, missed = (
                client.upload(dicom(frames, frame_time_ms=ms)) for frames, ms in ((_GOOD, 50.0), (_MISSED, 100.0))
            )
        yield address, good.id, missed.id


def shows(page: Page, a: int, b: int) -> None:
    expect(page.locator("#picture-a")).to_have_attribute("data-frame", str(a))
    expect(page.locator("#picture-b")).to_have_attribute("data-frame", str(b))


def test_two_procedures_are_stepped_together_or_each_by_itself(
    server: tuple[str, str, str], page: Page, tmp_path: Path
) -> None:
    address, good, missed = server
    page.goto(f"{address}/compare?a={good}")
    expect(page.get_by_text("Say what to compare")).to_be_visible()
    page.locator("#compare-b").select_option(f"b {missed}")
    expect(page).to_have_url(f"{address}/compare?a={good}&b={missed}")
    expect(page.locator("#overlay-b svg")).to_be_attached()
    a, b = (int(page.locator(f"#slider-{side}").input_value()) for side in "ab")
    page.keyboard.press("Home")
    shows(page, 0, max(b - a // 2, 0))  # 50 ms and 100 ms a frame
    page.keyboard.press("i")
    page.locator("#slider-b").fill("3")
    shows(page, 0, 3)
    page.locator("#slider-a").fill("1")
    shows(page, 1, 3)
    page.locator("#slider-b").evaluate(_LINK_AND_SCRUB, "2")
    shows(page, 0, 2)
    expect(page.locator("#pane-a .pane-line")).to_contain_text("Not assessed")
    expect(page.locator("#pane-b .pane-line")).to_contain_text("Outside the recess")
    keep(page, "compare", tmp_path)
    assert grave_findings(page) == []
    page.locator("#compare-swap").click()
    expect(page).to_have_url(f"{address}/compare?a={missed}&b={good}")


def test_two_networks_answer_the_same_pictures(server: tuple[str, str, str], page: Page, tmp_path: Path) -> None:
    address, good, _ = server
    page.goto(f"{address}/compare?a={good}")
    page.locator("#compare-b").select_option(f"model {BLIND}")
    expect(page).to_have_url(f"{address}/compare?a={good}&model={BLIND}")
    expect(page.locator("#pane-b h2")).to_contain_text("fake 2")
    expect(page.locator("#differing")).to_have_text("Another verdict on 5 of 6 frames")
    page.keyboard.press("Home")
    shows(page, 0, 0)
    page.keyboard.press("n")
    shows(page, 1, 1)
    expect(page.locator("#pane-a .pane-line")).to_contain_text("Inside the recess")
    expect(page.locator("#pane-b .pane-line")).to_contain_text("Not assessed")
    expect(page.locator("#compared-numbers")).to_contain_text("Recess thickness")
    page.keyboard.press("+")
    for side in "ab":
        expect(page.locator(f"#stage-{side} .moved")).to_have_attribute("style", re.compile(r"scale\(1\.5\)"))
    moved = [page.locator(f"#stage-{side} .moved").get_attribute("style") for side in "ab"]
    assert moved[0] == moved[1]
    keep(page, "compare_models", tmp_path)
    assert grave_findings(page) == []
