"""One request or handshake, as far as access has to do with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from starlette.datastructures import Headers
from starlette.types import Scope

from service.access.log import AccessRecord, Event
from service.access.matching import Matched, RouteTable
from service.access.origin import SAFE_METHODS
from service.access.table import SOCKET

_UNLISTED = "(unlisted)"
NOBODY = "-"


@dataclass(frozen=True, slots=True)
class Visit:
    """What is asked, and from where.

    Parameters
    ----------
    matched
        Row of the table; None for what stands nowhere.
    peer, server
        Addresses of both ends of the connection.
    """

    method: str
    matched: Matched | None
    headers: Headers
    scheme: str
    peer: str | None
    server: tuple[str, int | None] | None
    subprotocols: Sequence[str]
    request_id: str | None

    @classmethod
    def of(cls, scope: Scope, table: RouteTable) -> "Visit":
        """Visit of an ASGI connection."""
        method = SOCKET if scope["type"] == "websocket" else scope["method"]
        return cls(
            method,
            table.match(method, scope["path"]),
            Headers(scope=scope),
            scope["scheme"],
            (scope.get("client") or (None,))[0],
            scope.get("server"),
            scope.get("subprotocols", ()),
            structlog.contextvars.get_contextvars().get("request_id"),
        )

    @property
    def is_open(self) -> bool:
        """Whether everyone may ask it."""
        return self.matched is not None and self.matched.rule.roles is None

    @property
    def is_socket(self) -> bool:
        """Whether it is the handshake of a WebSocket."""
        return self.method == SOCKET

    @property
    def may_change(self) -> bool:
        """Whether it may change anything, by its method."""
        return self.method not in SAFE_METHODS

    def record(
        self, event: Event, who: str, outcome: int | None = None, code: str | None = None, repeated: int | None = None
    ) -> AccessRecord:
        """Line of the log about this visit."""
        route = _UNLISTED if self.matched is None else self.matched.rule.path
        procedure_id = None if self.matched is None else self.matched.procedure_id
        what = f"{self.method} {route}"
        return AccessRecord(event, who, what, outcome, code, self.peer, procedure_id, self.request_id, repeated)
