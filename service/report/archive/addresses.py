"""Where the procedures of an archive can be looked at."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from service.errors import BadQuery
from service.procedures.answer import PREFIX


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a procedure's own page and report are, ``{id}`` for its identifier; None where there is none."""

    page: str | None = None
    report: str | None = None

    @classmethod
    def of_server(cls, server: str | None) -> "Addresses":
        """On the service at an address; nowhere if none is given.

        Raises
        ------
        BadQuery
            If it is not an address of HTTP.
        """
        if server is None:
            return cls()
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            msg = "the server is not an address: expected http://HOST[:PORT] or https://HOST[:PORT]"
            raise BadQuery(msg)
        root = server.rstrip("/")
        return cls(page=f"{root}/procedures/{{id}}", report=f"{root}{PREFIX}/{{id}}/report.html")

    def of(self, procedure_id: str) -> tuple[str | None, str | None]:
        """Page and report of one procedure; none where the procedure is not known to the service."""
        if not procedure_id:
            return None, None
        page, report = (text and text.replace("{id}", procedure_id) for text in (self.page, self.report))
        return page, report


OWN = Addresses(page="/procedures/{id}", report=f"{PREFIX}/{{id}}/report.html")
"""Within the service itself."""
