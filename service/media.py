"""What kind of body a request carries, from its content type and its first bytes."""

from enum import StrEnum

from service.errors import MediaTypeMismatch, UnsupportedMediaType

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_JPEG_MAGIC = b"\xff\xd8\xff"
_DICOM_MAGIC = slice(128, 132)
HEAD_BYTES = 132
"""So many first bytes tell the kinds apart."""


class Media(StrEnum):
    """Bodies that are taken."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    DICOM = "application/dicom"
    GREY = "application/octet-stream"
    LIVE = "application/vnd.sonoplace.live"
    """Recording of a live session; made here, never taken from outside."""


FRAME_MEDIA = (Media.JPEG, Media.PNG, Media.DICOM, Media.GREY)
PROCEDURE_MEDIA = (Media.DICOM, Media.PNG, Media.JPEG)


def media_of(content_type: str | None, head: bytes, taken: tuple[Media, ...]) -> Media:
    """Kind of a body.

    Parameters
    ----------
    content_type
        Header of that name, or None: then the first bytes alone decide.
    head
        The first `HEAD_BYTES` of the body, or all of a shorter one.
    taken
        Kinds that the route takes.

    Raises
    ------
    UnsupportedMediaType
        If the kind is not taken.
    MediaTypeMismatch
        If the first bytes belong to another kind than the content type says.
    """
    seen = sniffed(head)
    name = (content_type or "").split(";")[0].strip().lower() or (seen.value if seen else "")
    said = next((media for media in taken if media == name), None)
    if said is None:
        msg = f"content type is {name[:80]!r}: expected one of {', '.join(taken)}"
        raise UnsupportedMediaType(msg)
    # Grey levels may begin with any bytes, and a DICOM file may lack its preamble.
    if said is Media.GREY or seen is said or (seen is None and said is Media.DICOM):
        return said
    msg = f"content type is {said.value}, the body begins like {seen.value if seen else 'none of the kinds taken'}"
    raise MediaTypeMismatch(msg)


def sniffed(head: bytes) -> Media | None:
    """Kind that the first bytes speak for."""
    if head.startswith(_PNG_MAGIC):
        return Media.PNG
    if head.startswith(_JPEG_MAGIC):
        return Media.JPEG
    if head[_DICOM_MAGIC] == b"DICM":
        return Media.DICOM
    return None
