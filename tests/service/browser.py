"""Debian's Chromium without a window, driven by Playwright; what a page complains of fails the test that opened it."""

import importlib.util
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

CHROMIUM = shutil.which("chromium")
MISSING = (
    "Debian package chromium is not installed"
    if CHROMIUM is None
    else "playwright is not installed (development dependency)"
    if importlib.util.find_spec("playwright") is None
    else None
)
"""Why there is no browser here; None if there is one."""
SOFTWARE_3D = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""WebGL without a graphics card."""
FLAT = ("--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""No graphics card, a camera with a made-up moving picture, and nobody asked whether a page may see it."""
WINDOW = {"width": 1280, "height": 720}
_PATIENCE_MS = 60_000
"""Nothing here measures how fast a page is: two busy cores may take far longer than the usual five seconds."""
_OURS = ("127.0.0.1", "localhost", "")
_SAID_BY_THE_LINE = ("Failed to load resource", "WebSocket connection to")
"""Lines that the browser itself writes for every refusal and every break; the page shows those in words."""
_GRAVE = ("serious", "critical")


@contextmanager
def chromium(arguments: tuple[str, ...] = FLAT) -> Iterator["Browser"]:
    """Running browser. While it runs, `asyncio.run` cannot be called in this thread (Playwright has a loop there)."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=_PATIENCE_MS)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-dev-shm-usage", *arguments])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched_page(browser: "Browser", **options: Any) -> Iterator["Page"]:
    """Page with a profile of its own, 1280 x 720 unless said otherwise; its complaints are an error at the end.

    A complaint is an uncaught error, a line of console.error (what the content security policy refuses is one), or a
    request to another host.
    """
    context = browser.new_context(**{"viewport": WINDOW, **options})
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []

    def uncaught(error: object) -> None:
        complaints.append(f"uncaught: {error}")

    def said(message: "ConsoleMessage") -> None:
        if message.type == "error" and not message.text.startswith(_SAID_BY_THE_LINE):
            complaints.append(f"console: {message.text}")

    def asked(request: "Request") -> None:
        if (urlsplit(request.url).hostname or "") not in _OURS:
            complaints.append(f"another host was asked: {request.url}")

    page.on("pageerror", uncaught)
    page.on("console", said)
    page.on("request", asked)
    try:
        yield page
    finally:
        page.unroute_all(behavior="ignoreErrors")  # a request held up by a test may still be under way
        context.close()
    assert not complaints, complaints


def wait_until(page: "Page", holds: str) -> None:
    """Wait until a function in the page is true; Playwright's own wait needs an `eval`, which the page forbids."""
    until_s = time.monotonic() + _PATIENCE_MS / 1e3
    while not page.evaluate(holds):
        assert time.monotonic() < until_s, holds
        page.wait_for_timeout(50)


def grave_findings(page: "Page") -> list[str]:
    """What axe-core finds serious or critical in what the page shows now."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in _GRAVE
        for node in rule["nodes"]
    ]


def keep(page: "Page", name: str, folder: Path) -> bytes:
    """Picture (PNG) of what is shown; kept in a folder, or in SONOPLACE_TEST_ARTEFACTS for people to look at."""
    place = Path(os.environ.get("SONOPLACE_TEST_ARTEFACTS", folder))
    return page.screenshot(path=place / f"{name}.png")
