"""Bodies that are no pictures have a limit of their own, known to be kept before anything is parsed or answered."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import PayloadTooLarge, ServiceError, detail_of, outcome_of
from service.http.body import BodyLimits, Pace
from service.http.problems import problem_response
from service.settings import MEGABYTE

MOST_MEGABYTES = 0.262144
"""256 KiB: a record has some hundred bytes. 20,000 fields that are none take 0.2 s to be refused, and hold all up."""
PICTURES = ("/v1/frames", "/v1/procedures", "/dicom-web/")
"""Routes that read a body as it comes and count it: ends of paths, or their beginning where they end in a slash."""


class BodyLimit:
    """Refuses bodies that are larger, or come too slowly, and hands the others on whole."""

    def __init__(self, app: ASGIApp, limits: BodyLimits, pictures: Sequence[str] = PICTURES) -> None:
        self._app = app
        self._limits = limits
        self._exact = frozenset(pictures)
        self._below = tuple(path for path in pictures if path.endswith("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or self._is_picture(scope["path"]) or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        try:
            waiting = iter(await self._whole(receive))
        except ServiceError as error:
            response = problem_response(error.code, outcome_of(type(error)), detail_of(error), scope["path"])
            await response(scope, receive, send)
            return

        async def handed_on() -> Message:
            return next(waiting, None) or await receive()

        await self._app(scope, handed_on, send)

    async def _whole(self, receive: Receive) -> list[Message]:
        """Every message of a body.

        Raises
        ------
        PayloadTooLarge, TooSlow
            As soon as a limit is known to be passed.
        """
        messages: list[Message] = []
        pace = Pace(self._limits)
        while not messages or messages[-1].get("more_body", False):
            messages.append(await pace.kept(receive()))
            pace.size += len(messages[-1].get("body", b""))
            if pace.size > self._limits.megabytes * MEGABYTE:
                raise PayloadTooLarge(self._limits.megabytes)
        return messages

    def _is_picture(self, path: str) -> bool:
        return path in self._exact or path.startswith(self._below)


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
