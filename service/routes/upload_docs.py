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
    StoreUnreachable,
    UnsupportedMediaType,
)
from service.http.body import TooSlow
from service.media import Media
from service.store.trouble import StoreUnwritable

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
    TooSlow,
    StoreUnreachable,
    StoreUnwritable,
)


def body_docs(media: tuple[Media, ...]) -> dict[str, Any]:
    """OpenAPI entry for a raw body."""
    return {"requestBody": {"required": True, "content": {kind.value: BINARY for kind in media}}}
