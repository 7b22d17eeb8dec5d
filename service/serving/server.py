"""uvicorn's server with a beginning and an end of ours: it says where it listens, drains in steps, and ends in time.

SIGTERM and SIGINT ask for a stop, in the steps of `service.operation.stopping`; a second one skips what is left of the
notice. SIGHUP loads the model's folder again.
"""

import asyncio
import gc
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from socket import socket
from types import FrameType
from typing import Any, cast

import structlog
import uvicorn
from fastapi import FastAPI

from service.http.connections import bounded_protocols
from service.live.messages import MOST_HEAD_BYTES
from service.settings import MEGABYTE, Settings
from service.state import Services

_LONGEST_HOLD_S = 0.001
_LEEWAY_S = 5.0
"""For threads that are at work and for what is closed last; then the process ends whatever still runs."""


def stop_limit_s(settings: Settings) -> float:
    """Longest time from a wish to stop to the end of the process."""
    return settings.stop_notice_s + 2 * settings.stop_drain_s + _LEEWAY_S


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How this application is served."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        **bounded_protocols(settings),
        ws_max_size=MOST_HEAD_BYTES + round(settings.max_frame_mb * MEGABYTE),
        access_log=False,  # ours names routes, never paths
        log_config=None,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=math.ceil(settings.stop_drain_s),
    )


class Server(uvicorn.Server):
    """Server that says at which address it listens once it does, and stops in steps."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if not self.started:
            return
        self._loop = asyncio.get_running_loop()
        if hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread():
            self._loop.add_signal_handler(signal.SIGHUP, self._load_again)
        self._on_listening(address_of(self.servers[0].sockets[0]))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; when asked again, hurry."""
        if self._stop is not None or self._loop is None or self._services is None:
            super().handle_exit(sig, frame)
            return
        self._captured_signals.append(sig)
        self._loop.call_soon_threadsafe(self._begin_to_stop)

    @property
    def _services(self) -> Services | None:
        """Parts of the application, while it runs."""
        return cast("Services | None", getattr(cast("FastAPI", self.config.app).state, "services", None))

    def _begin_to_stop(self) -> None:
        services = self._services
        if services is not None and self._stop is None:
            self._stop = asyncio.get_running_loop().create_task(self._drain(services))

    async def _drain(self, services: Services) -> None:
        settings = services.settings
        _end_in_any_case_after(stop_limit_s(settings))
        structlog.get_logger().info("stopping", live_connections=services.stopping.live_connections)
        services.stopping.ask()
        services.metrics.ready.set(0)
        await asyncio.sleep(settings.stop_notice_s)
        services.stopping.end_sessions()
        try:
            async with asyncio.timeout(settings.stop_drain_s):
                while services.stopping.live_connections:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            structlog.get_logger().warning("live connections cut off", number=services.stopping.live_connections)
        self.should_exit = True

    def _load_again(self) -> None:
        services = self._services
        if services is not None:
            self._keep(services.models.again())

    def _keep(self, part: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(part)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def keep_what_is_there() -> None:
    """Collect no more of what a started process holds: a full collection of it holds every answer back for 0.1 s.

    Nor may a thread that nobody waits for keep the interpreter from the others for the usual 5 ms.
    """
    gc.freeze()
    sys.setswitchinterval(_LONGEST_HOLD_S)


def address_of(listening: socket) -> str:
    """Where a socket listens, as one would enter it."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _end_in_any_case_after(seconds: float) -> None:
    """End the process at a limit: what was accepted is durable, and a hung thread must not keep a site waiting."""
    timer = threading.Timer(seconds, _end_now, [seconds])
    timer.daemon = True
    timer.start()


def _end_now(seconds: float) -> None:
    structlog.get_logger().error("the stop took too long, the process ends", limit_s=seconds)
    os._exit(1)
