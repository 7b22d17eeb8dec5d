"""What may be wished of the report of an archive, on the command line and elsewhere."""

from dataclasses import dataclass

from service.report.archive.addresses import Addresses
from service.report.archive.periods import EVER, Span


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wished of a page.

    Parameters
    ----------
    reference
        Period that drift is told against; the earlier half of what is dated if it is open at both ends.
    server
        Address of the service that knows the procedures of an audit, to link to; None links nowhere.
    """

    reference: Span = EVER
    server: str | None = None


NO_WISHES = Wishes()


def archive_wishes(reference_from: str | None, reference_to: str | None, server: str | None) -> Wishes:
    """Wishes from options.

    Raises
    ------
    BadQuery
        If the period cannot be, or the server is no address of HTTP.
    """
    Addresses.of_server(server)
    return Wishes(Span(reference_from, reference_to), server)
