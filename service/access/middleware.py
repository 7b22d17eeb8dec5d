"""Access around the application, pure ASGI: HTTP, WebSocket, mounted files and unknown paths alike pass here."""

from contextlib import ExitStack, suppress

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from service.access.authentication import SUBPROTOCOL
from service.access.control import AccessControl
from service.access.roles import Principal
from service.access.visit import Visit
from service.errors import ServiceError
from service.http.problems import last_word, refuse


class AccessGate:
    """Lets in whom `AccessControl` admits."""

    def __init__(self, app: ASGIApp, control: AccessControl) -> None:
        self._app = app
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        visit = Visit.of(scope, self._control.table)
        with ExitStack() as held:
            principal = None
            try:
                principal = await self._control.recognised(visit)
                self._control.require_role(visit, principal)
                watched = self._control.is_watched(principal)
                if watched:
                    held.enter_context(self._control.under_way(visit, principal))
                    self._control.begin(visit, principal)
            except ServiceError as error:
                if visit.matched is not None:
                    scope["route"] = visit.matched.rule  # what was refused, for the figures: no router has seen it
                await _refuse(self._control.refuse(visit, principal, error), scope, receive, send)
                return
            scope.setdefault("state", {}).update(principal=principal, asked_by=principal.name)
            if watched:
                await self._watched(visit, principal, (scope, receive, send))
            else:
                await self._app(scope, receive, send)

    async def _watched(self, visit: Visit, principal: Principal, connection: tuple[Scope, Receive, Send]) -> None:
        scope, receive, send = connection
        outcome: int | None = None

        async def forward(message: Message) -> None:
            nonlocal outcome
            outcome = _outcome(message, outcome)
            await send(_with_subprotocol(message, visit) if message["type"] == "websocket.accept" else message)

        async def hear() -> Message:
            nonlocal outcome
            message = await receive()
            if message["type"] == "websocket.receive":
                await self._control.require_still(principal)
            outcome = _outcome(message, outcome)
            return message

        try:
            await self._app(scope, hear if visit.is_socket else receive, forward)
        finally:
            self._control.conclude(visit, principal, outcome)


def _outcome(message: Message, before: int | None) -> int | None:
    """Status or close code that a message tells; the first one counts."""
    if before is not None:
        return before
    if message["type"] == "http.response.start":
        return int(message["status"])
    if message["type"] in ("websocket.close", "websocket.disconnect"):
        return int(message.get("code") or 1000)
    return None


def _with_subprotocol(message: Message, visit: Visit) -> Message:
    """Handshake's answer that names the subprotocol beside which a key came; never the one that is the key."""
    return {**message, "subprotocol": SUBPROTOCOL} if SUBPROTOCOL in visit.subprotocols else message


async def _refuse(error: ServiceError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        response = await refuse(Request(scope), error)
        if response is not None:
            await response(scope, receive, send)
        return
    # A browser's page is told nothing of a refused handshake: it is accepted, told why, and closed.
    socket = WebSocket(scope, receive, send)
    with suppress(WebSocketDisconnect):
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None)
        await socket.send_text(last_word(error, scope["path"]).decode())
        await refuse(socket, error)
