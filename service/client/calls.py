"""What the Python client asks and how it reads the answers, without a connection: both clients share it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ValidationError

from imaging.errors import BadInput
from service.live.messages import FrameFormat
from service.media import HEAD_BYTES, Media, sniffed
from service.wire import FrameAnswer, Problem, ProcedureAnswer, ProcedurePage

Picture = bytes | Path | npt.NDArray[np.uint8]
"""PNG, JPEG or DICOM as bytes or in a file, or grey levels ``[row, column]``."""
Spacing = float | tuple[float, float]
"""Millimetres per pixel: one number, or row and column."""
Query = dict[str, str | int]
T_co = TypeVar("T_co", covariant=True)
M = TypeVar("M", bound=BaseModel)

_FORMATS = {Media.JPEG: FrameFormat.JPEG, Media.PNG: FrameFormat.PNG}


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


def analysis(picture: Picture, spacing_mm: Spacing | None) -> Call[FrameAnswer]:
    """Answer to one frame."""
    return _frame_call(picture, spacing_mm, "application/json", FrameAnswer)


def overlay(picture: Picture, spacing_mm: Spacing | None, media_type: str) -> Call[bytes]:
    """Drawing for one frame."""
    return _frame_call(picture, spacing_mm, media_type, bytes)


def upload(picture: Picture, spacing_mm: Spacing | None, *, wait: bool) -> Call[ProcedureAnswer]:
    """Procedure made of a file."""
    content, media, size = _body(picture)
    if size:
        msg = "bare grey levels were given: expected a PNG, JPEG or DICOM file"
        raise BadInput(msg)
    query: Query = {**_spacing_query(spacing_mm), "wait": str(wait).lower()}
    return Call("POST", "/v1/procedures", ProcedureAnswer, query, {"Content-Type": media}, content)


def procedures(limit: int, offset: int, verdict: str | None) -> Call[ProcedurePage]:
    """Some of the stored procedures."""
    query: Query = {"limit": limit, "offset": offset} | ({} if verdict is None else {"verdict": verdict})
    return Call("GET", "/v1/procedures", ProcedurePage, query)


def procedure(procedure_id: str) -> Call[ProcedureAnswer]:
    """One stored procedure."""
    return Call("GET", f"/v1/procedures/{procedure_id}", ProcedureAnswer)


def procedure_frame(procedure_id: str, index: int) -> Call[FrameAnswer]:
    """Stored answer to one frame."""
    return Call("GET", f"/v1/procedures/{procedure_id}/frames/{index}", FrameAnswer)


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
    content = picture.read_bytes() if isinstance(picture, Path) else picture
    media = sniffed(content[:HEAD_BYTES])
    if media not in _FORMATS:
        msg = f"{len(content)} bytes begin like {media.value if media else 'no picture'}: expected PNG or JPEG"
        raise BadInput(msg)
    return LiveFrame(content, _FORMATS[media])


def _frame_call(picture: Picture, spacing_mm: Spacing | None, accept: str, answer: type[T_co]) -> Call[T_co]:
    content, media, size = _body(picture)
    query: Query = {**_spacing_query(spacing_mm), **size}
    return Call("POST", "/v1/frames", answer, query, {"Content-Type": media, "Accept": accept}, content)


def _body(picture: Picture) -> tuple[bytes, str, Mapping[str, int]]:
    if isinstance(picture, np.ndarray):
        rows, columns = _checked(picture).shape
        return np.ascontiguousarray(picture).tobytes(), Media.GREY.value, {"width": columns, "height": rows}
    content = picture.read_bytes() if isinstance(picture, Path) else picture
    media = sniffed(content[:HEAD_BYTES]) or Media.DICOM
    return content, media.value, {}


def _checked(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if grey.ndim != 2 or grey.dtype != np.uint8:
        msg = f"picture is {grey.dtype} {grey.shape}: expected uint8 [rows, columns]"
        raise BadInput(msg)
    return grey


def _spacing_query(spacing_mm: Spacing | None) -> Query:
    if spacing_mm is None:
        return {}
    row, column = spacing_mm if isinstance(spacing_mm, tuple) else (spacing_mm, spacing_mm)
    return {"spacing_mm": f"{row!r},{column!r}"}


def _problem(status: int, content: bytes) -> Problem:
    try:
        return Problem.model_validate_json(content)
    except ValidationError:
        title = "The answer is not one of this service"
        return Problem(type="about:blank", title=title, status=status, detail=title, instance="", code="unknown")
