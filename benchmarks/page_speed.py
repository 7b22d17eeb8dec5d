"""How fast the page is, in Debian's Chromium on loopback: ``python -m benchmarks.page_speed``.

Needs Chromium, and Playwright (development dependency). Prints a table for ``benchmarks/README.md``.
"""

import argparse
import gzip
import io
import os
import random
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import sync_playwright
from pydicom import dcmread
from pydicom.encaps import encapsulate, generate_frames

from benchmarks.lone_browser import LoneChromium, lone_chromium
from benchmarks.page_scripts import FIRST_PAINT, SCRUB, WATCH_LIVE
from benchmarks.server_process import sonoplace_server
from service.client.client import Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

_ROOT = Path(__file__).resolve().parents[1]
_DIST = _ROOT / "service" / "web" / "dist"
_CINE = _ROOT / "sample_dicoms" / "correct_placement.dcm"
_FRAMES = 300
_WINDOW: "ViewportSize" = {"width": 1280, "height": 720}
_LOADS = 10
_LIVE_S = 10.0
_SLACK = 1.5
"""So many times what it should take until every picture of the cine has been fetched."""
_SCRUBS = 150
_SEED = 7
_PATIENCE_MS = 120_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table."""

    name: str
    value: float
    goal: float
    unit: str
    more_is_better: bool = False

    @property
    def reached(self) -> bool:
        """Whether the goal is met."""
        return self.value >= self.goal if self.more_is_better else self.value <= self.goal

    def row(self) -> str:
        """Line of a Markdown table."""
        bound = "at least" if self.more_is_better else "at most"
        said = "yes" if self.reached else "**no**"
        return f"| {self.name} | {self.value:.1f} {self.unit} | {bound} {self.goal:g} {self.unit} | {said} |"


def long_cine() -> bytes:
    """The sample cine, its frames there and back until there are 300."""
    cine = dcmread(_CINE)
    count = int(cine.NumberOfFrames)
    frames = list(generate_frames(cine.PixelData, number_of_frames=count))
    turns = [*range(count), *range(count - 2, 0, -1)]
    cine.PixelData = encapsulate([frames[turns[index % len(turns)]] for index in range(_FRAMES)])
    cine.NumberOfFrames = _FRAMES
    cine.SOPInstanceUID += ".300"
    buffer = io.BytesIO()
    cine.save_as(buffer)
    return buffer.getvalue()


def bundle_kb(*, first_view: bool) -> float:
    """Gzipped size of what is built: all of the views, or what the list alone loads, in kilobytes."""
    files = [_DIST / "index.html", *(_DIST / "assets").glob("*.js"), *(_DIST / "assets").glob("*.css")]
    page = (_DIST / "index.html").read_text()
    wanted = [file for file in files if not first_view or file.name in page or file.name == "index.html"]
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in wanted) / 1e3


def first_paint(browser: "Browser", address: str) -> Sequence[float]:
    """Milliseconds to the first content, each time with an empty cache."""
    times = []
    for _ in range(_LOADS):
        context = browser.new_context(viewport=_WINDOW)
        page = context.new_page()
        page.goto(address)
        times.append(float(page.evaluate(FIRST_PAINT)))
        context.close()
    return times


def live(chromium: LoneChromium, address: str, procedure: str, fps: int) -> tuple[Sequence[float], float]:
    """Milliseconds from answer to screen, and pictures drawn a second, of a cine played again at a rate."""
    with chromium.attached(**_WINDOW) as page:
        page.add_init_script(WATCH_LIVE)
        page.goto(f"{address}/live?procedure={procedure}")
        page.locator(f"#procedures option[value='{procedure}']").wait_for(state="attached", timeout=_PATIENCE_MS)
        page.locator("#stale").fill("2000")
        page.locator("#fps").fill(str(fps))
        page.locator("#run").click()
        page.locator("#live-overlay svg").wait_for(timeout=_PATIENCE_MS)
        once_s = _SLACK * _FRAMES / fps
        page.evaluate(f"__watch({1000 * once_s}, {1000 * _LIVE_S})")
    time.sleep(once_s + _LIVE_S + 1.0)
    with chromium.attached(**_WINDOW) as page:
        page.wait_for_function("window.__watched !== undefined", timeout=_PATIENCE_MS)
        watched = page.evaluate("__watched")
        page.keyboard.press("s")
        page.locator("#stored").wait_for(timeout=_PATIENCE_MS)
    return watched["toScreenMs"], watched["drawn"]


def scrub(browser: "Browser", address: str, procedure: str) -> tuple[Sequence[float], Sequence[float]]:
    """Milliseconds to any frame: just after the cine was opened, and again once it was gone through."""
    chance = random.Random(_SEED)  # noqa: S311 - which frames, nothing secret
    page = browser.new_page(viewport=_WINDOW)
    page.goto(f"{address}/procedures/{procedure}")
    page.locator("#picture[data-frame]").wait_for(timeout=_PATIENCE_MS)
    frames = [chance.randrange(_FRAMES) for _ in range(2 * _SCRUBS)]
    opened = page.evaluate(SCRUB, frames[:_SCRUBS])
    page.evaluate(SCRUB, list(range(_FRAMES)))
    again = page.evaluate(SCRUB, frames[_SCRUBS:])
    page.close()
    return opened, again


def measured(browser: "Browser", alone: LoneChromium, address: str) -> Iterator[Figure]:
    """Every figure as soon as it is known, the quick ones first."""
    yield Figure("bundle, gzipped: what the list loads", bundle_kb(first_view=True), 400, "kB")
    yield Figure("bundle, gzipped: all views", bundle_kb(first_view=False), 400, "kB")
    paint = first_paint(browser, f"{address}/")
    yield Figure("first contentful paint of the list, median of 10 cold loads", statistics.median(paint), 1000, "ms")
    yield Figure("first contentful paint, slowest", max(paint), 1000, "ms")
    with Client(address, timeout_s=_PATIENCE_MS / 1e3) as client:
        procedure = uploaded(client)
    thirty, _ = live(alone, address, procedure, 30)
    yield Figure("live at 30 fps: answer to screen, p50", _percentile(thirty, 50), 20, "ms")
    yield Figure("live at 30 fps: answer to screen, p95", _percentile(thirty, 95), 20, "ms")
    sixty, drawn = live(alone, address, procedure, 60)
    yield Figure("live at 60 fps: pictures drawn under an overlay a second", drawn, 30, "fps", more_is_better=True)
    yield Figure("live at 60 fps: answer to screen, p50", _percentile(sixty, 50), 20, "ms")
    opened, again = scrub(browser, address, procedure)
    yield Figure("scrub to any of 300 frames, just opened, p95", _percentile(opened, 95), 100, "ms")
    yield Figure("scrub to any of 300 frames, gone through before, p95", _percentile(again, 95), 100, "ms")


def uploaded(client: Client) -> str:
    """Id of the long cine, once it is analysed."""
    procedure = client.upload(long_cine(), wait=False)
    while procedure.status in ("queued", "running"):
        time.sleep(1.0)
        procedure = client.procedure(procedure.id)
    return procedure.id


def _percentile(values: Sequence[float], share: float) -> float:
    return float(np.percentile(values, share, method="higher"))


def main() -> int:
    """Measure, print the table; 0 if every goal is met."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("page_speed needs Debian's chromium", file=sys.stderr)
        return 2
    with sonoplace_server() as server, sync_playwright() as playwright, lone_chromium(playwright, chromium) as alone:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--disable-gpu", "--disable-dev-shm-usage"]
        )
        print(f"Chromium {browser.version}, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")
        print("| goal | measured | bound | reached |\n| --- | --- | --- | --- |", flush=True)
        reached = []
        for figure in measured(browser, alone, server.url):
            print(figure.row(), flush=True)
            reached.append(figure.reached)
        browser.close()
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
