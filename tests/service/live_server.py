"""A server process around the fake segmenter: ``python -m tests.service.live_server FOLDER [NAME=VALUE …]``."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from service.app import create_app
from service.serving import Server
from service.settings import Settings
from tests.service.fake_segmenter import FakeSegmenter


@contextmanager
def live_server(folder: Path, *settings: str) -> Iterator[str]:
    """Address of a server in a process of its own, as long as it is wanted."""
    command = [sys.executable, "-m", "tests.service.live_server", str(folder), *settings]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own interpreter
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().rstrip("/")
        finally:
            process.terminate()
            process.stdout.read()
            process.wait(20)


def main(folder: str, *settings: str) -> None:
    """Serve until the process is told to stop."""
    given = dict(setting.split("=") for setting in settings)
    application = create_app(Settings(data_dir=Path(folder), **given), lambda _: FakeSegmenter())
    config = uvicorn.Config(
        application,
        port=0,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
    Server(config, lambda address: print(address, flush=True)).run()  # noqa: T201 - read by the test


if __name__ == "__main__":
    main(*sys.argv[1:])
