"""Python client of the service, waiting (`Client`) or asynchronous (`AsyncClient`); needs the extra ``client``.

::

    with Client("http://127.0.0.1:8000") as client:
        answer = client.analyse(Path("frame.png"), spacing_mm=0.1009)
        print(answer.placement.verdict, answer.placement.signed_distance_mm)
"""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from imaging.errors import MissingExtra
from service.client import calls
from service.client.calls import Call, Look, Part, Picture, Refused, Spacing
from service.client.live import AsyncLive, Live
from service.live.messages import Start
from service.live.wire import Ended, LiveAnswer, LiveProblem
from service.wire import FrameAnswer, ProcedureAnswer, ProcedurePage

if TYPE_CHECKING:
    import httpx2

__all__ = [
    "AsyncClient",
    "AsyncLive",
    "Client",
    "Ended",
    "Live",
    "LiveAnswer",
    "LiveProblem",
    "Refused",
    "Start",
]

T = TypeVar("T")
_PNG, _SVG = "image/png", "image/svg+xml"


class Client:
    """Waiting client. Keeps its connection; close it, or use it in a ``with``.

    Parameters
    ----------
    base_url
        Where the service listens.
    timeout_s
        Longest wait for one answer.
    key
        Key of access, or a token of the identity provider; none where access is off.

    Raises
    ------
    Refused
        From every call that the service refuses.
    MissingExtra
        If httpx2 is not installed.
    """

    def __init__(
        self, base_url: str = "http://127.0.0.1:8000", timeout_s: float = 60.0, key: str | None = None
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._http: httpx2.Client = _httpx2().Client(
            base_url=self._base_url, timeout=timeout_s, headers=calls.authorization(key)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connection."""
        self._http.close()

    def analyse(
        self,
        picture: Picture,
        spacing_mm: Spacing | None = None,
        **look: Unpack[Look],
    ) -> FrameAnswer:
        """Answer to one frame.

        Parameters
        ----------
        picture
            Bytes, the path of a file, or grey levels ``[row, column]``.
        spacing_mm
            Millimetres per pixel, one number or row and column, where the picture says none.
        frame, region, bmode
            Frame of a cine and ultrasound region of a DICOM file, both from 0; the part of the picture that shows
            tissue, ``x0, y0, x1, y1`` in whole pixels. The service finds what is not given.
        """
        return self._ask(calls.analysis(picture, spacing_mm, look))

    def overlay_png(self, picture: Picture, spacing_mm: Spacing | None = None, **look: Unpack[Look]) -> bytes:
        """Copy of a frame with its overlay painted on it."""
        return self._ask(calls.overlay(picture, spacing_mm, look, _PNG))

    def overlay_svg(self, picture: Picture, spacing_mm: Spacing | None = None, **look: Unpack[Look]) -> str:
        """Overlay of a frame alone."""
        return self._ask(calls.overlay(picture, spacing_mm, look, _SVG)).decode()

    def upload(
        self, picture: Picture, spacing_mm: Spacing | None = None, *, wait: bool = True, **look: Unpack[Part]
    ) -> ProcedureAnswer:
        """Procedure made of a file; without waiting its verdict comes later."""
        return self._ask(calls.upload(picture, spacing_mm, look, wait=wait))

    def procedures(self, limit: int = 50, offset: int = 0, verdict: str | None = None) -> ProcedurePage:
        """Some of the stored procedures, newest first."""
        return self._ask(calls.procedures(limit, offset, verdict))

    def procedure(self, procedure_id: str) -> ProcedureAnswer:
        """One stored procedure."""
        return self._ask(calls.procedure(procedure_id))

    def procedure_frame(self, procedure_id: str, index: int) -> FrameAnswer:
        """Stored answer to one frame."""
        return self._ask(calls.procedure_frame(procedure_id, index))

    def live(self, start: Start | None = None) -> Live:
        """Live session, to be used in a ``with``."""
        return Live(_live_url(self._base_url), start or Start(), self._key)

    def _ask(self, call: Call[T]) -> T:
        response = self._http.request(
            call.method, call.path, params=call.query, headers=call.headers, content=call.content
        )
        return calls.read_answer(call, response.status_code, response.content)


class AsyncClient:
    """Asynchronous client; as `Client`, and each call is awaited."""

    def __init__(
        self, base_url: str = "http://127.0.0.1:8000", timeout_s: float = 60.0, key: str | None = None
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._http: httpx2.AsyncClient = _httpx2().AsyncClient(
            base_url=self._base_url, timeout=timeout_s, headers=calls.authorization(key)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give back the connection."""
        await self._http.aclose()

    async def analyse(
        self,
        picture: Picture,
        spacing_mm: Spacing | None = None,
        **look: Unpack[Look],
    ) -> FrameAnswer:
        """Answer to one frame; its parameters are those of `Client.analyse`."""
        return await self._ask(calls.analysis(picture, spacing_mm, look))

    async def overlay_png(self, picture: Picture, spacing_mm: Spacing | None = None, **look: Unpack[Look]) -> bytes:
        """Copy of a frame with its overlay painted on it."""
        return await self._ask(calls.overlay(picture, spacing_mm, look, _PNG))

    async def overlay_svg(self, picture: Picture, spacing_mm: Spacing | None = None, **look: Unpack[Look]) -> str:
        """Overlay of a frame alone."""
        return (await self._ask(calls.overlay(picture, spacing_mm, look, _SVG))).decode()

    async def upload(
        self, picture: Picture, spacing_mm: Spacing | None = None, *, wait: bool = True, **look: Unpack[Part]
    ) -> ProcedureAnswer:
        """Procedure made of a file; without waiting its verdict comes later."""
        return await self._ask(calls.upload(picture, spacing_mm, look, wait=wait))

    async def procedures(self, limit: int = 50, offset: int = 0, verdict: str | None = None) -> ProcedurePage:
        """Some of the stored procedures, newest first."""
        return await self._ask(calls.procedures(limit, offset, verdict))

    async def procedure(self, procedure_id: str) -> ProcedureAnswer:
        """One stored procedure."""
        return await self._ask(calls.procedure(procedure_id))

    async def procedure_frame(self, procedure_id: str, index: int) -> FrameAnswer:
        """Stored answer to one frame."""
        return await self._ask(calls.procedure_frame(procedure_id, index))

    def live(self, start: Start | None = None) -> AsyncLive:
        """Live session, to be used in an ``async with``."""
        return AsyncLive(_live_url(self._base_url), start or Start(), self._key)

    async def _ask(self, call: Call[T]) -> T:
        response = await self._http.request(
            call.method, call.path, params=call.query, headers=call.headers, content=call.content
        )
        return calls.read_answer(call, response.status_code, response.content)


def _live_url(base_url: str) -> str:
    return "ws" + base_url.removeprefix("http") + "/v1/live"


def _httpx2() -> Any:  # noqa: ANN401 - a module
    try:
        import httpx2
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="client", purpose="the Python client") from error
    return httpx2
