"""The outermost layer of ours, pure ASGI: request ids, figures, security headers, HEAD, and the one boundary."""

import asyncio
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected

from service.errors import UNEXPECTED
from service.http.problems import close_words, last_word, unexpected_response
from service.http.security import security_headers
from service.logs import request_id_from, request_lines
from service.metrics import Metrics
from service.tracing.spans import NoTracing, RequestSpan, Tracing, traced

_SWITCHED = 101
"""Status of a request that became a WebSocket."""
_GONE = 499
"""Status, in logs and figures alone, of a request whose sender was gone before it was whole (nginx's number for it)."""
_PEER_GONE = (WebSocketDisconnect, WebSocketDisconnected)
"""What sending over a WebSocket raises once its peer is gone."""
_CLOSE_S = 2.0


@dataclass(slots=True)
class _Exchange:
    """One request on its way, and what has been sent of its answer."""

    scope: Scope
    send: Send
    request_id: str
    head_only: bool
    start: float = field(default_factory=time.perf_counter)
    status: int = 0

    async def forward(self, message: Message) -> None:
        """Send a part of the answer, with our headers and without a body if only the head was asked for."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            for name, value in security_headers(self.scope["scheme"]).items():
                headers.setdefault(name, value)  # a report has a policy of its own, as strict
            headers.append("Server-Timing", f"app;dur={self.elapsed_ms:.3f}")
        elif self.head_only:
            message = {**message, "body": b""}
        await self.send(message)

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the request's head was read."""
        return (time.perf_counter() - self.start) * 1e3

    @property
    def route(self) -> str:
        """Path template of the route."""
        return _route(self.scope)


@dataclass(slots=True)
class _Line:
    """One WebSocket on its way; whether it was accepted, and is not closed yet."""

    send: Send
    request_id: str
    asked: bool = True
    open: bool = False

    async def forward(self, message: Message) -> None:
        """Send a message; the answer to the handshake with the request's id."""
        if message["type"] == "websocket.accept":
            message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]}
        self.asked, self.open = False, message["type"] in ("websocket.accept", "websocket.send")
        await self.send(message)

    async def break_off(self, error: Exception, scope: Scope, receive: Receive) -> None:
        """End it as a request ends that fails so, if the peer still listens."""
        with suppress(OSError):  # a peer that is gone, or takes nothing in time
            async with asyncio.timeout(_CLOSE_S):
                if self.asked:
                    await unexpected_response(scope["path"])(scope, receive, self.forward)
                elif self.open:
                    await self.forward({"type": "websocket.send", "text": last_word(error, scope["path"]).decode()})
                    await self.forward({"type": "websocket.close", **close_words(error)})


class Edge:
    """Wraps the application; an error that nobody raised on purpose ends here as a problem that tells nothing."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing | None = None) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing or NoTracing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = request_id_from(headers.get("x-request-id", ""))
        kind = scope.get("method", "WS")
        with request_lines(request_id), self._tracing.request(kind, headers, request_id) as span:
            if scope["type"] == "websocket":
                # Its frames are no stages of one request: the metrics tell what they take.
                status = await self._hold(scope, receive, _Line(send, request_id))
                span.answered(_route(scope), status)
                return
            with traced(span):
                await self._answer(scope, receive, send, request_id, span)

    async def _hold(self, scope: Scope, receive: Receive, line: _Line) -> int:
        """Serve a WebSocket until it ends; its status in the trace."""
        try:
            await self._app(scope, receive, line.forward)
        except _PEER_GONE:
            return _GONE
        except Exception as error:  # noqa: BLE001 - as below: no error leaves a peer without a last word
            _log_unexpected(error)
            await line.break_off(error, scope, receive)
            return UNEXPECTED.status
        return _SWITCHED

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str, span: RequestSpan) -> None:
        head_only = scope["method"] == "HEAD"
        inner: Scope = {**scope, "method": "GET"} if head_only else scope
        exchange = _Exchange(inner, send, request_id, head_only)
        try:
            await self._app(inner, receive, exchange.forward)
        except ClientDisconnect:
            exchange.status = exchange.status or _GONE  # nobody is there to be answered
        except Exception as error:  # noqa: BLE001 - the one boundary: whatever is left becomes a 500 without its inside
            _log_unexpected(error)
            if exchange.status == 0:
                await unexpected_response(scope["path"])(inner, receive, exchange.forward)
        self._observe(exchange, scope["method"])
        span.answered(exchange.route, exchange.status)

    def _observe(self, exchange: _Exchange, method: str) -> None:
        self._metrics.requests.labels(method, exchange.route, exchange.status).inc()
        self._metrics.request_seconds.labels(exchange.route).observe(exchange.elapsed_ms / 1e3)
        structlog.get_logger().info(
            "request",
            method=method,
            route=exchange.route,
            status=exchange.status,
            elapsed_ms=round(exchange.elapsed_ms, 2),
        )


def _route(scope: Scope) -> str:
    """Path template of the route that serves; never the path, which may hold anything."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _log_unexpected(error: Exception) -> None:
    """Where it happened and of what class; not its message, which may quote a file."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    structlog.get_logger().error("unexpected", error=type(error).__name__, places=places[-8:])
