"""Request bodies, read up to their limit.

FastAPI's own ``max_body_size`` answers in plain text whatever the error handlers say (seen in starlette 1.10's
``RequestBodyLimitResponder.send_with_limit``); these two refuse with a problem document.
"""

from pathlib import Path

from starlette.requests import Request

from service.errors import PayloadTooLarge
from service.settings import MEGABYTE
from service.store.trouble import writing_files


async def read_body(request: Request, limit_mb: float) -> bytes:
    """Body in memory.

    Raises
    ------
    PayloadTooLarge
        As soon as the limit is known to be passed.
    """
    _refuse_announced(request, limit_mb)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit_mb * MEGABYTE:
            raise PayloadTooLarge(limit_mb)
        chunks.append(chunk)
    return b"".join(chunks)


async def receive_body(request: Request, target: Path, limit_mb: float) -> None:
    """Body written to a file, never whole in memory.

    Raises
    ------
    PayloadTooLarge
        As soon as the limit is known to be passed.
    """
    _refuse_announced(request, limit_mb)
    size = 0
    with writing_files(), target.open("wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit_mb * MEGABYTE:
                raise PayloadTooLarge(limit_mb)
            file.write(chunk)  # into the page cache: tens of microseconds a chunk


def _refuse_announced(request: Request, limit_mb: float) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit_mb * MEGABYTE:
        raise PayloadTooLarge(limit_mb)
