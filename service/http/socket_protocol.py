"""WebSockets as uvicorn serves them, for peers that send too much or take too little."""

import math
from typing import Any

import structlog
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from service.errors import PayloadTooLarge
from service.http.problems import close_words, last_word

_QUIET_S = 0.5
_LONGEST_LINGER_S = 5.0


class NamingProtocol(ServerProtocol):
    """What is said over a WebSocket, without its connection; a message that is too large is refused by name."""

    def __init__(self, most_mb: float, **given: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(**given)
        self._most_mb = most_mb
        self._path = ""

    def accept(self, request: Request) -> Response:
        """Answer to the handshake."""
        self._path = request.path.partition("?")[0]
        return super().accept(request)

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        """End the connection because of what its peer sent."""
        if code == CloseCode.MESSAGE_TOO_BIG and self.state is State.OPEN:
            error = PayloadTooLarge(self._most_mb)
            structlog.get_logger().info("live closed", code=error.code)
            self.send_text(last_word(error, self._path))
            reason = close_words(error)["reason"]
        super().fail(code, reason)


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Answers no ping of a peer that does not read what it was sent already: nothing is buffered for it.

    Nor is a connection closed over bytes that nobody read: its reset would overtake what was said last. What still
    comes is thrown away until the peer is quiet, or for as long as one may wait for that.
    """

    most_mb = math.inf
    """Largest message that is taken, as it is told."""
    _linger_until_s = 0.0

    def __init__(self, config: uvicorn.Config, *others: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(config, *others, **named)
        self.conn = NamingProtocol(self.most_mb, max_size=config.ws_max_size, logger=self.logger)

    def handle_ping(self) -> None:
        """Answer a ping."""
        pong = self.conn.data_to_send()
        if self.writable.is_set():
            self.transport.write(b"".join(pong))

    def handle_parser_exception(self) -> None:
        """Close over something that cannot be taken; called again for whatever comes after it."""
        close = self.conn.close_sent
        if not self.close_sent and close is not None:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self._linger()

    def _linger(self) -> None:
        now_s = self.loop.time()
        self._linger_until_s = self._linger_until_s or now_s + _LONGEST_LINGER_S
        if self.close_timer is not None:
            self.close_timer.cancel()
        left_s = max(self._linger_until_s - now_s, 0.0)
        self.close_timer = self.loop.call_later(min(_QUIET_S, left_s), self.transport.close)
