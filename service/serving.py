"""The HTTP server around the application, and the demonstration that fills its store first."""

import gc
import signal
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import resources
from pathlib import Path
from socket import socket
from types import FrameType
from typing import NoReturn

import uvicorn

from imaging.errors import ImagingError
from imaging.onnx_model import load_model
from imaging.segmentation import Segmenter
from service.app import create_app
from service.engine import Engine
from service.errors import ServiceError
from service.logs import configure_logging
from service.media import Media
from service.procedures.admission import Upload, admit
from service.reading import Reading
from service.settings import Settings
from service.store.store import open_store

_DRAIN_S = 10
"""Requests under way get this long to end after a stop is asked for."""


class Server(uvicorn.Server):
    """Server that says at which address it listens once it does."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._on_listening(f"http://{f'[{host}]' if ':' in host else host}:{port}/")


def _segmenter(in_use: Path, loaded: Segmenter, folder: Path) -> Segmenter:
    """Network of a folder; the one in use is loaded already."""
    return loaded if folder == in_use else load_model(folder)


def serve(settings: Settings, engine: Engine, say: Callable[[str], None], browse_to: str | None = None) -> None:
    """Run the service until it is stopped.

    Parameters
    ----------
    say
        Told the address once the server listens.
    browse_to
        Part of the page to open in a browser, or None to open none.
    """
    configure_logging(settings.log_level)

    def listening(address: str) -> None:
        # What is there by now stays. A full collection that walks it all holds every answer back for 0.1 s.
        gc.freeze()
        say(address)
        if browse_to is not None:
            webbrowser.open(address + browse_to)

    config = uvicorn.Config(
        create_app(settings, partial(_segmenter, settings.model_dir, engine.segmenter)),
        host=settings.host,
        port=settings.port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # compressing JPEG again costs 4.5 times the round trip
        access_log=False,  # ours names routes, never paths
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    with _orderly_end():
        Server(config, listening).run()


@contextmanager
def _orderly_end() -> Iterator[None]:
    """Make a signal to stop, which uvicorn repeats once it has drained, unwind the stack instead of cutting it off."""

    def leave(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def fill(settings: Settings, engine: Engine, samples: list[Path]) -> tuple[list[str], list[str]]:
    """Put sample files into an empty store; gives their ids, and what was refused and why."""
    store = open_store(settings)
    accepted, refused = [], []
    for path in samples:
        try:
            row, _ = admit(Upload(path, Media.DICOM, Reading(), settings.max_frames), store, engine)
        except (ImagingError, ServiceError) as error:
            refused.append(f"{path.name}: {type(error).__name__}: {error}")
        else:
            accepted.append(row.id)
    store.close()
    return accepted, refused


def sample_files() -> list[Path]:
    """The sample procedures that come with the project."""
    folder = Path(str(resources.files("sample_dicoms")))
    return sorted(folder.glob("*.dcm"))
