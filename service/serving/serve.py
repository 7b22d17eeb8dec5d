"""``sonoplace serve``: one process, or several behind one address."""

import signal
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from imaging.segmentation import Segmenter
from service.access.configured import require_way_in
from service.app import create_app, onnx_loader
from service.engine import Engine
from service.logs import configure_logging
from service.serving.processes import Processes
from service.serving.server import Server, keep_what_is_there, server_config
from service.settings import Settings
from service.store.store import open_store


def serve(settings: Settings, engine: Engine, say: Callable[[str], None], browse_to: str | None = None) -> None:
    """Run the service until it is stopped.

    Parameters
    ----------
    engine
        With its model loaded; several processes load one each.
    say
        Told the address once the server listens.
    browse_to
        Part of the page to open in a browser, or None to open none.

    Raises
    ------
    BadSetting
        If access is required and nobody could have any.
    ServiceError
        If the store cannot be opened: said once, before any process is started that would end of it.
    """
    require_way_in(settings)
    open_store(settings).close()
    configure_logging(settings.log_level)

    def listening(address: str) -> None:
        keep_what_is_there()
        say(address)
        if browse_to is not None:
            webbrowser.open(address + browse_to)

    with _orderly_end():
        if settings.processes > 1:
            Processes(settings, listening).run()
        else:
            app = create_app(settings, _loaded_once(settings, engine.segmenter))
            Server(server_config(app, settings), listening).run()


def _loaded_once(settings: Settings, segmenter: Segmenter) -> Callable[[Path], Segmenter]:
    """Loader that has this model at hand the first time; later the folder may hold another."""
    at_hand, load = {settings.model_dir: segmenter}, onnx_loader(settings)
    return lambda wanted: at_hand.pop(wanted, None) or load(wanted)


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
