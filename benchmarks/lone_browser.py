"""Chromium left alone while a page measures itself.

Whoever listens to a browser over its debugging protocol is told of every message of every socket, pictures and all:
with a live view that costs a quarter of a core, which page and service lack.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
    "--remote-debugging-port=0",
)
_PORT = "DevToolsActivePort"
_START_S = 60.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class LoneChromium:
    """A browser process with one page, which goes on while nobody listens."""

    playwright: "Playwright"
    port: int

    @contextmanager
    def attached(self, width: int, height: int) -> Iterator["Page"]:
        """Its page, of a size in pixels, as long as it is being driven."""
        browser = self.playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{self.port}")
        page = browser.contexts[0].pages[0]
        _resize(page, width, height)
        try:
            yield page
        finally:
            browser.close()  # only the connection: the page was not opened over it


@contextmanager
def lone_chromium(playwright: "Playwright", program: str) -> Iterator[LoneChromium]:
    """Browser of its own, with an empty profile.

    Raises
    ------
    RuntimeError
        If it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="sonoplace-chromium-", ignore_cleanup_errors=True) as profile:
        command = (program, *_FLAGS, f"--user-data-dir={profile}", "about:blank")
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - a program of the system
            try:
                yield LoneChromium(playwright, _port(Path(profile) / _PORT))
            finally:
                process.terminate()


def _port(told: Path) -> int:
    deadline = time.perf_counter() + _START_S
    while time.perf_counter() < deadline:
        if told.exists() and (lines := told.read_text().splitlines())[1:]:
            return int(lines[0])
        time.sleep(_POLL_S)
    msg = f"Chromium told no port within {_START_S:g} s"
    raise RuntimeError(msg)


def _resize(page: "Page", width: int, height: int) -> None:
    """Make the window as large as the page needs: a size that is only emulated ends with the connection."""
    session = page.context.new_cdp_session(page)
    window = session.send("Browser.getWindowForTarget")
    inner = page.evaluate("[innerWidth, innerHeight]")
    wider, higher = width - inner[0], height - inner[1]
    if wider or higher:
        bounds = {"width": window["bounds"]["width"] + wider, "height": window["bounds"]["height"] + higher}
        session.send("Browser.setWindowBounds", {"windowId": window["windowId"], "bounds": bounds})
        page.wait_for_function(f"innerWidth === {width} && innerHeight === {height}")
    session.detach()
