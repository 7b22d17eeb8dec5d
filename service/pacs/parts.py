"""The parts of a ``multipart/related`` body, each written to a file as it arrives; no part is held in memory.

References
----------
DICOM PS3.18 8.6.1.2 (multipart payloads), RFC 2387, RFC 2046 section 5.1.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from service.errors import BadMultipart, UnsupportedMediaType
from service.store.trouble import writing_files

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

DICOM = "application/dicom"
_RELATED = "multipart/related"
_LONGEST_BOUNDARY = 256
_MOST_PARTS = 200
"""Instances in one request; a study of single frames has some tens."""


def boundary_of(content_type: str | None) -> str:
    """Boundary between the parts of a body of DICOM files.

    Raises
    ------
    UnsupportedMediaType
        If the body is not ``multipart/related`` of ``application/dicom``.
    BadMultipart
        If no boundary is named, or none that can be.
    """
    header = Message()
    header["content-type"] = content_type or ""
    try:
        kind, boundary = str(header.get_param("type", DICOM)).lower(), header.get_boundary()
    except ValueError as error:  # continued parameters (RFC 2231) that are numbered or coded as nothing can be
        msg = "the content type has parameters that cannot be read"
        raise BadMultipart(msg) from error
    if header.get_content_type() != _RELATED or kind != DICOM:
        msg = f'content type is {(content_type or "")[:80]!r}: expected {_RELATED}; type="{DICOM}"'
        raise UnsupportedMediaType(msg)
    if not boundary or not boundary.isascii():
        msg = "the content type names no boundary between parts: expected one in ASCII"
        raise BadMultipart(msg)
    return boundary


class PartWriter:
    """Takes a body in chunks and writes each of its parts to a file of its own.

    Parameters
    ----------
    boundary
        As `boundary_of` gives it.
    new_file
        Makes an empty file; the caller of this class removes it.
    """

    def __init__(self, boundary: str, new_file: Callable[[], Path]) -> None:
        self.files: list[Path] = []
        self.is_complete = False
        self._new_file = new_file
        self._open: BinaryIO | None = None
        self._resources = ExitStack()
        self._parser = _parser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._complete,
            },
        )

    def write(self, chunk: bytes) -> None:
        """Take in a piece of the body.

        Raises
        ------
        BadMultipart
            If it is not what a multipart body looks like.
        """
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            msg = "the body is not made of parts between the boundary that the content type names"
            raise BadMultipart(msg) from error

    def close(self) -> None:
        """Close the file of a part that was cut off."""
        self._resources.close()

    def _begin(self) -> None:
        if len(self.files) == _MOST_PARTS:
            msg = f"the body has more than {_MOST_PARTS} parts"
            raise BadMultipart(msg)
        self.files.append(self._new_file())
        self._open = self._resources.enter_context(self.files[-1].open("wb"))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._open is not None:
            self._open.write(memoryview(data)[start:end])  # into the page cache: tens of microseconds a chunk

    def _end(self) -> None:
        self._resources.close()

    def _complete(self) -> None:
        self.is_complete = True


def _parser(boundary: str, callbacks: "MultipartCallbacks") -> MultipartParser:
    try:
        return MultipartParser(boundary, callbacks)
    except FormParserError as error:
        msg = f"the boundary has {len(boundary)} characters: expected at most {_LONGEST_BOUNDARY}"
        raise BadMultipart(msg) from error


async def receive_parts(chunks: AsyncIterator[bytes], writer: PartWriter) -> None:
    """Write all parts of a body.

    Raises
    ------
    BadMultipart
        If the body is malformed, cut off, or has no part.
    """
    try:
        async for chunk in chunks:
            with writing_files():
                writer.write(chunk)
    finally:
        with writing_files():
            writer.close()
    if not writer.is_complete or not writer.files:
        msg = f"the body ends after {len(writer.files)} parts: expected at least one, and the closing boundary"
        raise BadMultipart(msg)
