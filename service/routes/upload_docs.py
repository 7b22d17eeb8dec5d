"""What the OpenAPI document says about every route that takes a picture as its raw body."""

from typing import Any

from imaging.errors import AmbiguousRegions, BadBox, BadSpacing, ImageTooLarge, UnreadableImage, UnsupportedImage
from service.errors import (
    BadQuery,
    Busy,
    MediaTypeMismatch,
    NotFound,
    PayloadTooLarge,
    SpacingConflict,
    UnsupportedMediaType,
)
from service.media import Media

BINARY = {"schema": {"type": "string", "format": "binary"}}
UPLOAD_REFUSALS: tuple[Any, ...] = (
    BadQuery,
    SpacingConflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    MediaTypeMismatch,
    Busy,
    UnreadableImage,
    UnsupportedImage,
    ImageTooLarge,
    BadSpacing,
    BadBox,
    AmbiguousRegions,
    NotFound,
)


def body_docs(media: tuple[Media, ...]) -> dict[str, Any]:
    """OpenAPI entry for a raw body."""
    return {"requestBody": {"required": True, "content": {kind.value: BINARY for kind in media}}}
