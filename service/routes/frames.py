"""``POST /v1/frames``: one frame in, one answer out, nothing kept."""

import time
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from imaging.frame import Frame
from service.ask import OFFERED, PNG, SVG, reply_to, server_timing
from service.errors import BadQuery, NotAcceptable
from service.http.body import BodyLimits, read_body
from service.http.negotiation import preferred
from service.http.problems import problem_docs
from service.media import FRAME_MEDIA, HEAD_BYTES, Media, media_of
from service.reading import Reading, reading
from service.routes.upload_docs import BINARY, UPLOAD_REFUSALS, body_docs
from service.source import grey_frame, open_source, require_regions
from service.state import ServicesDep
from service.wire import FrameAnswer

router = APIRouter(prefix="/v1", tags=["frames"])


@dataclass(frozen=True, slots=True)
class FrameQuery:
    """Query parameters that only a single frame has."""

    frame: int
    width: int | None
    height: int | None


async def frame_query(
    frame: Annotated[int, Query(ge=0, description="frame of a DICOM cine, from 0")] = 0,
    width: Annotated[int | None, Query(ge=1, le=65535, description="columns of raw grey levels")] = None,
    height: Annotated[int | None, Query(ge=1, le=65535, description="rows of raw grey levels")] = None,
) -> FrameQuery:
    """Which frame, and the size of one without a header, from the query."""
    return FrameQuery(frame, width, height)


@router.post(
    "/frames",
    summary="Analyse one frame",
    response_class=Response,
    responses={
        200: {"model": FrameAnswer, "content": {PNG: BINARY, SVG: {"schema": {"type": "string"}}}},
        **problem_docs(*UPLOAD_REFUSALS, NotAcceptable),
    },
    openapi_extra=body_docs(FRAME_MEDIA),
)
async def post_frame(
    request: Request,
    services: ServicesDep,
    wanted: Annotated[Reading, Depends(reading)],
    query: Annotated[FrameQuery, Depends(frame_query)],
) -> Response:
    """Say where the needle tip is in one frame.

    The body is the picture itself. The answer is JSON, the picture with its overlay, or the overlay alone, by
    ``Accept``. ``Server-Timing`` tells what each stage took.
    """
    media_type = preferred(request.headers.get("accept"), OFFERED)
    body = await read_body(request, BodyLimits.of(services.settings, services.settings.max_frame_mb))
    media = media_of(request.headers.get("content-type"), body[:HEAD_BYTES], FRAME_MEDIA)
    decode = partial(_decode, body, media, wanted, query, services.settings.max_frames)
    reply = await services.work.run(reply_to, decode, services.engine, media_type, time.perf_counter())
    services.metrics.observe_frame(reply.verdict, reply.timing_ms)
    headers = {"Server-Timing": server_timing(reply.timing_ms), "Vary": "Accept"}
    return Response(reply.content, headers=headers, media_type=reply.media_type)


def _decode(body: bytes, media: Media, wanted: Reading, query: FrameQuery, max_frames: int) -> Frame:
    require_regions(wanted, media)
    if media is Media.GREY:
        return grey_frame(body, query.width, query.height, wanted)
    if query.width is not None or query.height is not None:
        msg = f"width and height are for {Media.GREY.value}: received {media.value}"
        raise BadQuery(msg)
    return open_source(body, media, wanted, max_frames).frame(query.frame)
