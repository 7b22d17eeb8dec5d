"""Pictures of stored procedures, made anew from what was kept. Runs in a worker thread."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from imaging.frame import Frame
from imaging.raster import encode_png
from service.ask import PNG, rendered
from service.engine import Engine
from service.errors import NotFound, NotReady, Superseded
from service.live.recording import RecordedSource
from service.media import Media
from service.reading import Reading
from service.source import Source, open_source
from service.store.ended import require_answered
from service.store.store import Store
from service.store.tables import ProcedureRow

_MOST_OPEN = 8
"""Cines kept open for whoever goes through one frame by frame; each is a header and the places of its frames."""


def stored_source(store: Store, row: ProcedureRow) -> Source:
    """Frames of a stored procedure, as they were accepted."""
    return _opened(store.blobs.path(row.blob_sha256), Media(row.media_type), _reading(row), row.frame_count)


def picture_png(store: Store, procedure_id: str, index: int) -> bytes:
    """Grey levels of a frame, untouched."""
    return encode_png(_frame(store, store.procedure(procedure_id), index).pixels)


def overlaid_png(store: Store, procedure_id: str, index: int, engine: Engine) -> bytes:
    """Copy of a frame with its overlay painted on it.

    Raises
    ------
    Superseded
        If another model or other rules answered the procedure: their overlay is kept as SVG only.
    """
    row = store.procedure(procedure_id)
    judge = (engine.segmenter.identity.sha256, engine.rules.sha256)
    if judge != (row.identity["model_sha256"], row.identity["rules_sha256"]):
        msg = "another model or other rules answered this procedure: expected overlay.svg, which is kept as it was"
        raise Superseded(msg)
    frame = _frame(store, row, index)
    return rendered(engine.analyse(frame), frame, engine, PNG, {})


def answered(read: Callable[[str, int], bytes], store: Store, procedure_id: str, index: int) -> bytes:
    """What is stored of a frame, read by its procedure's id and its index.

    Raises
    ------
    NotReady, ProcedureFailed
        If the procedure is still being analysed and has not come to this frame, or failed before it.
    NotFound
        If there is no such procedure or frame.
    """
    try:
        return read(procedure_id, index)
    except NotFound:
        _require_answered(store, procedure_id, index)  # only where nothing is there, there is more to say
        raise


def _require_answered(store: Store, procedure_id: str, index: int) -> None:
    row = store.procedure(procedure_id)
    if not row.frames_done <= index < row.frame_count:
        return
    if row.status in ("queued", "running"):
        msg = f"frame {index} is not analysed yet: {row.frames_done} of {row.frame_count} are"
        raise NotReady(msg)
    require_answered(row)


def _frame(store: Store, row: ProcedureRow, index: int) -> Frame:
    media = Media(row.media_type)
    if media not in (Media.DICOM, Media.LIVE):
        return stored_source(store, row).frame(index)  # the one picture that it is: nothing to come back to
    # Asked for each time: a store elsewhere notes that the file is in use, and fetches it where it is not.
    path = store.blobs.path(row.blob_sha256)
    return _kept_open(path, media, _reading(row), row.frame_count).frame(index)


@lru_cache(maxsize=_MOST_OPEN)
def _kept_open(path: Path, media: Media, reading: Reading, frame_count: int) -> Source:
    """Cine whose header need not be read again for its next frame; the name of a file is the hash of its content."""
    return _opened(path, media, reading, frame_count)


def _opened(path: Path, media: Media, reading: Reading, frame_count: int) -> Source:
    if media is Media.LIVE:
        return RecordedSource.opened(path)
    return open_source(path, media, reading, frame_count)


def _reading(row: ProcedureRow) -> Reading:
    return Reading.from_dict(row.reading)
