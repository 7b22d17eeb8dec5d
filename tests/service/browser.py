"""A headless Chromium driven over its DevTools protocol: enough to open a page, ask it things and take its picture."""

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium")
_START_S = 30.0
SOFTWARE_3D = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""WebGL without a graphics card."""


class Browser:
    """One page of a running browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._asked = 0

    def open(self, url: str) -> None:
        """Load a page."""
        self._ask("Page.enable")
        self._ask("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """Value of an expression in the page."""
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, script: str, seconds: float = 20.0) -> Any:
        """Value of an expression once it is true."""
        deadline = time.monotonic() + seconds
        while not (value := self.evaluate(script)):
            assert time.monotonic() < deadline, f"never true: {script}"
            time.sleep(0.05)
        return value

    def screenshot(self) -> bytes:
        """PNG of what is shown."""
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._asked += 1
        self._connection.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._connection.recv(timeout=120.0))
            if said.get("id") == self._asked:
                assert "error" not in said, said["error"]
                return dict(said["result"])


@contextmanager
def browser(
    folder: Path, width: int = 1280, height: int = 900, graphics: tuple[str, ...] = ("--disable-gpu",)
) -> Iterator[Browser]:
    """Browser with an empty page, as long as it is wanted; its profile lies in a folder."""
    assert CHROMIUM is not None
    window = f"--window-size={width},{height}"
    quiet = ("--headless=new", "--no-sandbox", *graphics, "--hide-scrollbars", "--disable-dev-shm-usage", window)
    command = [CHROMIUM, *quiet, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    home = {**os.environ, "HOME": str(folder)}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=home) as process:  # noqa: S603 - the browser of this machine
        try:
            port = _once(lambda: (folder / "DevToolsActivePort").read_text().splitlines()[0])
            with connect(_once(lambda: _page(port)), max_size=None) as connection:
                yield Browser(connection)
        finally:
            process.terminate()
            process.wait(20)


def _page(port: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5.0) as answer:
        return str(next(target for target in json.load(answer) if target["type"] == "page")["webSocketDebuggerUrl"])


def _once(value: Callable[[], str]) -> str:
    """Value as soon as it can be had."""
    deadline = time.monotonic() + _START_S
    while True:
        try:
            return value()
        except (OSError, IndexError, StopIteration):
            assert time.monotonic() < deadline, "the browser did not start"
            time.sleep(0.05)
