"""Which names a query may have: those that its route declares, each once unless it is declared as a list.

A name that nobody declared is most often a mistyped one, and what it should have said is then left to its default: a
distance would be in other millimetres, and nobody told. Paths beside ``/v1/`` are asked by probes, scrapers and
archives with habits of their own, and are left alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, get_args, get_origin
from urllib.parse import unquote_plus

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import BadQuery, outcome_of
from service.http.problems import problem_docs, problem_response

_INTERFACE = "/v1/"
_MOST_TOLD, _LONGEST_TOLD = 5, 40


class Declared(NamedTuple):
    """Names that a route's query may have, and those among them that may be repeated."""

    names: frozenset[str]
    lists: frozenset[str]


class QueryGate:
    """Refuses a query with a name that its route does not declare, or with one said twice; pure ASGI.

    Not a dependency of the routes: solving one more takes longer than all that is done here.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._routes = [route for route in routes if isinstance(route, APIRoute) and route.path.startswith(_INTERFACE)]
        self._declared = {id(route): declared_by(route) for route in self._routes}
        self._plain = {(method, route.path): route for route in self._routes for method in route.methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["query_string"]:
            route = self._plain.get((scope["method"], scope["path"])) or self._matching(scope)
            try:
                _require_known(_names(scope["query_string"]), self._declared.get(id(route)))
            except BadQuery as error:
                scope["route"] = route  # what was refused, for the figures: no router has seen it
                response = problem_response(error.code, outcome_of(BadQuery), str(error), scope["path"])
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _matching(self, scope: Scope) -> APIRoute | None:
        return next((route for route in self._routes if route.matches(scope)[0] is Match.FULL), None)


def declared_by(route: APIRoute) -> Declared:
    """Names that a route and what it depends on declare."""
    fields = {field.alias: field.field_info.annotation for field in _fields(route.dependant)}
    return Declared(frozenset(fields), frozenset(name for name, kind in fields.items() if _is_list(kind)))


def _fields(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for other in dependant.dependencies:
        yield from _fields(other)


def _is_list(kind: Any) -> bool:  # noqa: ANN401 - whatever may be annotated
    return get_origin(kind) is list or any(_is_list(part) for part in get_args(kind))


def _names(query: bytes) -> list[str]:
    """Names in the order in which they are said; `urllib.parse.parse_qsl` takes four times as long for them."""
    return [unquote_plus(said.partition("=")[0]) for said in query.decode("latin-1").split("&") if said]


def _require_known(said: list[str], declared: Declared | None) -> None:
    """Refuse what is not declared, if anything is.

    Raises
    ------
    BadQuery
        With the names and those that are expected; never with what they say.
    """
    if declared is None or (declared.names.issuperset(said) and len(set(said)) == len(said)):
        return
    unknown = sorted(set(said) - declared.names)
    repeated = sorted(name for name, times in Counter(said).items() if times > 1 and name not in declared.lists)
    faults = [f"unknown: {_told(unknown)}"] if unknown else []
    faults += [f"said more than once: {_told(repeated)}"] if repeated else []
    if faults:
        msg = f"query parameters {'; '.join(faults)}: expected {', '.join(sorted(declared.names)) or 'none'}"
        raise BadQuery(msg)


def _told(names: list[str]) -> str:
    shown = ", ".join(repr(name[:_LONGEST_TOLD]) for name in names[:_MOST_TOLD])
    return shown + (f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else "")


def document_queries(app: FastAPI) -> None:
    """Let the application's document tell of this refusal where an operation does not do so itself."""
    plain, refusal = app.openapi, problem_docs(BadQuery)

    def completed() -> dict[str, Any]:
        document = plain()
        for path, operations in document["paths"].items():
            for operation in operations.values() if path.startswith(_INTERFACE) else ():
                for status, entry in refusal.items():
                    operation["responses"].setdefault(str(status), entry)
        return document

    app.openapi = completed  # type: ignore[method-assign] # FastAPI's own way to extend it
