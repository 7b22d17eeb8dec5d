"""The live view in a real browser: cines, files and a camera into a real server, over a line that can be cut."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging.overlay import Style
from service.client.client import Client
from tests.service.browser import grave_findings, keep
from tests.service.pictures import BELOW, INSIDE, dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_FRAMES = 12
_TWO_METRES_PX = 48
_GREY = """canvas => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return data.length > 0;
}"""

_NOTE_SILENCE = """() => {
  const words = (selector) => document.querySelector(selector)?.textContent ?? "";
  const note = () => {
    if (document.getElementById("panel")?.dataset.state !== "silent") return;
    const drawn = document.querySelectorAll("#live-overlay svg").length;
    const seen = { banner: words("#withheld"), distance: words("#distance b"), drawn };
    document.documentElement.dataset.silent ??= JSON.stringify(seen);
  };
  new MutationObserver(note).observe(document.body, { attributes: true, childList: true, subtree: true });
}"""
"""Notes what is shown as soon as the view says that no answer comes, however soon that is over."""


def coloured(shot: bytes, colour: tuple[int, int, int]) -> int:
    """Pixels of a colour in a picture of a part of the page."""
    pixels = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    away = np.abs(pixels[..., ::-1].astype(int) - np.array(colour))
    return int(np.count_nonzero(away.max(axis=2) < 40))


@dataclass
class Line:
    """The page's socket, through our hands."""

    answers: bool = True
    """Whether what the service says comes through."""
    refused: bool = False
    """Whether new connections are cut at once."""
    held: list[str | bytes] = field(default_factory=list)
    """Answers that have not come through."""
    started: list[str] = field(default_factory=list)
    sockets: list[object] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.route_web_socket(re.compile("/v1/live$"), self._taken)

    def cut(self) -> None:
        self.refused = True
        self.sockets[-1].close(code=1012)  # type: ignore[attr-defined] # Playwright's WebSocketRoute

    def _taken(self, socket: sync_api.WebSocketRoute) -> None:
        if self.refused:
            socket.close(code=1012)
            return
        server = socket.connect_to_server()
        self.sockets.append(socket)
        self.held.clear()

        def up(message: str | bytes) -> None:
            if isinstance(message, str):
                self.started.append(message)
            server.send(message)

        def down(message: str | bytes) -> None:
            if self.answers or '"answer"' not in str(message):
                socket.send(message)
            else:
                self.held.append(message)

        socket.on_message(up)
        server.on_message(down)


@pytest.fixture(scope="module")
def procedure(server_process: str) -> str:
    """Id of a stored cine whose tip goes from outside into the recess."""
    with Client(server_process) as client:
        return client.upload(dicom([picture(BELOW)] * 3 + [picture(INSIDE)] * _FRAMES)).id


@pytest.fixture
def start(server_process: str, page: Page) -> Callable[..., None]:
    """Opens the live view and starts a source, with answers allowed to be as old as the view takes."""

    def started(kind: str, **fields: str) -> None:
        page.goto(f"{server_process}/live")
        page.locator("#kind").select_option(kind)
        page.locator("#stale").fill("10000")
        for name, value in fields.items():
            page.locator(f"#{name}").fill(value)
        page.locator("#run").click()

    return started


def stop_and_find(page: Page) -> str:
    """Id of the procedure that the session is kept as."""
    page.keyboard.press("s")
    link = page.locator("#stored a")
    expect(link).to_have_attribute("href", re.compile("^/procedures/[0-9a-f]{32}$"))
    return str(link.get_attribute("href")).rsplit("/")[-1]


def test_the_overlay_is_drawn_over_a_playing_cine(server_process: str, page: Page, tmp_path: Path) -> None:
    with Client(server_process) as client:
        uploaded = client.upload(dicom([picture()] * _FRAMES), wait=False)  # the page waits for it by itself
    page.goto(f"{server_process}/live?procedure={uploaded.id}")
    expect(page.locator(f"#procedures option[value='{uploaded.id}']")).to_contain_text("frames,")
    page.locator("#stale").fill("10000")
    page.locator("#run").click()
    verdict, distance = page.locator("#frame-verdict"), page.locator("#distance b")
    expect(page.locator("#live-overlay svg")).to_be_visible()
    expect(verdict).to_contain_text("Inside the recess")
    expect(verdict.locator(".mark")).to_have_text("●")
    expect(distance).to_have_text(re.compile(r"^\d+\.\d$"))
    expect(page.get_by_role("meter")).to_have_attribute("aria-valuetext", re.compile(r"^0\.9|^1\.0"))
    expect(page.locator("#age")).to_have_text(re.compile(r"^\d+ ms$"))
    expect(page.locator("#spoken")).to_have_text("Inside the recess")
    assert float(distance.evaluate("figure => parseFloat(getComputedStyle(figure).fontSize)")) >= _TWO_METRES_PX
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "all of it is on one screen"
    stage, style = page.locator("#stage"), Style()
    keep(page, "live_inside", tmp_path)
    shots = (stage.screenshot() for _ in range(20))  # on a busy machine an answer may be too old just then
    assert any(coloured(shot, style.recess) > 100 and coloured(shot, style.needle) > 50 for shot in shots)
    assert page.locator("#live-picture").evaluate(_GREY), "the picture itself must stay untouched"
    page.keyboard.press("o")
    expect(page.locator("#live-overlay")).to_be_hidden()
    bare = stage.screenshot()
    kept = stop_and_find(page)
    assert coloured(bare, style.recess) == 0
    page.locator("#stored a").click()
    expect(page).to_have_url(re.compile(rf"/procedures/{kept}(\?|$)"))  # soon its frame stands there, too


def test_what_grows_old_disappears_and_a_lost_line_is_taken_up_again(
    procedure: str, start: Callable[..., None], page: Page, tmp_path: Path
) -> None:
    line = Line()
    line.watch(page)
    start(procedure, stale="4000")
    panel, drawn, banner = page.locator("#panel"), page.locator("#live-overlay svg"), page.locator("#withheld")
    expect(drawn).to_be_visible()
    page.evaluate(_NOTE_SILENCE)
    line.answers = False  # what was said last grows old; a second later the page takes the line for dead
    expect(page.locator("html")).to_have_attribute("data-silent", re.compile("."))
    silent = json.loads(page.locator("html").get_attribute("data-silent") or "")
    assert "No answer for too long" in silent["banner"]
    assert (silent["drawn"], silent["distance"]) == (0, "–")
    keep(page, "live_silent", tmp_path)
    line.answers = True
    expect(drawn).to_be_visible()
    line.cut()
    expect(banner).to_contain_text("The connection is lost")
    expect(panel).to_have_attribute("data-state", "lost")
    expect(panel).to_contain_text(re.compile(r"try ([2-9]|\d\d)"))
    expect(drawn).to_have_count(0)
    keep(page, "live_lost", tmp_path)
    line.refused = False
    expect(drawn).to_be_visible()
    kept = stop_and_find(page)
    starts = [message for message in line.started if '"start"' in message]
    assert len(starts) >= 2  # a slow machine may be silent for so long that the page gives up the line by itself
    assert all(f'"session":"{kept}"' in start for start in starts[1:]), "the same session goes on"


def test_a_late_answer_is_not_drawn(procedure: str, start: Callable[..., None], page: Page) -> None:
    line = Line(answers=False)
    line.watch(page)
    start(procedure, stale="300")  # far less than what the page takes a line for dead after
    while not line.held:
        page.wait_for_timeout(20)
    expect(page.locator("#panel")).to_have_attribute("data-state", "waiting")
    page.wait_for_timeout(300)
    line.sockets[-1].send(line.held[0])  # type: ignore[attr-defined] # Playwright's WebSocketRoute
    expect(page.locator("#withheld")).to_contain_text("too late")
    expect(page.locator("#live-overlay svg")).to_have_count(0)


def test_a_camera_is_measured_with_two_clicks(start: Callable[..., None], page: Page, tmp_path: Path) -> None:
    start("camera")
    expect(page.locator("#panel")).to_have_attribute("data-state", "answered")
    expect(page.locator("#frame-verdict")).to_contain_text("Not assessed")
    page.locator(".nearer summary").click()
    facts = page.locator("#line")
    expect(facts).to_contain_text("Pixel sizeunknown")
    page.locator("#calibrate").click()
    size = page.locator("#live-picture").evaluate("canvas => [canvas.width, canvas.height]")
    ruler = page.locator("#ruler")
    box = ruler.bounding_box()
    assert box is not None
    for share in (0.25, 0.75):
        ruler.click(position={"x": box["width"] / 2, "y": share * box["height"]})
    page.locator("#ruler-mm").fill("30")
    keep(page, "live_ruler", tmp_path)
    page.get_by_role("button", name="Use this scale").click()
    expect(facts).to_contain_text("ruler in the picture")
    expect(facts).to_contain_text("Segment2")
    # Half the picture's height is 30 mm; a click is as sharp as a pixel of the screen.
    shown = re.search(r"Pixel size([\d.]+) × ([\d.]+) mm", facts.text_content() or "")
    assert shown is not None
    assert float(shown[1]) == float(shown[2]) == pytest.approx(60 / size[1], rel=0.01)
    stop_and_find(page)


def test_the_ruler_by_keys(procedure: str, start: Callable[..., None], page: Page) -> None:
    start(procedure)
    expect(page.locator("#panel")).to_have_attribute("data-state", "answered")
    page.keyboard.press("c")
    expect(page.locator("#ruler")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#ruler-form")).to_contain_text("0.2000 mm per pixel")
    page.keyboard.press("Escape")
    expect(page.locator("#ruler-form")).to_have_count(0)


def test_a_file_of_ones_own_is_kept_and_played(
    start: Callable[..., None], page: Page, server_process: str, tmp_path: Path
) -> None:
    cine = tmp_path / "cine.dcm"
    cine.write_bytes(dicom([picture(BELOW)] * 7))
    page.goto(f"{server_process}/live")
    page.locator("#kind").select_option("file")
    page.locator("#run").click()
    expect(page.locator("#source [role=status]")).to_have_text("Choose a file first.")
    page.locator("#live-file").set_input_files(cine)
    page.locator("#stale").fill("10000")
    page.locator("#run").click()
    expect(page.locator("#frame-verdict")).to_contain_text("Outside the recess")
    expect(page.locator("#frame-verdict")).to_contain_text("prefemoral fat pad")
    assert grave_findings(page) == []
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert grave_findings(page) == []
    stop_and_find(page)


def test_a_screen_is_shown_until_it_is_taken_back(start: Callable[..., None], page: Page, tmp_path: Path) -> None:
    """The browser shares a made-up screen, without asking; to take it back is to end its track, as its bar does."""
    page.add_init_script("""
        const share = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getDisplayMedia = async (wanted) => (window.shared = await share(wanted));
    """)
    start("screen")
    expect(page.locator("#panel")).to_have_attribute("data-state", "answered")
    sizes = page.evaluate("""() => {
        const { width, height, displaySurface } = window.shared.getVideoTracks()[0].getSettings();
        const { width: drawnWidth, height: drawnHeight } = document.getElementById("live-picture");
        return [[width, height], [drawnWidth, drawnHeight], displaySurface];
    }""")
    assert sizes[0] == sizes[1], "pixel for pixel, as a scale is measured in them"
    assert sizes[2] == "monitor"
    assert page.evaluate("window.shared.getAudioTracks().length") == 0
    keep(page, "live_screen", tmp_path)
    page.evaluate("window.shared.getTracks().forEach((track) => track.stop())")
    expect(page.locator("#panel")).to_have_attribute("data-state", "stopped")
    expect(page.locator("#source [role=status]")).to_have_text("The camera or screen is no longer shared.")
    expect(page.locator("#stored a")).to_have_attribute("href", re.compile("^/procedures/[0-9a-f]{32}$"))


def test_a_screen_that_is_not_given_says_why(start: Callable[..., None], page: Page) -> None:
    page.add_init_script("""
        navigator.mediaDevices.getDisplayMedia = async () => { throw new DOMException("", "NotAllowedError"); };
    """)
    start("screen")
    expect(page.locator("#source [role=status]")).to_contain_text("screen")
    expect(page.locator("#panel")).to_have_attribute("data-state", "idle")
    expect(page.locator("#run")).to_be_enabled()


def test_the_whole_screen_is_filled_and_given_back(
    procedure: str, start: Callable[..., None], page: Page, tmp_path: Path
) -> None:
    start(procedure)
    expect(page.locator("#panel")).to_have_attribute("data-state", "answered")
    view, stage = page.locator(".live-view"), page.locator("#stage")
    before = stage.bounding_box()
    page.keyboard.press("f")
    expect(page.locator(".live-view:fullscreen")).to_be_visible()
    assert page.evaluate("document.elementFromPoint(640, 4).closest('.live-view') !== null"), "nothing lies over it"
    box, whole = stage.bounding_box(), view.bounding_box()
    assert before is not None
    assert box is not None
    assert whole is not None
    assert (whole["x"], whole["y"], whole["width"], whole["height"]) == (0, 0, 1280, 720)
    assert box["height"] > before["height"]
    assert view.evaluate("view => view.scrollHeight <= view.clientHeight"), "all of it is on one screen"
    expect(page.locator("#frame-verdict")).to_be_in_viewport(ratio=1)
    expect(page.locator("#run")).to_be_in_viewport(ratio=1)
    expect(page.locator("#live-overlay svg")).to_be_visible()
    keep(page, "live_full", tmp_path)
    assert grave_findings(page) == []
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator(":fullscreen")).to_have_count(0)
    assert page.evaluate("document.elementFromPoint(640, 4).closest('.live-view') === null")
    stop_and_find(page)
