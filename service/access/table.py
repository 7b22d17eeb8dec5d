"""The one table: every route, and who may ask it. What does not stand here is for nobody but an administrator.

`admin` may do everything and is not repeated. A test walks the application and fails for a route without a row, and
for a row without a route.
"""

from dataclasses import dataclass

from service.access.roles import Role

SOCKET = "WEBSOCKET"
"""Stands for the method of a WebSocket's handshake."""

_W, _R, _A = Role.WORKSTATION, Role.REVIEWER, Role.AUDITOR
_OPEN: frozenset[Role] | None = None
_ADMIN: frozenset[Role] = frozenset()
_AUDIT = frozenset({_A})
_SEND = frozenset({_W})
_ADD = frozenset({_W, _R})
_JUDGE = frozenset({_R})
_REVIEW = frozenset({_R, _A})
_READ = frozenset({_W, _R, _A})


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may ask a route; `admin` besides. ``roles`` is None for a route that is open to everyone."""

    method: str
    path: str
    roles: frozenset[Role] | None

    @property
    def needed(self) -> frozenset[Role]:
        """Roles any of which will do."""
        return (self.roles or frozenset()) | {Role.ADMIN}


_OPEN_TO_ALL = (
    # The page's own files hold nothing of anybody: whoever opens them must be able to see where to sign in.
    ("GET", "/", _OPEN),
    ("GET", "/live", _OPEN),
    ("GET", "/archive", _OPEN),
    ("GET", "/try", _OPEN),
    ("GET", "/procedures/{procedure_id}", _OPEN),
    ("GET", "/compare", _OPEN),
    ("GET", "/procedures/{procedure_id}/record", _OPEN),
    ("GET", "/page/sample.dcm", _OPEN),
    ("GET", "/page/{path:path}", _OPEN),
    # Probes of whatever runs the service carry no key, and are told one word.
    ("GET", "/livez", _OPEN),
    ("GET", "/readyz", _OPEN),
)
_SIGNING_IN = (
    ("GET", "/v1/session", _READ),
    ("POST", "/v1/session", _READ),
    ("DELETE", "/v1/session", _READ),
)
_PICTURES_IN = (
    ("POST", "/v1/frames", _ADD),
    ("POST", "/v1/procedures", _ADD),
    ("POST", "/dicom-web/studies", _SEND),
    ("POST", "/dicom-web/studies/{study_uid}", _SEND),
    (SOCKET, "/v1/live", _SEND),
)
_PROCEDURE = "/v1/procedures/{procedure_id}"
_PROCEDURES = (
    ("GET", "/v1/procedures", _READ),
    ("GET", _PROCEDURE, _READ),
    ("GET", f"{_PROCEDURE}/frames/{{index}}", _READ),
    ("GET", f"{_PROCEDURE}/frames/{{index}}/overlay.svg", _READ),
    ("GET", f"{_PROCEDURE}/frames/{{index}}/overlay.png", _READ),
    ("GET", f"{_PROCEDURE}/frames/{{index}}/picture.png", _READ),
    ("GET", f"{_PROCEDURE}/course", _READ),
    ("GET", f"{_PROCEDURE}/events", _READ),
    ("GET", f"{_PROCEDURE}/live", _READ),
    ("GET", f"{_PROCEDURE}/report.html", _READ),
    ("GET", f"{_PROCEDURE}/report.pdf", _READ),
    ("GET", f"{_PROCEDURE}/results/{{kind}}.dcm", _READ),
    ("GET", "/v1/model", _READ),
    ("GET", "/v1/models", _READ),
    ("GET", "/openapi.json", _READ),
    ("GET", "/docs", _READ),
)
_PEOPLE = (
    ("PUT", f"{_PROCEDURE}/record", _ADD),
    ("GET", f"{_PROCEDURE}/record", _READ),
    ("POST", f"{_PROCEDURE}/follow-ups", _ADD),
    ("GET", f"{_PROCEDURE}/follow-ups", _READ),
    ("POST", f"{_PROCEDURE}/reviews", _JUDGE),
    ("GET", f"{_PROCEDURE}/reviews", _REVIEW),
    ("GET", f"{_PROCEDURE}/history", _REVIEW),
    ("POST", f"{_PROCEDURE}/comparisons", _JUDGE),
    ("GET", f"{_PROCEDURE}/comparisons/{{model}}", _REVIEW),
    ("GET", f"{_PROCEDURE}/comparisons/{{model}}/frames/{{index}}", _REVIEW),
    ("GET", f"{_PROCEDURE}/comparisons/{{model}}/frames/{{index}}/overlay.svg", _REVIEW),
    ("GET", "/v1/outcomes", _REVIEW),
    ("GET", "/v1/agreement", _REVIEW),
)
_EXPORTS = (
    ("GET", f"{_PROCEDURE}/export.csv", _REVIEW),
    ("GET", f"{_PROCEDURE}/export.parquet", _REVIEW),
    ("GET", f"{_PROCEDURE}/export.fhir.json", _REVIEW),
    ("GET", f"{_PROCEDURE}/labels.zip", _REVIEW),
    ("GET", "/v1/exports/labels.zip", _REVIEW),
    ("GET", "/v1/exports/procedures.csv", _REVIEW),
    ("GET", "/v1/exports/procedures.parquet", _REVIEW),
    ("GET", "/v1/exports/procedures.fhir.json", _REVIEW),
    ("GET", "/v1/report.html", _REVIEW),
    ("GET", "/v1/archive/figures", _REVIEW),
)
_OPERATION = (
    ("GET", "/metrics", _AUDIT),
    ("POST", "/v1/verify", _AUDIT),
    ("GET", "/v1/pushes", _AUDIT),
    ("POST", "/v1/pushes/{procedure_id}/retry", _ADMIN),
    ("POST", "/v1/model", _ADMIN),
)

RULES: tuple[Rule, ...] = tuple(
    Rule(*row)
    for part in (_OPEN_TO_ALL, _SIGNING_IN, _PICTURES_IN, _PROCEDURES, _PEOPLE, _EXPORTS, _OPERATION)
    for row in part
)
