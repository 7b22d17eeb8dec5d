"""How a procedure gets into the store: read once, stripped of identity, safe on disk, and only then a row."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import orjson

from service.answer import identity
from service.engine import Engine
from service.media import HEAD_BYTES, PROCEDURE_MEDIA, Media, media_of
from service.reading import Reading
from service.source import Source, open_source
from service.store.deidentify import write_kept
from service.store.store import Store, now
from service.store.tables import ProcedureRow

_ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Upload:
    """A file handed in: where it lies, what it was called, and how it is to be read."""

    path: Path
    content_type: str | None
    reading: Reading
    max_frames: int


def admit(upload: Upload, store: Store, engine: Engine) -> tuple[ProcedureRow, bool]:
    """Procedure for an upload, and whether it is new.

    The first frame is decoded here, so that a file that cannot be read is refused before anything is kept of it.
    """
    with upload.path.open("rb") as file:
        media = media_of(upload.content_type, file.read(HEAD_BYTES), PROCEDURE_MEDIA)
        file.seek(0)
        content_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    procedure_id = _procedure_id(content_sha256, upload.reading, engine)
    known = store.find(procedure_id)
    if known is not None:
        return known, False
    source = open_source(upload.path, media, upload.reading, upload.max_frames)
    source.frame(0)
    row = _row(procedure_id, source, upload, store, engine)
    row.media_type, row.blob_sha256 = _keep(upload.path, media, store)
    return row, store.add(row)


def _keep(path: Path, media: Media, store: Store) -> tuple[str, str]:
    """Media type and hash of what is kept of a file."""
    temporary = store.blobs.temporary()
    try:
        write_kept(path, temporary, media, store.identifiers)
        kept_media = Media.DICOM if media is Media.DICOM else Media.PNG
        return kept_media.value, store.blobs.keep(temporary)
    finally:
        temporary.unlink(missing_ok=True)


def _procedure_id(content_sha256: str, reading: Reading, engine: Engine) -> str:
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
        identity=identity(engine.segmenter.identity, engine.rules.sha256),
    )
