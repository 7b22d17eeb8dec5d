"""Why an audit stops, as opposed to why one file is not analysed.

::

    ServiceError
    └── AuditStopped             the run ends; the same command goes on where it ended
        ├── ArchiveUnreachable   the archive does not answer
        ├── OtherAudit           the folder holds an audit that asked something else
        ├── AuditUnderWay        another process is at work on this folder
        ├── WorkerDiffers        a worker's model, rules or code are not the driver's
        └── FolderNotShared      a worker does not see the folder that the driver sees
"""

from service.errors import ServiceError


class AuditStopped(ServiceError):
    """The run ended before all was done."""

    code = "audit-stopped"


class ArchiveUnreachable(AuditStopped):
    """The archive does not answer."""

    code = "archive-unreachable"


class OtherAudit(AuditStopped):
    """The folder holds an audit that asked something else."""

    code = "other-audit"


class AuditUnderWay(AuditStopped):
    """Another process is at work on this folder."""

    code = "audit-under-way"


class WorkerDiffers(AuditStopped):
    """A worker's model, rules or code are not the driver's."""

    code = "worker-differs"


class FolderNotShared(AuditStopped):
    """A worker does not see the folder that the driver sees."""

    code = "folder-not-shared"
