"""The live page in a real browser, playing a stored cine into a real server."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging.overlay import Style
from service.client.client import Client
from tests.service.browser import keep
from tests.service.pictures import dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_FRAMES = 12
_GREY = """canvas => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return data.length > 0;
}"""


def coloured(shot: bytes, colour: tuple[int, int, int]) -> int:
    """Pixels of a colour in a picture of a part of the page."""
    pixels = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    away = np.abs(pixels[..., ::-1].astype(int) - np.array(colour))
    return int(np.count_nonzero(away.max(axis=2) < 40))


def test_the_overlay_is_drawn_over_a_playing_cine(server_process: str, page: Page, tmp_path: Path) -> None:
    with Client(server_process) as client:
        client.upload(dicom([picture()] * _FRAMES), wait=False)  # the page waits for it by itself
    page.goto(f"{server_process}/live")
    expect(page.locator("#procedures option").first).to_contain_text("frames")
    page.locator("#stale").fill("2000")
    page.locator("#run").click()
    expect(page.locator("#live-overlay svg")).to_be_visible()
    expect(page.locator("#line")).to_contain_text("Answers a second")
    stage, style = page.locator("#stage"), Style()
    keep(page, "live_page", tmp_path)
    shot = stage.screenshot()
    assert page.locator("#live-picture").evaluate(_GREY), "the picture itself must stay untouched"
    page.locator("#show-overlay").click()
    bare = stage.screenshot()
    page.locator("#run").click()
    expect(page.locator("#stored a")).to_have_attribute("href", re.compile("^/procedures/"))
    assert coloured(shot, style.recess) > 100
    assert coloured(shot, style.needle) > 50
    assert coloured(bare, style.recess) == 0
