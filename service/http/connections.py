"""Connections that cannot be held for nothing: a head that never ends, a peer that is gone, one that never reads.

uvicorn bounds what it buffers and how long an idle connection is kept after an answer; what it leaves open is bounded
here. Bodies have their own bounds (`service.http.body`), live sessions theirs (`service.live.session`).
"""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.http.socket_protocol import BoundedWebSocket
from service.settings import Settings

_MOST_HEAD_BYTES = 65_536
_PROBES = 3


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request's head is not there after a while, or is longer than any that is meant."""

    head_s = 10.0
    gone_s = 30.0
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Wait for the first head, and let the system watch the peer."""
        super().connection_made(transport)
        _notice_gone_peer(transport.get_extra_info("socket"), self.gone_s)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._head_is_there()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Wait for the rest of a head that has begun."""
        super().on_message_begin()
        self._head_bytes = 0
        self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a header, if there are not too many."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > _MOST_HEAD_BYTES:
            self.transport.close()
            return
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Wait no more: the request is on its way."""
        self._head_is_there()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait no longer for the rest of a body that has been answered than for a head."""
        super().on_response_complete()
        if self.cycle.more_body:
            self._expect_head()

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_s, self.timeout_keep_alive_handler)

    def _head_is_there(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bounded_protocols(settings: Settings) -> dict[str, Any]:
    """Arguments of `uvicorn.Config` that choose these protocols."""
    http = type(BoundedHttp.__name__, (BoundedHttp,), {"head_s": settings.head_s, "gone_s": settings.peer_gone_s})
    live = type(BoundedWebSocket.__name__, (BoundedWebSocket,), {"most_mb": settings.max_frame_mb})
    # Compressing JPEG again costs 4.5 times the round trip.
    return {"http": http, "ws": live, "ws_per_message_deflate": False}


def _notice_gone_peer(connection: socket.socket, gone_s: float) -> None:
    """Let the system end a connection whose peer acknowledges or takes nothing for so long (RFC 5482).

    Where a system has no such option, its own patience holds.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_USER_TIMEOUT", round(gone_s * 1e3)),
        ("TCP_KEEPIDLE", max(round(gone_s / 2), 1)),
        ("TCP_KEEPINTVL", max(round(gone_s / (2 * _PROBES)), 1)),
        ("TCP_KEEPCNT", _PROBES),
    ):
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
