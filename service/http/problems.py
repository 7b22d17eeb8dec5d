"""Refusals as RFC 9457 problem documents over HTTP and as close frames over WebSocket, from one table."""

import http
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.websockets import WebSocket

from imaging.errors import ImagingError
from service.errors import UNEXPECTED, BadQuery, Outcome, ServiceError, code_of, detail_of, outcome_of, problem_of
from service.wire import Problem

PROBLEM_MEDIA_TYPE = "application/problem+json"
_MOST_MISFITS = 20
"""A body can be wrong in ten thousand places; nobody reads so many."""
_CLOSE_REASON_BYTES = 123
"""A close frame carries at most 125 bytes, two of them the code (RFC 6455 section 5.5)."""


def problem_response(
    code: str,
    outcome: Outcome,
    detail: str,
    instance: str,
    headers: Mapping[str, str] | None = None,
    **extra: Any,  # noqa: ANN401 - RFC 9457 leaves extension members open
) -> Response:
    """Problem document with the status, title and stable type of an outcome."""
    body = {
        "type": f"urn:sonoplace:problem:{code}",
        "title": outcome.title,
        "status": outcome.status,
        "detail": detail,
        "instance": instance,
        "code": code,
    }
    content = orjson.dumps(body | extra)
    return Response(content, outcome.status, {**(headers or {})}, PROBLEM_MEDIA_TYPE)


def unexpected_response(instance: str) -> Response:
    """Problem for an error nobody raised on purpose: nothing of its inside is told."""
    return problem_response("unexpected", UNEXPECTED, "the error was logged under the request's id", instance)


def last_word(error: Exception, instance: str) -> bytes:
    """Message over a WebSocket that says in full why it is about to be closed."""
    problem = {"type": "problem", "sequence": None, "problem": problem_of(error, instance), "live": None}
    return orjson.dumps(problem)


def close_words(error: Exception) -> dict[str, Any]:
    """Code and reason of the close frame that ends a WebSocket because of an error."""
    reason = f"{code_of(error)}: {detail_of(error)}".encode()[:_CLOSE_REASON_BYTES].decode(errors="ignore")
    return {"code": outcome_of(type(error)).close_code, "reason": reason}


async def refuse(connection: HTTPConnection, error: Exception) -> Response | None:
    """Answer an error of either tree: a problem over HTTP, a close frame over WebSocket."""
    if isinstance(connection, WebSocket):
        await connection.close(**close_words(error))
        return None
    headers = error.headers if isinstance(error, ServiceError) else {}
    return problem_response(code_of(error), outcome_of(type(error)), detail_of(error), connection.url.path, headers)


async def refuse_invalid(request: Request, error: Exception) -> Response:
    """Parameters that do not fit their declared type; their values are not repeated."""
    problems = error.errors() if isinstance(error, RequestValidationError) else ()
    errors = [_misfit(item["loc"], item["msg"]) for item in problems[:_MOST_MISFITS]]
    detail = "; ".join(f"{item['where']}: {item['what']}" for item in errors)
    return problem_response(BadQuery.code, outcome_of(BadQuery), detail, request.url.path, errors=errors)


def _misfit(place: Sequence[str | int], what: str) -> dict[str, str]:
    """Part of a request that does not fit; of a JSON body with its pointer, as RFC 9457 section 3 shows it."""
    said = {"where": ".".join(map(str, place)), "what": what}
    if not place or place[0] != "body":
        return said
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in place[1:])
    return said | {"pointer": "#" + "".join(f"/{step}" for step in steps)}


async def refuse_http(request: Request, error: Exception) -> Response:
    """What the router refuses by itself: unknown paths and methods."""
    if not isinstance(error, HTTPException):
        return unexpected_response(request.url.path)
    headers = error.headers
    if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(_allowed(request))}
        if request.method == "OPTIONS":
            return Response(status_code=http.HTTPStatus.NO_CONTENT, headers=headers)
    phrase = http.HTTPStatus(error.status_code).phrase
    outcome = Outcome(error.status_code, 4000 + error.status_code, phrase)
    code = phrase.lower().replace(" ", "-")
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return problem_response(code, outcome, detail, request.url.path, headers)


def _allowed(request: Request) -> list[str]:
    """Methods that a path takes: the router itself names those of the first route alone."""
    allowed = []
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            allowed += ["GET", "HEAD"] if method == "GET" else [method]
    return allowed


def install(app: FastAPI) -> None:
    """Register the handlers that make every refusal a problem."""
    app.add_exception_handler(ServiceError, refuse)  # type: ignore[arg-type] # serves both transports
    app.add_exception_handler(ImagingError, refuse)  # type: ignore[arg-type] # serves both transports
    app.add_exception_handler(RequestValidationError, refuse_invalid)
    app.add_exception_handler(HTTPException, refuse_http)


def problem_docs(*errors: type[ServiceError | ImagingError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the refusals a route may give."""
    docs: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        outcome = outcome_of(error)
        entry = docs.setdefault(outcome.status, {"description": "", "content": {}})
        entry["description"] += ("; " if entry["description"] else "") + f"`{error.code}`: {outcome.title}"
        entry["content"] = {PROBLEM_MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return docs
