"""Answers to frames as they are stored, and the hashes that seal them."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.store.tables import FrameRow

_READ_AT_ONCE = 256


class Digest(Protocol):
    """The part of `hashlib`'s hashes that is used here."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""
        ...

    def hexdigest(self) -> str:
        """Hash of everything so far."""
        ...


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """What is kept of one frame: its answer as JSON without times, and its overlay as SVG."""

    index: int
    answer: bytes
    overlay: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """Hashes over all frames of a procedure, in order.

    Parameters
    ----------
    pixels_sha256, answers_sha256, overlays_sha256
        Over what was judged, what was said, and what was drawn: the same whenever and wherever it is computed.
    stored_sha256
        Over the bytes in the database, deflated ones included; None where nothing was stored.
    """

    frames: int
    pixels_sha256: str
    answers_sha256: str
    overlays_sha256: str
    stored_sha256: str | None = None


@dataclass(slots=True)
class Sealing:
    """A seal that is being made; frames are taken in by their index."""

    frames: int = 0
    _pixels: Digest = field(default_factory=hashlib.sha256)
    _answers: Digest = field(default_factory=hashlib.sha256)
    _overlays: Digest = field(default_factory=hashlib.sha256)
    _stored: Digest = field(default_factory=hashlib.sha256)

    def take(self, record: FrameRecord) -> None:
        """Take in the next frame's answer."""
        pixels_sha256 = str(orjson.loads(record.answer)["frame"]["pixels_sha256"])
        for digest, content in (
            (self._pixels, pixels_sha256.encode()),
            (self._answers, record.answer),
            (self._overlays, record.overlay),
        ):
            digest.update(_framed(record.index, content))
        self.frames += 1

    def take_row(self, row: FrameRow) -> None:
        """Take in the next frame as it is stored.

        Raises
        ------
        ValueError
            If its answer cannot be read.
        """
        try:
            self.take(unpacked(row))
        except (zlib.error, KeyError, TypeError) as error:
            msg = f"the answer to frame {row.index} cannot be read"
            raise ValueError(msg) from error
        for content in (row.answer, row.answer_sha256.encode(), row.overlay):
            self._stored.update(_framed(row.index, content))

    def sealed(self, *, stored: bool) -> Seal:
        """Hashes of what was taken in."""
        return Seal(
            frames=self.frames,
            pixels_sha256=self._pixels.hexdigest(),
            answers_sha256=self._answers.hexdigest(),
            overlays_sha256=self._overlays.hexdigest(),
            stored_sha256=self._stored.hexdigest() if stored else None,
        )


def seal_of(records: Iterable[FrameRecord]) -> Seal:
    """Seal of answers that are not stored."""
    sealing = Sealing()
    for record in records:
        sealing.take(record)
    return sealing.sealed(stored=False)


def seal_stored(session: Session, procedure_id: str) -> Seal:
    """Seal of a procedure's answers as they are stored.

    Raises
    ------
    ValueError
        If one of them cannot be read.
    """
    sealing = Sealing()
    with frame_rows(session, procedure_id) as rows:
        for row in rows:
            sealing.take_row(row)
    return sealing.sealed(stored=True)


@contextmanager
def frame_rows(session: Session, procedure_id: str) -> Iterator[Iterator[FrameRow]]:
    """Stored answers of a procedure in order, read some at a time."""
    wanted = sa.select(FrameRow).where(FrameRow.procedure_id == procedure_id).order_by(FrameRow.index)
    rows = session.scalars(wanted.execution_options(yield_per=_READ_AT_ONCE))
    try:
        yield iter(rows)
    finally:
        rows.close()  # PostgreSQL's cursor stays open otherwise if an answer cannot be read


def packed(procedure_id: str, record: FrameRecord) -> FrameRow:
    """Answer to a frame as it is stored."""
    return FrameRow(
        procedure_id=procedure_id,
        index=record.index,
        answer=zlib.compress(record.answer),
        answer_sha256=hashlib.sha256(record.answer).hexdigest(),
        overlay=zlib.compress(record.overlay),
    )


def unpacked(row: FrameRow) -> FrameRecord:
    """Answer to a frame as it was stored."""
    return FrameRecord(row.index, zlib.decompress(row.answer), zlib.decompress(row.overlay))


def _framed(index: int, content: bytes) -> bytes:
    """Bytes with their place and length before them, so that no two rows of frames give one row of bytes."""
    return b"%d:%d:" % (index, len(content)) + content
