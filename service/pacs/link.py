"""The service's tie to an archive: remembers whose image a procedure is, where results are to be pushed at all."""

from pathlib import Path

from imaging.errors import BadInput
from service.decoding.ask import read_instance_name
from service.engine import EngineSlot
from service.metrics import Metrics
from service.pacs.archive import Archive
from service.pacs.outbox import Outbox
from service.pacs.policy import PushPolicy
from service.pacs.pusher import Pusher, PushTools
from service.settings import Settings
from service.store.store import Store

OUTBOX = "outbox.db"
"""Name of the queue's file in the data folder."""


class ArchiveLink:
    """Outbox and pusher of a service; both absent where no archive is configured."""

    def __init__(self, outbox: Outbox | None = None, pusher: Pusher | None = None) -> None:
        self.outbox = outbox
        self._pusher = pusher

    def start(self) -> None:
        """Begin to push; an archive that is away is no reason not to start."""
        if self._pusher is not None:
            self._pusher.start()

    async def close(self) -> None:
        """Stop pushing."""
        if self._pusher is not None:
            await self._pusher.close()

    def expect(self, procedure_id: str, original: Path) -> None:
        """Remember that a procedure's results belong beside this file's image, if they are to be pushed.

        A picture that is no DICOM image, or names no study or series, has no place in an archive. Nor has a live
        session: its pictures never were an image that results could refer to, so none are pushed of its procedure.
        """
        if self.outbox is None:
            return
        try:
            image = read_instance_name(original)
        except BadInput:
            return
        if image.study_uid and image.series_uid:
            self.outbox.expect(procedure_id, image)


def link_archive(settings: Settings, store: Store, engines: EngineSlot, metrics: Metrics) -> ArchiveLink:
    """Tie to the archive that the site has set.

    Raises
    ------
    MissingExtra
        If one is set and the optional part for it is not installed.
    """
    if settings.pacs_url is None:
        return ArchiveLink()
    secret = settings.pacs_authorization
    archive = Archive(settings.pacs_url, secret.get_secret_value() if secret else None, settings.pacs_timeout_s)
    outbox = Outbox(settings.data_dir / OUTBOX)
    pusher = Pusher(PushTools(outbox, archive, store, engines, metrics), PushPolicy.of(settings))
    return ArchiveLink(outbox, pusher)
