"""How a procedure gets into the store: read once, stripped of identity, safe on disk, and only then a row."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import orjson
import structlog

from service.answer import identity
from service.engine import Engine
from service.media import HEAD_BYTES, PROCEDURE_MEDIA, Media, media_of
from service.reading import Reading
from service.source import Source, open_source, require_regions
from service.store.deidentify import KeptPicture, write_kept_dicom, write_kept_picture
from service.store.equipment import equipment_of
from service.store.store import Store, now
from service.store.tables import ProcedureRow

_ID_DIGITS = 32
_AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True)
class Upload:
    """A file handed in: where it lies, what it was called, and how it is to be read."""

    path: Path
    content_type: str | None
    reading: Reading
    max_frames: int
    asked_by: str = "command-line"
    """Code of whoever hands it in."""
    between_pieces: Callable[[], None] = lambda: None
    """Called after each frame or few megabytes; it may wait."""


def admit(upload: Upload, store: Store, engine: Engine) -> tuple[ProcedureRow, bool]:
    """Procedure for an upload, and whether it is new.

    The first frame is decoded here, so that a file that cannot be read is refused before anything is kept of it.
    """
    with upload.path.open("rb") as file:
        media = media_of(upload.content_type, file.read(HEAD_BYTES), PROCEDURE_MEDIA)
        require_regions(upload.reading, media)
        file.seek(0)
        content_sha256 = _sha256(file, upload.between_pieces)
    procedure_id = procedure_id_of(content_sha256, upload.reading, engine)
    known = store.find(procedure_id)
    if known is not None:
        if known.status == "failed":
            store.add(known, upload.asked_by)
        return known, False
    source = open_source(upload.path, media, upload.reading, upload.max_frames)
    row = _row(procedure_id, source, upload, store, engine)
    kept = _keep(upload, media, source, store)
    row.media_type, row.blob_sha256 = kept.media_type, kept.blob_sha256
    # What is kept is black around the rectangle, so the rectangle is no longer there to be seen in it.
    row.reading = replace(upload.reading, bmode=kept.picture.bmode).to_dict()
    _report_text(row.id, kept.picture)
    return row, store.add(row, upload.asked_by)


def _sha256(file: BinaryIO, between: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_AT_ONCE):
        digest.update(piece)
        between()
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _Kept:
    media_type: str
    blob_sha256: str
    picture: KeptPicture


def _keep(upload: Upload, media: Media, source: Source, store: Store) -> _Kept:
    """Media type and hash of what is kept of a file, and what was seen on the way."""
    temporary = store.blobs.temporary()
    try:
        if media is Media.DICOM:
            key = store.identifiers
            picture = write_kept_dicom(upload.path, source, temporary, key, upload.between_pieces)
        else:
            picture = write_kept_picture(source, temporary)
        kept_media = Media.DICOM if media is Media.DICOM else Media.PNG
        return _Kept(kept_media.value, store.blobs.keep(temporary), picture)
    finally:
        temporary.unlink(missing_ok=True)


def _report_text(procedure_id: str, picture: KeptPicture) -> None:
    """Tell the log where the kept picture may still hold text; what it says is not read."""
    if picture.text_px:
        boxes = [list(box.xyxy()) for box in picture.text_px]
        structlog.get_logger().warning("text inside the picture", procedure=procedure_id, boxes_px=boxes)


def procedure_id_of(content_sha256: str, reading: Reading, engine: Engine) -> str:
    """The same content, read the same way and judged by the same model and rules, is the same procedure."""
    question = [content_sha256, reading.to_dict(), engine.segmenter.identity.sha256, engine.rules.sha256]
    return hashlib.sha256(orjson.dumps(question)).hexdigest()[:_ID_DIGITS]


def _row(procedure_id: str, source: Source, upload: Upload, store: Store, engine: Engine) -> ProcedureRow:
    uid = source.sop_instance_uid
    return ProcedureRow(
        id=procedure_id,
        created_at=now(),
        status="queued",
        sop_uid_hmac=store.identifiers.hashed(uid) if uid else None,
        reading=upload.reading.to_dict(),
        frame_count=source.frame_count,
        frames_done=0,
        frame_time_ms=source.frame_time_ms,
        laterality=source.laterality,
        **equipment_of(source),
        identity=identity(engine.segmenter.identity, engine.rules.sha256),
    )
