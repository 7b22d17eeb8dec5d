"""The live page in a real browser, playing a stored cine into a real server."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging.overlay import Style
from service.client.client import Client
from tests.service.browser import CHROMIUM, browser
from tests.service.pictures import dicom, picture

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")

_FRAMES = 12
_STAGE = "(() => { const b = document.getElementById('live-picture').getBoundingClientRect();"
_STAGE += " return [b.left, b.top, b.right, b.bottom]; })()"
_GREY = """(() => {
  const canvas = document.getElementById("live-picture");
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return data.length > 0;
})()"""


def coloured(shot: bytes, box: list[float], colour: tuple[int, int, int]) -> int:
    """Pixels of a colour inside a box of a screenshot."""
    pixels = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    left, top, right, bottom = (round(edge) for edge in box)
    away = np.abs(pixels[top:bottom, left:right, ::-1].astype(int) - np.array(colour))
    return int(np.count_nonzero(away.max(axis=2) < 40))


def test_the_overlay_is_drawn_over_a_playing_cine(server_process: str, tmp_path: Path) -> None:
    with Client(server_process) as client:
        client.upload(dicom([picture()] * _FRAMES), wait=False)  # the page waits for it by itself
    with browser(tmp_path / "profile") as page:
        page.open(f"{server_process}/live")
        page.wait_for("document.querySelector('#procedures option')?.textContent.includes('frames')")
        page.evaluate("document.getElementById('stale').value = '2000'; document.getElementById('run').click()")
        page.wait_for("document.querySelector('#live-overlay svg') !== null")
        page.wait_for("document.getElementById('line').textContent.includes('Answers a second')")
        shot = page.screenshot()
        box = page.evaluate(_STAGE)
        assert page.evaluate(_GREY), "the picture itself must stay untouched"
        page.evaluate("document.getElementById('show-overlay').click()")
        bare = page.screenshot()
        page.evaluate("document.getElementById('run').click()")
        stored = page.wait_for("document.querySelector('#stored a')?.getAttribute('href')")
    (Path(os.environ.get("SONOPLACE_TEST_ARTEFACTS", tmp_path)) / "live_page.png").write_bytes(shot)
    style = Style()
    assert coloured(shot, box, style.recess) > 100
    assert coloured(shot, box, style.needle) > 50
    assert coloured(bare, box, style.recess) == 0
    assert stored.startswith("/procedures/")
