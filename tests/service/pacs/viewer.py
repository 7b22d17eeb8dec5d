"""OHIF, the built viewer of its npm package, served on loopback with an archive's DICOMweb under the same origin."""

import json
import mimetypes
import os
import re
import shutil
import subprocess
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

PACKAGE = "@ohif/app@3.13.2"
"""3.12 draws the segmentation of a cine's first frame over all of its frames; 3.13 keeps them apart (looked at)."""
ENVIRONMENT = "SONOPLACE_OHIF"
"""Folder of a built viewer (``dist`` of the package), for machines that have one already."""
Picture = npt.NDArray[np.uint8]
_PATIENCE_S = 180.0
"""Drawing in software on a busy machine takes its time."""
_CLICK_S = 15.0
"""After so long without effect a double click was lost."""
_SETTLED_S = 0.5
_VIEWPORT = "window.cornerstone?.getRenderingEngines?.()[0]?.getViewports()[0]"
_CORNERS = f"""(() => {{
  const view = {_VIEWPORT}, image = view.getImageData(), [columns, rows] = image.dimensions;
  const corner = (i, j) => view.worldToCanvas(image.imageData.indexToWorld([i - 0.5, j - 0.5, 0]));
  const box = view.element.getBoundingClientRect(), a = corner(0, 0), b = corner(columns, rows);
  return [box.left + a[0], box.top + a[1], box.left + b[0], box.top + b[1], columns, rows];
}})()"""
_ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
"""Without these a page gets no shared memory, which the viewer's workers want."""
_SOURCE = {
    "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
    "sourceName": "archive",
    "configuration": {
        "friendlyName": "archive",
        "name": "archive",
        "wadoUriRoot": "/dicom-web",
        "qidoRoot": "/dicom-web",
        "wadoRoot": "/dicom-web",
        "qidoSupportsIncludeField": False,
        "imageRendering": "wadors",
        "thumbnailRendering": "wadors",
        "enableStudyLazyLoad": True,
        "supportsFuzzyMatching": False,
        "supportsWildcard": True,
        "omitQuotationForMultipartRequest": True,
        "bulkDataURI": {"enabled": True, "relativeResolution": "studies"},
    },
}
_SETTINGS = {
    "routerBasename": "/",
    "extensions": [],
    "modes": [],
    "showStudyList": True,
    "maxNumberOfWebWorkers": 1,
    "disableConfirmationPrompts": True,
    "showWarningMessageForCrossOrigin": False,
    "showCPUFallbackMessage": False,
    "investigationalUseDialog": {"option": "never"},
    "defaultDataSourceName": "archive",
    "dataSources": [_SOURCE],
}


def built_viewer(cache: Path) -> Path:
    """Folder of the built viewer, fetched by npm the first time; skips where neither is to be had."""
    given = os.environ.get(ENVIRONMENT)
    folder = Path(given) if given else cache / "package" / "dist"
    if (folder / "index.html").is_file():
        return folder
    npm = shutil.which("npm")
    if given or npm is None:
        pytest.skip(f"no built viewer: {ENVIRONMENT} names none, and npm is not installed")
    fetched = subprocess.run(  # noqa: S603 - the package manager of this machine
        [npm, "pack", PACKAGE, "--silent"], cwd=cache, capture_output=True, text=True, timeout=300, check=False
    )
    if fetched.returncode != 0:
        pytest.skip(f"npm cannot fetch {PACKAGE}")
    with tarfile.open(cache / fetched.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(cache, filter="data")
    return folder


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, folder: Path, archive: str, *rest: object) -> None:
        self._folder, self._archive = folder, archive
        super().__init__(*rest)  # type: ignore[arg-type] # what the server gives every handler

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/dicom-web/"):
            self._forward()
        elif path == "/app-config.js":
            self._send(200, f"window.config = {json.dumps(_SETTINGS)};".encode(), "text/javascript")
        else:
            file = self._folder / path.lstrip("/")
            file = file if file.is_file() else self._folder / "index.html"
            kind = "application/wasm" if file.suffix == ".wasm" else mimetypes.guess_type(file.name)[0]
            self._send(200, file.read_bytes(), kind or "application/octet-stream")

    def _forward(self) -> None:
        request = urllib.request.Request(self._archive + self.path)  # noqa: S310 - loopback
        for name in ("Accept", "Range"):
            if name in self.headers:
                request.add_header(name, self.headers[name])
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - loopback
                self._send(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
        except urllib.error.HTTPError as error:
            self._send(error.code, error.read(), "text/plain")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in {**_ISOLATED, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class Viewer:
    """A study in the viewer, driven through the services that its page offers."""

    def __init__(self, page: "Page", address: str, study_uid: str) -> None:
        self._page = page
        page.goto(f"{address}/app-config.js")
        # The tour of a first visit would darken the picture.
        page.evaluate("localStorage.setItem('shownTours', JSON.stringify(['basicViewerTour']))")
        page.goto(f"{address}/viewer?StudyInstanceUIDs={study_uid}")
        self.wait_for(f"{_VIEWPORT}?.getImageIds?.().length > 0 && {_VIEWPORT}.getImageData() != null")

    def open_series(self, modality: str, opened: str) -> None:
        """Open a series without pictures as a user does: by a double click on its name, again while nothing happens.

        Its name stands there before the viewer has all it needs to open it.
        """
        from playwright.sync_api import TimeoutError as NotYet

        entries = self._page.locator("[data-cy=study-browser-thumbnail-no-image]")
        entry = entries.filter(has_text=re.compile(rf"^\s*{modality}"))
        until_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until_s:
            entry.first.dispatch_event("dblclick", timeout=1e3 * _PATIENCE_S)
            with suppress(NotYet):
                self._page.wait_for_function(opened, timeout=1e3 * _CLICK_S)
                return
        pytest.fail(f"{modality} was not opened within {_PATIENCE_S:g} s")

    def wait_until_shown(self, frame: int) -> None:
        """Wait until a frame (0-based) is the one that is shown."""
        self.wait_for(f"{_VIEWPORT}.getCurrentImageIdIndex() == {frame}")

    def words(self) -> list[str]:
        """Lines of what is written over the picture."""
        return list(self._page.evaluate("[...document.querySelectorAll('svg tspan')].map(line => line.textContent)"))

    def wait_for(self, script: str) -> Any:
        """Value of an expression in the page once it is true."""
        return self._page.wait_for_function(script, timeout=1e3 * _PATIENCE_S).json_value()

    def picture(self, frame: int, done: Callable[[Picture], bool] = lambda _: True) -> Picture:
        """What is shown of a frame (0-based), in the frame's own pixels, ``[row, column, blue green red]``.

        The viewer does not say when it has drawn: ``done`` does, or patience ends.
        """
        self._page.evaluate(f"{_VIEWPORT}.setImageIdIndex({frame}).then(() => {_VIEWPORT}.render())")
        self.wait_until_shown(frame)
        until_s = time.monotonic() + _PATIENCE_S
        while not done(shown := self._seen()) and time.monotonic() < until_s:
            pass
        return shown

    def _seen(self) -> Picture:
        """The viewer says where the picture's corners are on its canvas; between them it is resampled."""
        time.sleep(_SETTLED_S)
        left, top, right, bottom, columns, rows = self._page.evaluate(_CORNERS)
        shot = cv2.imdecode(np.frombuffer(self._page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
        assert shot is not None
        cut = shot[round(top) : round(bottom), round(left) : round(right)]
        return np.asarray(cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


@contextmanager
def serving(folder: Path, archive_url: str) -> Iterator[str]:
    """Address of the viewer on an archive's images, until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, folder, archive_url))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)
