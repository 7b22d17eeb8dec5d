"""Refusals of a backup; each enters the one table of `service.errors`."""

from service.errors import Outcome, ServiceError


class BackupRefused(ServiceError, outcome=Outcome(409, 4409, "The backup cannot be made or restored here")):
    """A folder or database that is not empty, or is no backup."""

    code = "backup-refused"


class BackupDamaged(BackupRefused, outcome=Outcome(500, 1011, "The backup is damaged")):
    """What was copied is not what was kept: it must not be relied on."""

    code = "backup-damaged"
