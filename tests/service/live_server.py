"""A server process around the fake segmenter: ``python -m tests.service.live_server FOLDER [NAME=VALUE …]``."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.app import create_app
from service.logs import configure_logging
from service.serving.server import Server, server_config
from service.settings import Settings
from tests.service.fake_segmenter import BlindSegmenter, FakeSegmenter

BLIND = "blind"
"""A network in a folder of this name sees no needle."""


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
            process.wait(60)


def main(folder: str, *settings: str) -> None:
    """Serve until the process is told to stop."""
    given = dict(setting.split("=") for setting in settings)
    said = Settings(**{"data_dir": Path(folder), "port": 0, "stop_notice_s": 0, "stop_drain_s": 5, **given})
    configure_logging(said.log_level)  # to standard error: nobody reads standard output beyond its first line
    application = create_app(said, lambda folder: BlindSegmenter() if folder.name == BLIND else FakeSegmenter())
    config = server_config(application, said)
    Server(config, lambda address: print(address, flush=True)).run()  # noqa: T201 - read by the test


if __name__ == "__main__":
    main(*sys.argv[1:])
