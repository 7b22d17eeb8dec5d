"""What can go wrong on the way to an archive: for now, or for good."""

from service.errors import ServiceError


class PushDelayed(ServiceError):
    """The archive did not take the results now; it may later."""

    code = "push-delayed"


class ArchiveSilent(PushDelayed):
    """The archive does not answer at all, so nothing else needs to be tried on it now."""

    code = "archive-silent"


class SourceMissing(PushDelayed):
    """The archive does not hold the image that the results are about, or not yet."""

    code = "source-missing"


class PushRefused(ServiceError):
    """The archive will not take the results, however often they are sent."""

    code = "push-refused"
