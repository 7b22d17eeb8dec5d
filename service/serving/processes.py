"""Several processes behind one address: started, watched, started again, given one model, and stopped together.

The parent listens and serves nothing itself. What the processes share while they run lies in a folder that goes with
them: the figures of each, and the model they were last told to use.
"""

import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from types import FrameType

import structlog
from prometheus_client.multiprocess import mark_process_dead

from service.app import create_app
from service.logs import configure_logging
from service.metrics import SHARED_FOLDER
from service.operation.choice import SharedChoice
from service.serving.server import Server, address_of, keep_what_is_there, server_config, stop_limit_s
from service.settings import Settings

_LOOK_S = 0.2
_MOST_DEATHS = 5
_DEATHS_WITHIN_S = 30.0
"""So many ends of processes within so short a time are no accident: then all is stopped, for the supervisor to see."""
_BACKLOG = 2048
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class _Wishes:
    """What signals have asked of the parent."""

    stop: bool = False
    load_again: bool = False

    def hear(self, number: int, _frame: FrameType | None) -> None:
        """Note a signal."""
        if number in (signal.SIGTERM, signal.SIGINT):
            self.stop = True
        else:
            self.load_again = True


@dataclass(slots=True)
class Processes:
    """A service of several processes.

    Parameters
    ----------
    on_listening
        Told the address once every process answers.
    """

    settings: Settings
    on_listening: Callable[[str], None]
    _children: list[BaseProcess] = field(default_factory=list)
    _deaths: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_DEATHS))

    def run(self) -> None:
        """Serve until a signal asks to stop.

        Raises
        ------
        SystemExit
            With status 1 if processes end again and again.
        """
        wishes = _Wishes()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, wishes.hear)
        with tempfile.TemporaryDirectory(prefix="sonoplace-") as name, _listener(self.settings) as listener:
            folder = Path(name)
            os.environ[SHARED_FOLDER] = name  # read by the metrics library when a child imports it
            answering = _SPAWN.Semaphore(0)
            start = _Start(self.settings, listener, folder, answering)
            try:
                self._children = [start.child() for _ in range(self.settings.processes)]
                self._watch(start, wishes)
            finally:
                self._stop()
                del os.environ[SHARED_FOLDER]

    def _watch(self, start: "_Start", wishes: _Wishes) -> None:
        missing = self.settings.processes
        while not wishes.stop:
            connection.wait([child.sentinel for child in self._children], timeout=_LOOK_S)
            if missing:
                missing -= sum(start.answering.acquire(block=False) for _ in range(missing))
                if not missing:
                    self.on_listening(start.address)
            if wishes.load_again:
                wishes.load_again = False
                SharedChoice(start.folder).write(self.settings.model_dir)
            self._replace_dead(start, stopping=wishes.stop)

    def _replace_dead(self, start: "_Start", *, stopping: bool) -> None:
        for place, child in enumerate(self._children):
            if child.is_alive() or stopping:
                continue
            structlog.get_logger().error("process ended", pid=child.pid, status=child.exitcode)
            mark_process_dead(child.pid or 0, str(start.folder))
            self._deaths.append(time.monotonic())
            if len(self._deaths) == _MOST_DEATHS and self._deaths[-1] - self._deaths[0] < _DEATHS_WITHIN_S:
                structlog.get_logger().error("processes end again and again: the service stops")
                raise SystemExit(1)
            self._children[place] = start.child()

    def _stop(self) -> None:
        """Let every process drain, and end those that do not end by themselves."""
        for child in self._children:
            if child.is_alive():
                child.terminate()
        deadline = time.monotonic() + stop_limit_s(self.settings) + 1.0
        for child in self._children:
            child.join(max(deadline - time.monotonic(), 0.1))
            if child.is_alive():
                child.kill()
                child.join()


@dataclass(frozen=True, slots=True)
class _Start:
    """How a process is started."""

    settings: Settings
    listener: socket.socket
    folder: Path
    answering: Semaphore

    @property
    def address(self) -> str:
        """Where all of them listen."""
        return address_of(self.listener)

    def child(self) -> BaseProcess:
        """A new process, started."""
        child = _SPAWN.Process(target=_serve, args=(self.settings, self.listener, self.folder, self.answering))
        child.start()
        return child


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)


def _serve(settings: Settings, listener: socket.socket, folder: Path, answering: Semaphore) -> None:
    """One process's whole life."""
    os.setpgid(0, 0)  # Ctrl+C is for the parent, which passes it on once
    configure_logging(settings.log_level)
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    app = create_app(settings, choice=SharedChoice(folder))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # uvicorn repeats the signal once it has drained: then all is done

    def listening(_: str) -> None:
        keep_what_is_there()
        answering.release()

    Server(server_config(app, settings), listening).run([listener])


def _stop_with_parent() -> None:
    """Stop when the parent is gone, however it ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
