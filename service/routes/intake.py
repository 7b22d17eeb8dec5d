"""From a file that has arrived to a procedure that is being analysed: the same way for every door it came through."""

from pathlib import Path

from service.http.asker import ANONYMOUS
from service.procedures.admission import Upload, admit
from service.reading import Reading
from service.state import Services
from service.store.tables import ProcedureRow


async def take_in(
    path: Path, content_type: str | None, wanted: Reading, services: Services, asked_by: str = ANONYMOUS
) -> tuple[ProcedureRow, bool]:
    """Procedure for a file, and whether it is new; its analysis is under way unless it had been answered before.

    Where results are pushed, this one's are expected from here on: before the sender is told that it was accepted.

    Raises
    ------
    Busy
        If as many files are being read as may.
    ServiceError, ImagingError
        Whatever the file is refused for.
    """
    work = services.work
    upload = Upload(path, content_type, wanted, services.settings.max_frames, asked_by, work.way.given_here)
    row, created = await work.run_long(admit, upload, services.store, services.engine)
    # One that is queued may have been accepted in a transaction of which the sender never heard: it is sent again.
    if created or row.status in ("failed", "queued"):
        services.runner.submit(row.id)
    await work.run_patiently(services.archive.expect, row.id, path)
    return row, created
