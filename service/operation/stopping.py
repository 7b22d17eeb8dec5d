"""How a service stops.

::

    running ──asked──► readiness is false, all else goes on ──notice is over──► live sessions are told and ended,
    nothing new is begun ──► requests under way are answered ──► stopped

Who sends requests here has the time of the notice to hear of it. The signal, the waits and the end of the process are
the business of `service.serving.server`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from service.operation.errors import ServiceStopping


class Stopping:
    """How far a service is on its way down. Use it from one event loop."""

    def __init__(self) -> None:
        self._asked = False
        self._ending = asyncio.Event()
        self._connections = 0

    @property
    def live_connections(self) -> int:
        """Live connections that are open, until their last message is on its way."""
        return self._connections

    @contextmanager
    def live_connection(self) -> Iterator[None]:
        """Block of one live connection."""
        self._connections += 1
        try:
            yield
        finally:
            self._connections -= 1

    @property
    def asked(self) -> bool:
        """Whether a stop was asked for."""
        return self._asked

    def ask(self) -> None:
        """Be ready no longer."""
        self._asked = True

    def end_sessions(self) -> None:
        """Begin nothing more, and let live connections end."""
        self._asked = True
        self._ending.set()

    async def ending(self) -> None:
        """Until live connections are to end."""
        await self._ending.wait()

    def require_running(self) -> None:
        """Refuse what would begin now.

        Raises
        ------
        ServiceStopping
            If nothing is to be begun any more.
        """
        if self._ending.is_set():
            raise ServiceStopping
