"""``WS /v1/live``: moves bytes between a socket and a `service.live.session.LiveSession`, which decides everything.

``GET /v1/procedures/{id}/live`` tells afterwards how the frames of a session were answered.
"""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import orjson
import structlog
from fastapi import APIRouter, Response, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected, WebSocketState

from imaging.errors import ImagingError
from service.ask import JSON
from service.errors import BadQuery, NotFound, ServiceError, SessionIdle, TakenOver, code_of
from service.http.asker import ANONYMOUS, known_asker
from service.http.problems import last_word, problem_docs, refuse
from service.live.messages import Start
from service.live.recording import judged_and_kept, recorded_answers
from service.live.session import PATH, LiveLimits, LiveSession, PendingFrame, Reply
from service.live.thread import LIVE, LiveThread
from service.live.wire import LiveRecord
from service.media import Media
from service.operation.errors import ServiceStopping
from service.procedures.answer import PREFIX
from service.state import Services, ServicesDep

router = APIRouter(tags=["live"])

_SEND_S = 5.0
"""A peer that takes no bytes for so long is gone."""
_CLOSE_S = 2.0
_GONE = (WebSocketDisconnect, WebSocketDisconnected)
"""What sending to a peer that is gone raises."""


@router.websocket(PATH)
async def live(socket: WebSocket, services: ServicesDep) -> None:
    """Judge frames as they come; a newer one replaces one that waits."""
    await socket.accept()
    conversation = Conversation(socket, services)
    with services.stopping.live_connection():
        try:
            await conversation.hold()
        except (ServiceError, ImagingError) as error:
            await _close_for(socket, error)
        except _GONE:
            structlog.get_logger().info("live peer gone")
        finally:
            conversation.leave()


@router.get(
    PREFIX + "/{procedure_id}/live",
    summary="Age of the answers of a live session",
    response_model=LiveRecord,
    responses=problem_docs(BadQuery, NotFound),
)
def get_live_record(procedure_id: str, services: ServicesDep) -> Response:
    """When each frame was captured, came and was answered, and what was dropped before it."""
    row = services.store.procedure(procedure_id)
    if row.media_type != Media.LIVE:
        msg = f"procedure {procedure_id} was no live session: expected one that /v1/live recorded"
        raise NotFound(msg)
    answers = recorded_answers(services.store.blobs.path(row.blob_sha256))
    return Response(orjson.dumps({"answers": answers}), media_type=JSON)


class Conversation:
    """One connection: tasks that read, that answer, and that hear of a newer connection and of a stop."""

    def __init__(self, socket: WebSocket, services: Services) -> None:
        self._socket = socket
        self._services = services
        known = known_asker(socket)
        self.asked_by = LIVE if known == ANONYMOUS else known
        self._offset_ns = time.time_ns() - time.monotonic_ns()
        settings = services.settings
        limits = LiveLimits(settings.live_idle_s, settings.live_life_s)
        self._session = LiveSession(limits, self._open_thread, self._now_ns())
        self._arrived = asyncio.Event()
        self._taken_over = asyncio.Event()
        self._stopping = False

    async def hold(self) -> None:
        """Until the session ends or the line breaks.

        Raises
        ------
        ServiceError
            Whatever the connection is to be closed for.
        """
        try:
            async with asyncio.TaskGroup() as group:
                parts = (self._read(), self._answer(), self._watch(), self._stop())
                tasks = [group.create_task(part) for part in parts]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
        except ExceptionGroup as failed:
            error = failed.exceptions[0]
            if not isinstance(error, (ServiceError, ImagingError, *_GONE)):
                self._session.fail()
            # The error table knows errors, not groups of them: left as it is, no close frame would be sent.
            raise error from failed

    def give_up(self) -> None:
        """Close, because a newer connection continues the session."""
        self._session.close()
        self._taken_over.set()

    def leave(self) -> None:
        """Leave the session to the next connection, if it has not ended."""
        self._session.close()
        if self._session.started:
            self._services.live.rest(self._session.thread, self)

    def _open_thread(self, start: Start) -> LiveThread:
        self._services.stopping.require_running()
        return self._services.live.open(start, self)

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._stopping:
                continue
            if message.get("bytes") is not None:
                self._session.receive_frame(message["bytes"], self._now_ns())
            else:
                reply = self._session.receive_text(message["text"], self._now_ns())
                if reply is not None:
                    await self._send(reply)
            self._arrived.set()

    async def _receive(self) -> dict[str, Any]:
        while True:
            remaining_s = (self._session.deadline_ns - self._now_ns()) / 1e9
            try:
                async with asyncio.timeout(remaining_s):
                    return dict(await self._socket.receive())
            except TimeoutError:
                self._session.check_time(self._now_ns())

    async def _answer(self) -> None:
        work = self._services.work
        try:
            while True:
                if self._session.has_waiting:
                    # Taken when a thread is free, not when it begins to wait for one: by then there may be a newer one.
                    with work.way.live():
                        async with work.turn:
                            reply = await self._judge(self._session.take())
                    if reply is not None:
                        await self._send(reply.message)
                        self._services.live.observe(self._session.thread, reply.facts)
                elif self._session.drained:
                    await self._finish()
                    return
                else:
                    self._arrived.clear()
                    await self._arrived.wait()
        except WebSocketDisconnect:
            return

    async def _judge(self, frame: PendingFrame | None) -> Reply | None:
        """What to say of a frame; None if the connection was closed meanwhile."""
        services, session = self._services, self._session
        if frame is None:
            return None
        try:
            judged = await services.work.run(
                judged_and_kept, frame, session.thread, services.engine, time.perf_counter()
            )
        except (ServiceError, ImagingError) as error:
            return session.refuse(frame, error, self._now_ns())
        begun = time.perf_counter()
        reply = session.answer(frame, judged, self._now_ns())
        services.metrics.observe_stages({"json": (time.perf_counter() - begun) * 1e3})
        services.metrics.observe_frame(judged.answer["placement"]["verdict"], judged.answer["timing_ms"])
        return reply

    async def _finish(self) -> None:
        procedure = await self._services.live.end(self._session.thread)
        stop = ServiceStopping("this session is kept, begin a new one") if self._stopping else None
        if stop is not None:
            await self._send(last_word(stop, PATH))
        await self._send(self._session.finish(f"{PREFIX}/{procedure}" if procedure else None))
        await _bounded(self._socket.close() if stop is None else refuse(self._socket, stop))

    async def _stop(self) -> None:
        """Once the service is being stopped, take no more frames: what came is answered, and the session ends."""
        await self._services.stopping.ending()
        if not self._session.started:
            raise ServiceStopping
        self._stopping = True
        self._session.stop()
        self._arrived.set()
        await asyncio.Future()  # until all is answered

    async def _watch(self) -> None:
        await self._taken_over.wait()
        msg = "a newer connection continues this session"
        raise TakenOver(msg)

    async def _send(self, message: bytes) -> None:
        try:
            async with asyncio.timeout(_SEND_S):
                await self._socket.send_text(message.decode())
        except TimeoutError as error:
            msg = f"the peer took no bytes for {_SEND_S:g} s"
            raise SessionIdle(msg) from error

    def _now_ns(self) -> int:
        """Unix time that only moves on, whatever is done to the wall clock meanwhile."""
        return self._offset_ns + time.monotonic_ns()


async def _close_for(socket: WebSocket, error: ServiceError | ImagingError) -> None:
    """Say why in full, then close with the code of the one error table."""
    structlog.get_logger().info("live closed", code=code_of(error))
    if socket.application_state is not WebSocketState.CONNECTED:
        return
    await _bounded(socket.send_text(last_word(error, PATH).decode()))
    await _bounded(refuse(socket, error))


async def _bounded(sending: Awaitable[Any]) -> None:
    """Send to a peer that may be gone, and wait no longer than one may."""
    try:
        async with asyncio.timeout(_CLOSE_S):
            await sending
    except (TimeoutError, *_GONE):
        return
