"""Bodies that are no pictures have a limit of their own, known to be kept before anything is parsed."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import PayloadTooLarge, detail_of, outcome_of
from service.http.problems import problem_response

MOST_BYTES = 262_144
"""256 KiB: a record has some hundred bytes. 20,000 fields that are none take 0.2 s to be refused, and hold all up."""
PICTURES = ("/v1/frames", "/v1/procedures", "/dicom-web/")
"""Routes that read a body as it comes and count it: ends of paths, or their beginning where they end in a slash."""


class BodyLimit:
    """Refuses larger bodies, and hands the others on whole."""

    def __init__(self, app: ASGIApp, pictures: Sequence[str] = PICTURES, most_bytes: int = MOST_BYTES) -> None:
        self._app = app
        self._exact = frozenset(pictures)
        self._below = tuple(path for path in pictures if path.endswith("/"))
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or self._is_picture(scope["path"]) or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []
        size = 0
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
            size += len(messages[-1].get("body", b""))
            if size > self._most_bytes:
                await _refuse(self._most_bytes, scope, receive, send)
                return
        waiting = iter(messages)

        async def handed_on() -> Message:
            return next(waiting, None) or await receive()

        await self._app(scope, handed_on, send)

    def _is_picture(self, path: str) -> bool:
        return path in self._exact or path.startswith(self._below)


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def _refuse(most_bytes: int, scope: Scope, receive: Receive, send: Send) -> None:
    error = PayloadTooLarge(most_bytes / 1e6)
    response = problem_response(error.code, outcome_of(PayloadTooLarge), detail_of(error), scope["path"])
    await response(scope, receive, send)
