"""What the Python client asks and how it reads the answers, without a connection: both clients share it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import index
from os import PathLike
from pathlib import Path
from typing import Any, Generic, SupportsFloat, SupportsIndex, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ValidationError

from imaging.errors import BadBox, BadInput, BadSpacing
from service.live.messages import FrameFormat
from service.media import HEAD_BYTES, Media, sniffed
from service.wire import FrameAnswer, Problem, ProcedureAnswer, ProcedurePage

Picture = bytes | str | PathLike[str] | npt.NDArray[np.uint8]
"""PNG, JPEG or DICOM as bytes or as the path of a file, or grey levels ``[row, column]``."""
Spacing = SupportsFloat | Sequence[SupportsFloat | str]
"""Millimetres per pixel: one number, or row and column; numbers of numpy and of pydicom (`PixelSpacing`) are taken."""
Box = Sequence[SupportsIndex]
"""Part of the picture that shows tissue, ``x0, y0, x1, y1`` in whole pixels; the last column and row are left out."""
Query = dict[str, str | int]
T_co = TypeVar("T_co", covariant=True)
M = TypeVar("M", bound=BaseModel)

_FORMATS = {Media.JPEG: FrameFormat.JPEG, Media.PNG: FrameFormat.PNG}


class Part(TypedDict, total=False):
    """Which part of a picture: of a DICOM file the ultrasound region, from 0; the rectangle that shows tissue."""

    region: int | None
    bmode: Box | None


class Look(Part, total=False):
    """Where in a file to look: at which frame of a cine, from 0, and at which part of it."""

    frame: int | None


class Refused(Exception):
    """The service said no; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"{problem.code}: {problem.detail}")


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One request."""

    method: str
    path: str
    answer: type[T_co]
    query: Query = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A picture as a live session takes it."""

    content: bytes
    format: FrameFormat
    width: int | None = None
    height: int | None = None


def authorization(key: str | None) -> dict[str, str]:
    """Header that says who asks; none where nobody is asked who they are."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def analysis(picture: Picture, spacing_mm: Spacing | None, look: Look) -> Call[FrameAnswer]:
    """Answer to one frame."""
    return _frame_call(picture, _query(spacing_mm, look), "application/json", FrameAnswer)


def overlay(picture: Picture, spacing_mm: Spacing | None, look: Look, media_type: str) -> Call[bytes]:
    """Drawing for one frame."""
    return _frame_call(picture, _query(spacing_mm, look), media_type, bytes)


def upload(picture: Picture, spacing_mm: Spacing | None, look: Part, *, wait: bool) -> Call[ProcedureAnswer]:
    """Procedure made of a file."""
    content, media, size = _body(picture)
    if size:
        msg = "bare grey levels were given: expected a PNG, JPEG or DICOM file"
        raise BadInput(msg)
    query: Query = {**_query(spacing_mm, look), "wait": str(wait).lower()}
    return Call("POST", "/v1/procedures", ProcedureAnswer, query, {"Content-Type": media}, content)


def procedures(limit: int, offset: int, verdict: str | None) -> Call[ProcedurePage]:
    """Some of the stored procedures."""
    query: Query = {"limit": limit, "offset": offset} | ({} if verdict is None else {"verdict": verdict})
    return Call("GET", "/v1/procedures", ProcedurePage, query)


def procedure(procedure_id: str) -> Call[ProcedureAnswer]:
    """One stored procedure."""
    return Call("GET", f"/v1/procedures/{procedure_id}", ProcedureAnswer)


def procedure_frame(procedure_id: str, frame: int) -> Call[FrameAnswer]:
    """Stored answer to one frame."""
    return Call("GET", f"/v1/procedures/{procedure_id}/frames/{frame}", FrameAnswer)


def read_answer(call: Call[T_co], status: int, content: bytes) -> T_co:
    """Answer to a call.

    Raises
    ------
    Refused
        If the service said no.
    """
    if status >= 400:
        raise Refused(_problem(status, content))
    if issubclass(call.answer, BaseModel):
        return call.answer.model_validate_json(content)
    return content  # type: ignore[return-value] # the answer's type is bytes here


def live_frame(picture: Picture) -> LiveFrame:
    """Picture with its format.

    Raises
    ------
    BadInput
        If it is neither PNG, JPEG nor grey levels.
    """
    if isinstance(picture, np.ndarray):
        rows, columns = _checked(picture).shape
        return LiveFrame(np.ascontiguousarray(picture).tobytes(), FrameFormat.GREY8, columns, rows)
    content = _content(picture)
    media = sniffed(content[:HEAD_BYTES])
    if media not in _FORMATS:
        msg = f"{len(content)} bytes begin like {media.value if media else 'no picture'}: expected PNG or JPEG"
        raise BadInput(msg)
    return LiveFrame(content, _FORMATS[media])


def _frame_call(picture: Picture, query: Query, accept: str, answer: type[T_co]) -> Call[T_co]:
    content, media, size = _body(picture)
    return Call("POST", "/v1/frames", answer, {**query, **size}, {"Content-Type": media, "Accept": accept}, content)


def _body(picture: Picture) -> tuple[bytes, str, Mapping[str, int]]:
    if isinstance(picture, np.ndarray):
        rows, columns = _checked(picture).shape
        return np.ascontiguousarray(picture).tobytes(), Media.GREY.value, {"width": columns, "height": rows}
    content = _content(picture)
    media = sniffed(content[:HEAD_BYTES]) or Media.DICOM
    return content, media.value, {}


def _content(picture: object) -> bytes:
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, str | PathLike):
        return Path(picture).read_bytes()
    msg = f"picture is a {type(picture).__name__}: expected bytes, a path, or grey levels uint8 [rows, columns]"
    raise BadInput(msg)


def _checked(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if grey.ndim != 2 or grey.dtype != np.uint8:
        msg = f"picture is {grey.dtype} {grey.shape}: expected uint8 [rows, columns]"
        raise BadInput(msg)
    return grey


def _query(spacing_mm: Spacing | None, look: Part) -> Query:
    """How a picture is to be read."""
    return {**_spacing_query(spacing_mm), **_look_query(look)}


def _spacing_query(spacing_mm: Spacing | None) -> Query:
    if spacing_mm is None:
        return {}
    is_one = isinstance(spacing_mm, str) or not isinstance(spacing_mm, Iterable)
    given: Any = (spacing_mm,) if is_one else spacing_mm
    try:
        numbers = [float(one) for one in given]  # those of numpy and pydicom write themselves in ways of their own
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in (1, 2):
        msg = f"spacing_mm is {str(spacing_mm)[:40]!r}: expected one number, or row and column, in millimetres"
        raise BadSpacing(msg)
    return {"spacing_mm": f"{numbers[0]!r},{numbers[-1]!r}"}


def _look_query(look: Part) -> Query:
    """What a query says of it; names beyond those declared are the service's to refuse."""
    query: Query = {name: str(value) for name, value in look.items() if name != "bmode" and value is not None}
    bmode = look.get("bmode")
    return query if bmode is None else {**query, "bmode": _box(bmode)}


def _box(bmode: Box) -> str:
    try:
        x0, y0, x1, y1 = map(index, bmode)
    except (TypeError, ValueError) as error:
        msg = f"bmode is {str(bmode)[:60]!r}: expected x0, y0, x1, y1 in whole pixels"
        raise BadBox(msg) from error
    return f"{x0},{y0},{x1},{y1}"


def _problem(status: int, content: bytes) -> Problem:
    try:
        return Problem.model_validate_json(content)
    except ValidationError:
        title = "The answer is not one of this service"
        return Problem(type="about:blank", title=title, status=status, detail=title, instance="", code="unknown")
