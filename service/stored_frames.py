"""Pictures of stored procedures, made anew from what was kept. Runs in a worker thread."""

from imaging.frame import Frame
from imaging.raster import encode_png
from service.ask import PNG, rendered
from service.engine import Engine
from service.errors import NotReady, Superseded
from service.live.recording import RecordedSource
from service.media import Media
from service.reading import Reading
from service.source import Source, open_source
from service.store.store import Store
from service.store.tables import ProcedureRow


def stored_source(store: Store, row: ProcedureRow) -> Source:
    """Frames of a stored procedure, as they were accepted."""
    path, media = store.blobs.path(row.blob_sha256), Media(row.media_type)
    if media is Media.LIVE:
        return RecordedSource.opened(path)
    return open_source(path, media, Reading.from_dict(row.reading), row.frame_count)


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


def require_answered(store: Store, procedure_id: str, index: int) -> None:
    """Refuse a frame that there is no answer to yet.

    Raises
    ------
    NotReady
        If the procedure is still being analysed and has not come to this frame.
    NotFound
        If there is no such procedure.
    """
    row = store.procedure(procedure_id)
    if row.frames_done <= index < row.frame_count and row.status in ("queued", "running"):
        msg = f"frame {index} is not analysed yet: {row.frames_done} of {row.frame_count} are"
        raise NotReady(msg)


def _frame(store: Store, row: ProcedureRow, index: int) -> Frame:
    return stored_source(store, row).frame(index)
