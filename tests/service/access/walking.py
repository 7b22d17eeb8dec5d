"""Every way into an application, as the router itself knows them."""

import re
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, WebSocketRoute

from service.access.table import SOCKET

SAMPLES = {"kind": "seg", "index": "0", "path": "assets/x.js", "model": "0.5.0"}
PROCEDURE = "a" * 32


def ways_in(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of everything that the application answers."""
    for found in iter_route_contexts(app.routes):
        route = found.original_route
        if isinstance(route, Mount):
            yield "GET", f"{route.path}/{{path:path}}"
        elif isinstance(route, WebSocketRoute):
            yield SOCKET, found.path
        else:
            yield from ((method, found.path) for method in sorted(found.methods - {"HEAD"}))


def sample(path: str) -> str:
    """Path that a route of this template answers."""
    return re.sub(r"\{(\w+)(:path)?\}", lambda match: SAMPLES.get(match[1], PROCEDURE), path)
