"""One procedure in a real browser: window and level, the ruler, scrubbing, and what can be taken away."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from service.client.client import Client
from tests.service.browser import grave_findings, keep, wait_until
from tests.service.live_server import live_server
from tests.service.pictures import BELOW, HEIGHT, INSIDE, WIDTH, dicom, picture, png

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_ROW_MM, _COLUMN_MM = 0.1, 0.2
_CINE = [picture(INSIDE if index % 2 else BELOW) for index in range(24)]
_LARGE = Path(__file__).resolve().parents[2] / "sample_dicoms" / "correct_placement.dcm"
_LIGHT = 150
"""Lighter than the ground of the picture, darker than the words on it."""
_IN_THE_MIDDLE = """() => {
    const [x, y] = ["#stage", "#picture"].map((name) => document.querySelector(name).getBoundingClientRect());
    return y.width > 1.2 * x.width && Math.abs(x.x + x.width / 2 - y.x - y.width / 2) < 1;
}"""
_POINTS_IN = """colour => {
    const { data } = document.querySelector("#timeline canvas")?.getContext("2d")
        .getImageData(0, 0, 4096, 4096) ?? { data: [] };
    const wanted = new OffscreenCanvas(1, 1).getContext("2d");
    wanted.fillStyle = colour;
    wanted.fillRect(0, 0, 1, 1);
    const [red, green, blue] = wanted.getImageData(0, 0, 1, 1).data;
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
        found += data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255;
    }
    return found;
}"""
"""How many pixels of the timeline's first plot have a colour wholly: its line's points do."""
_PIXELS = "picture => picture.toDataURL()"
_WORDS = "getComputedStyle(document.documentElement).getPropertyValue('--words').trim()"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Address, and the ids of a cine, of pictures with flat pixels and without calibration, and of a large cine."""
    with live_server(tmp_path_factory.mktemp("detail"), "workers=1") as address:
        with Client(address) as client:
            ids = {
                "cine": client.upload(dicom(_CINE, frame_time_ms=50.0)).id,
                "flat": client.upload(png(INSIDE), (_ROW_MM, _COLUMN_MM)).id,
                "bare": client.upload(png(INSIDE)).id,
                "large": client.upload(_LARGE.read_bytes()).id,
            }
        yield address, ids


def opened(page: Page, server: tuple[str, dict[str, str]], name: str, query: str = "") -> Page:
    address, ids = server
    page.goto(f"{address}/procedures/{ids[name]}{query}")
    expect(page.locator("#picture")).to_have_attribute("data-frame", re.compile(r"\d"))
    expect(page.locator("#overlay svg")).to_be_attached()
    return page


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Position on the screen of the centre of a pixel of the picture."""
    box = page.locator("#picture").bounding_box()
    assert box is not None
    return box["x"] + (x + 0.5) / WIDTH * box["width"], box["y"] + (y + 0.5) / HEIGHT * box["height"]


def test_the_window_changes_the_display_alone(server: tuple[str, dict[str, str]], page: Page, tmp_path: Path) -> None:
    opened(page, server, "flat")
    shown, note = page.locator("#picture"), page.locator(".window-note")
    before, seen = shown.evaluate(_PIXELS), shown.screenshot()
    overlay = page.locator("#overlay").inner_html()
    x, y = at(page, 120, 60)
    page.mouse.move(x, y)
    page.mouse.down(button="right")
    page.mouse.move(x - 50, y - 40, steps=4)
    page.mouse.up(button="right")
    expect(note).to_have_text(re.compile("Display only: level 88, width 156"))
    keep(page, "window", tmp_path)
    assert shown.screenshot() != seen
    assert shown.evaluate(_PIXELS) == before
    assert page.locator("#overlay").inner_html() == overlay
    page.keyboard.press("x")
    expect(note).to_have_count(0)
    assert shown.screenshot() == seen
    page.keyboard.press("]")
    expect(note).to_have_text(re.compile("level 136, width 256"))
    page.keyboard.press("{")
    expect(note).to_have_text(re.compile("level 136, width 240"))
    page.keyboard.press("w")
    page.locator("#window-level").fill("60")
    expect(note).to_have_text(re.compile("level 60, width 240"))
    assert grave_findings(page) == []


def test_the_words_of_the_scale_bar_are_painted_where_they_stand(
    server: tuple[str, dict[str, str]], page: Page
) -> None:
    opened(page, server, "large")
    scale = page.locator("#overlay text").first
    expect(scale).to_have_text("10 mm")
    for key in ("0", "+", "-"):
        page.keyboard.press(key)
    expect(page.locator("#stage")).not_to_have_attribute("data-zoomed", "")
    box = scale.bounding_box()
    assert box is not None
    pixels = cv2.imdecode(np.frombuffer(page.screenshot(clip=box), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert (pixels > _LIGHT).mean() > 0.05


def test_the_timeline_is_drawn_in_the_colours_of_the_theme(server: tuple[str, dict[str, str]], page: Page) -> None:
    opened(page, server, "cine")
    expect(page.locator("#timeline canvas")).to_have_count(2)
    for key in ("", "d", "d"):
        if key:
            before = page.evaluate(_WORDS)
            page.keyboard.press(key)
            wait_until(page, f"() => {_WORDS} !== {json.dumps(before)}")
            wait_until(page, f"() => ({_POINTS_IN})({json.dumps(before)}) === 0")
        wait_until(page, f"() => ({_POINTS_IN})({_WORDS}) > 20")


def test_a_zoomed_picture_keeps_its_middle_and_moves_by_keys(server: tuple[str, dict[str, str]], page: Page) -> None:
    opened(page, server, "cine")
    page.keyboard.press("+")
    wait_until(page, _IN_THE_MIDDLE)
    page.set_viewport_size({"width": 1920, "height": 1080})
    wait_until(page, _IN_THE_MIDDLE)
    page.keyboard.press("Shift+L")
    wait_until(page, f"() => !({_IN_THE_MIDDLE})()")
    page.keyboard.press("Shift+H")
    wait_until(page, _IN_THE_MIDDLE)


def test_a_line_is_measured_in_millimetres(server: tuple[str, dict[str, str]], page: Page, tmp_path: Path) -> None:
    opened(page, server, "flat")
    length = page.locator(".ruler text")
    page.keyboard.press("m")
    page.mouse.click(*at(page, 60, 60))
    page.mouse.move(*at(page, 100, 60))
    page.mouse.click(*at(page, 160, 60))
    expect(length).to_have_text("20.0 mm")  # 100 columns of 0.2 mm
    keep(page, "ruler", tmp_path)
    page.keyboard.press("Escape")
    expect(length).to_have_count(0)
    page.keyboard.press("m")
    page.mouse.move(*at(page, 60, 60))
    page.mouse.down()
    page.mouse.move(*at(page, 60, 160), steps=3)
    page.mouse.up()
    expect(length).to_have_text("10.0 mm")  # 100 rows of 0.1 mm
    page.locator(".ruler .end").nth(1).focus()
    for _ in range(2):
        page.keyboard.press("Shift+ArrowDown")
    expect(length).to_have_text("12.0 mm")
    page.keyboard.press("Delete")
    expect(length).to_have_count(0)


def test_without_calibration_a_line_is_in_pixels(server: tuple[str, dict[str, str]], page: Page) -> None:
    opened(page, server, "bare")
    page.keyboard.press("m")
    page.locator("#measure-line").click()
    expect(page.locator(".ruler text")).to_have_text("80 px, not calibrated")  # a third of 240
    assert "mm" not in (page.locator(".ruler").text_content() or "")


def test_a_cine_is_scrubbed_and_taken_away(server: tuple[str, dict[str, str]], page: Page) -> None:
    opened(page, server, "cine", "?frame=7")
    shown = page.locator("#picture")
    for frame in (20, 2, 23, 0):
        page.locator("#slider").fill(str(frame))
        expect(shown).to_have_attribute("data-frame", str(frame))
        expect(page.locator("#position")).to_have_text(f"{frame + 1} / 24")
        expect(page.locator("#frame-verdict")).to_contain_text("Inside" if frame % 2 else "Outside")
    page.locator("#speed").select_option("2")
    page.keyboard.press(" ")
    expect(shown).not_to_have_attribute("data-frame", "0")
    page.keyboard.press(" ")
    page.locator(".key-frames button").first.click()
    expect(page.locator(".key-frames button").first).to_have_attribute("aria-pressed", "true")
    links = page.locator(".files a").evaluate_all("all => all.map((link) => link.href)")
    wanted = ("report.html", "report.pdf", "seg.dcm", "sr.dcm", "sc.dcm", "ps.dcm", "export.csv", "export.fhir.json")
    assert {name for name in wanted if any(link.endswith(f"/{name}") for link in links)} == set(wanted)
    assert page.request.get(next(link for link in links if link.endswith("export.csv"))).ok
    page.locator("summary", has_text="What it rests on").click()
    expect(page.locator("#identity")).to_contain_text("fffffffff")
