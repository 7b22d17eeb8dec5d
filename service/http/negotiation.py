"""Which of the offered media types a caller's ``Accept`` prefers (RFC 9110 section 12.5.1)."""

from collections.abc import Sequence

from service.errors import NotAcceptable


def preferred(accept: str | None, offered: Sequence[str]) -> str:
    """Offered media type with the highest quality; of equal ones the one offered first.

    Raises
    ------
    NotAcceptable
        If every offered type has quality 0.
    """
    if not accept or not accept.strip():
        return offered[0]
    ranges = [_parsed(item) for item in accept.split(",")]
    quality = {media: _quality(media, ranges) for media in offered}
    best = max(offered, key=lambda media: quality[media])
    if quality[best] <= 0.0:
        msg = f"Accept was {accept[:200]!r}: offered are {', '.join(offered)}"
        raise NotAcceptable(msg)
    return best


def _parsed(item: str) -> tuple[str, float]:
    media, *parameters = (part.strip().lower() for part in item.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return media, _number(value)
    return media, 1.0


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _quality(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Quality given by the most specific range that holds the media type."""
    for pattern in (media, media.split("/")[0] + "/*", "*/*"):
        matches = [quality for candidate, quality in ranges if candidate == pattern]
        if matches:
            return max(matches)
    return 0.0
