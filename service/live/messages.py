"""Messages of ``WS /v1/live``, put together and taken apart; both ends use this file.

Text messages are JSON objects with a ``type``; binary messages are frames:

=========  ========  ==================================================================================================
direction  kind      content
=========  ========  ==================================================================================================
to us      text      `Start`, once and first; then `Ping` and `End`
to us      binary    one frame: header length as a 32-bit big-endian number, `FrameHeader` as JSON, the picture's bytes
from us    text      ``started``, ``answer``, ``problem``, ``pong``, ``ended`` (shapes in `service.live.wire`)
=========  ========  ==================================================================================================

A frame is one message, so that a header can never be taken for that of another picture. Unknown fields are refused.
What is not said stays as it was said before; spacing and rectangle said as null are withdrawn.
"""

import struct
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from imaging.errors import BadBox
from imaging.geometry import LEAST_MM, MOST_MM, BoxPx, PixelSpacing, SpacingSource
from service.errors import BadMessage

_LENGTH = struct.Struct(">I")
_LONGEST_HEADER = 4096
MOST_HEAD_BYTES = _LENGTH.size + _LONGEST_HEADER
"""What may come before a picture."""
_MOST_SIDE = 65535

Millimetres = Annotated[float, Field(ge=LEAST_MM, le=MOST_MM, allow_inf_nan=False)]
SpacingMm = Annotated[tuple[Millimetres, Millimetres], Field(description="[row, column]")]
Instant = Annotated[int, Field(ge=0, lt=2**63, description="nanoseconds")]
Side = Annotated[int, Field(ge=1, le=_MOST_SIDE)]


class FrameFormat(StrEnum):
    """How a picture's bytes are to be read."""

    JPEG = "jpeg"
    PNG = "png"
    GREY8 = "grey8"


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Picture(_Message):
    """What may be said about pictures, once for all of them or with one of them; it holds until said otherwise."""

    spacing_mm: SpacingMm | None = Field(
        default=None,
        description="[row, column]; holds for pictures of one size until said otherwise; null withdraws it",
    )
    um_per_px: Annotated[float, Field(ge=LEAST_MM * 1e3, le=MOST_MM * 1e3, allow_inf_nan=False)] | None = Field(
        default=None, description="micrometres per pixel, the same both ways; instead of spacing_mm"
    )
    spacing_source: Literal["caller", "ruler"] = Field(
        default="caller", description="ruler: somebody measured a known distance in the picture"
    )
    bmode_px: tuple[int, int, int, int] | None = Field(
        default=None,
        description="[x0, y0, x1, y1), the part that shows tissue; found in the picture if not given, or null",
    )
    format: FrameFormat | None = None
    width: Side | None = Field(default=None, description="columns of a grey8 picture")
    height: Side | None = Field(default=None, description="rows of a grey8 picture")

    @model_validator(mode="after")
    def _one_spacing(self) -> Self:
        if self.spacing_mm is not None and self.um_per_px is not None:
            msg = "spacing_mm and um_per_px are both given: expected one of them"
            raise ValueError(msg)
        return self

    @property
    def spacing(self) -> PixelSpacing | None:
        """Pixel spacing, if it is said."""
        source = SpacingSource(self.spacing_source)
        if self.um_per_px is not None:
            return PixelSpacing(self.um_per_px / 1e3, self.um_per_px / 1e3, source)
        if self.spacing_mm is not None:
            return PixelSpacing(*self.spacing_mm, source)
        return None

    @property
    def withdraws_spacing(self) -> bool:
        """Whether it is said that no spacing is known any more."""
        return self.spacing is None and not self.model_fields_set.isdisjoint(("spacing_mm", "um_per_px"))

    @property
    def withdraws_bmode(self) -> bool:
        """Whether the rectangle is to be found in the picture again."""
        return self.bmode_px is None and "bmode_px" in self.model_fields_set

    @property
    def bmode(self) -> BoxPx | None:
        """Rectangle that shows tissue, if it is said."""
        try:
            return BoxPx(*self.bmode_px) if self.bmode_px is not None else None
        except BadBox as error:
            raise BadMessage(str(error)) from error


class Start(_Picture):
    """First message of a connection."""

    type: Literal["start"] = "start"
    transducer: Literal["linear", "convex", "phased", "other"] | None = None
    laterality: Literal["left", "right"] | None = None
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = Field(
        default=None, description="what the caller calls the session; kept as a keyed hash only"
    )
    session: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = Field(
        default=None, description="id of the session to continue"
    )
    overlay: Literal["none", "svg"] = "none"
    stale_after_ms: Annotated[float, Field(gt=0, le=10_000)] = 200.0
    clock: Literal["own", "shared"] = Field(
        default="own", description="shared: captured_at is Unix time of a clock kept equal to the server's"
    )


class Ping(_Message):
    """Asks for a ``pong`` with the same ``sent_at``; also keeps an idle connection open."""

    type: Literal["ping"] = "ping"
    sent_at: Instant


class End(_Message):
    """Ends the session: what was sent is answered first, then ``ended`` names the stored procedure."""

    type: Literal["end"] = "end"


class FrameHeader(_Picture):
    """What goes before a picture's bytes."""

    sequence: Annotated[int, Field(ge=0, lt=2**53)]
    captured_at: Instant


Control = Start | Ping | End
_CONTROL: TypeAdapter[Control] = TypeAdapter(Annotated[Control, Field(discriminator="type")])


def parse_control(text: str) -> Control:
    """Text message.

    Raises
    ------
    BadMessage
        If it is none of those that are taken.
    """
    try:
        return _CONTROL.validate_json(text)
    except ValidationError as error:
        raise BadMessage(_told(error)) from error


def split_frame(data: bytes) -> tuple[FrameHeader, bytes]:
    """Header and picture of a binary message.

    Raises
    ------
    BadMessage
        If the header cannot be read.
    """
    length = _LENGTH.unpack_from(data)[0] if len(data) >= _LENGTH.size else 0
    if not 0 < length <= min(_LONGEST_HEADER, len(data) - _LENGTH.size):
        msg = (
            f"a frame of {len(data)} bytes says its header has {length}: expected a 32-bit big-endian length, "
            f"a JSON header of at most {_LONGEST_HEADER} bytes, and the picture"
        )
        raise BadMessage(msg)
    end = _LENGTH.size + length
    try:
        return FrameHeader.model_validate_json(data[_LENGTH.size : end]), data[end:]
    except ValidationError as error:
        raise BadMessage(_told(error)) from error


def join_frame(header: FrameHeader, picture: bytes) -> bytes:
    """Binary message of a header and a picture."""
    head = _said(header).encode()
    return _LENGTH.pack(len(head)) + head + picture


def control_text(message: Control) -> str:
    """Text message."""
    return _said(message.model_copy(update={"type": message.type}))


def _said(message: _Message) -> str:
    """What was said and nothing else: null says something, too."""
    return message.model_dump_json(exclude_unset=True)


def _told(error: ValidationError) -> str:
    """What is wrong and where; the values themselves are not repeated."""
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'message'}: {item['msg']}" for item in error.errors())
