"""The service on a real socket, in a thread of the test's process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from imaging.segmentation import Segmenter
from service.app import create_app
from service.serving import Server
from service.settings import Settings


@contextmanager
def running_service(settings: Settings, segmenter: Segmenter) -> Iterator[str]:
    """Address of a service that runs until the end of the block."""
    listening, address = threading.Event(), list[str]()

    def heard(said: str) -> None:
        address.append(said)
        listening.set()

    application = create_app(settings, lambda _: segmenter)
    server = Server(uvicorn.Config(application, port=0, log_config=None, ws="none"), heard)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert listening.wait(60)
        yield address[0]
    finally:
        server.should_exit = True
        thread.join(60)
