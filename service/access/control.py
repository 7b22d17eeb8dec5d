"""Access of one process: who is let in, to what, how often, and what is written down about it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from prometheus_client import CollectorRegistry, Counter

from service.access.address import is_loopback
from service.access.authentication import Authenticator
from service.access.errors import AccessLogUnwritable, Forbidden
from service.access.jwks import Jwks, PublicKey
from service.access.key_store import Issued, KeyStore
from service.access.limits import Limiter, Limits
from service.access.log import AccessLog, Event
from service.access.matching import RouteTable
from service.access.origin import require_browser_says_whose, require_local, require_own_origin
from service.access.refreshed import Ages, Refreshed
from service.access.roles import LOCAL, Principal, Role
from service.access.sessions import PageSession, begin_session
from service.access.strangers import Strangers
from service.access.tokens import Issuer, TokenVerifier
from service.access.visit import NOBODY, Visit
from service.errors import BadQuery, NotFound, ServiceError, code_of, outcome_of
from service.settings import Settings
from service.store.identifiers import IdentifierKey

LOG_FOLDER = "access"
"""Name of the log's folder in the data folder."""
_KEY_AGES = Ages(fresh_s=5.0, again_s=0.2, stale_s=60.0)
"""A revoked key holds for 5 s more at most; a database that is away locks everyone out after a minute."""
_JWKS_AGES = Ages(fresh_s=300.0, again_s=10.0, stale_s=3600.0)
_ANYONE = Principal(NOBODY, frozenset())
_OUR_FAULT = 500


def is_required(settings: Settings) -> bool:
    """Whether callers must say who they are: always, but on loopback unless it is set."""
    return settings.access == "required" or not is_loopback(settings.host)


class AccessControl:
    """Decides about visits. Made with the application, opened in its lifespan; for one event loop."""

    def __init__(self, settings: Settings, registry: CollectorRegistry) -> None:
        self.required = is_required(settings)
        self.session_s = round(settings.access_session_h * 3600)
        self.allowed_origins = frozenset(settings.allowed_origins)
        self.table = RouteTable()
        self._settings = settings
        self._log = AccessLog(settings.data_dir / LOG_FOLDER)
        self._limiter = Limiter(_limits(settings))
        self._strangers = Strangers()
        self._keys: KeyStore | None = None
        self._refusals = Counter("sonoplace_access_refused_total", "Refused accesses", ["code"], registry=registry)
        self._unwritten = Counter(
            "sonoplace_access_unwritten_total", "Accesses that could not be written down", registry=registry
        )

    def open(self, identifiers: IdentifierKey) -> None:
        """Begin to let in; the store must be open."""
        self._identifiers = identifiers
        if self.required:
            self._keys = KeyStore(self._settings)
            issued = Refreshed[Issued](self._keys.issued, _KEY_AGES)
            self._known = Authenticator(issued, _tokens(self._settings, identifiers), identifiers.hashed)

    def close(self) -> None:
        """Give back files and connections."""
        self._log.close()
        if self._keys is not None:
            self._keys.close()

    def probe(self) -> None:
        """Make sure that what is asked can be written down.

        Raises
        ------
        AccessLogUnwritable
            If it cannot: then nothing may be changed.
        """
        if self.required:
            self._log.probe()

    async def recognised(self, visit: Visit) -> Principal:
        """Whoever asks.

        Raises
        ------
        ServiceError
            If nobody knows, or another site's page asks in somebody's name.
        """
        if visit.may_change:
            require_own_origin(visit.headers, self.allowed_origins)
        if not self.required:
            require_local(visit.headers, visit.server, visit.peer)
            return LOCAL
        if visit.is_open:
            return _ANYONE
        principal = await self._known.principal(visit.headers, visit.scheme, visit.subprotocols)
        if principal.session is not None and visit.may_change:
            require_browser_says_whose(visit.headers)
        return principal

    def require_role(self, visit: Visit, principal: Principal) -> None:
        """Refuse a role that will not do; what stands in no row is for an administrator alone.

        Raises
        ------
        Forbidden, NotFound
            If there is a row, and if there is none.
        """
        if visit.is_open or Role.ADMIN in principal.roles:
            return
        if visit.matched is None:
            msg = "there is nothing of this name, or not for these roles"
            raise NotFound(msg)
        if not principal.roles & visit.matched.rule.needed:
            raise Forbidden(principal.roles, visit.matched.rule.needed)

    def is_watched(self, principal: Principal) -> bool:
        """Whether what somebody does is limited and written down: not what is open to all, nor while access is off."""
        return principal is not LOCAL and principal is not _ANYONE

    def under_way(self, visit: Visit, principal: Principal) -> AbstractContextManager[None]:
        """Place among what this asker has under way; TooManyRequests if there is none."""
        counted = self._limiter.socket if visit.is_socket else self._limiter.request
        return counted(principal.name)

    def begin(self, visit: Visit, principal: Principal) -> None:
        """Write down what may change something, before it does.

        Raises
        ------
        AccessLogUnwritable
            If that fails; then it must not be done.
        """
        if visit.may_change:
            self._log.write(visit.record(Event.BEGUN, principal.name))

    def conclude(self, visit: Visit, principal: Principal, outcome: int | None) -> None:
        """Write down how it was answered. What is done already is not undone by a log that fails: that is counted."""
        event = Event.ENDED if visit.is_socket else Event.ANSWERED
        with self._counting_failures():
            self._log.write(visit.record(event, principal.name, outcome))

    def refuse(self, visit: Visit, principal: Principal | None, error: ServiceError) -> ServiceError:
        """Write down a refusal; gives what to answer, which is another one to whoever tries too often."""
        repeated = None
        if principal is None and self.required:
            tried = self._strangers.tried(visit.peer or "")
            if tried.refusal is not None and outcome_of(type(error)).status < _OUR_FAULT:
                error = tried.refusal
            if not tried.to_be_recorded:
                return error
            repeated = tried.unrecorded or None
        self._refusals.labels(error.code).inc()
        if self.required:
            outcome = outcome_of(type(error))
            status = outcome.close_code if visit.is_socket else outcome.status
            who = NOBODY if principal is None else principal.name
            with self._counting_failures():
                self._log.write(visit.record(Event.REFUSED, who, status, code_of(error), repeated))
        return error

    async def require_still(self, principal: Principal) -> None:
        """Refuse whoever was let in and would not be now; see `Authenticator.require_still`."""
        await self._known.require_still(principal)

    async def begin_session(self, principal: Principal) -> PageSession:
        """Session of the page for whoever came with a key.

        Raises
        ------
        BadQuery
            If it was not a key.
        """
        if principal.key_id is None or principal.session is not None:
            msg = "a session is begun with a key: expected Authorization: Bearer KEY, and no cookie or token"
            raise BadQuery(msg)
        until = time.time() + self.session_s
        until = min(until, principal.expires_at or until)
        return begin_session(await self._known.key(principal.key_id), int(until), self._identifiers.hashed)

    def end_session(self, principal: Principal) -> None:
        """Let a session hold no longer. Blocks."""
        if principal.session is not None and principal.expires_at is not None and self._keys is not None:
            self._keys.end_session(principal.session, datetime.fromtimestamp(principal.expires_at, UTC))

    @contextmanager
    def _counting_failures(self) -> Iterator[None]:
        try:
            yield
        except AccessLogUnwritable as error:
            self._unwritten.inc()
            structlog.get_logger().error("access log unwritable", why=str(error))


def _limits(settings: Settings) -> Limits:
    return Limits(
        settings.access_rate_per_s, settings.access_burst, settings.access_at_a_time, settings.access_live_sessions
    )


def _tokens(settings: Settings, identifiers: IdentifierKey) -> TokenVerifier | None:
    """What checks tokens, if an identity provider is set."""
    if not (settings.oidc_issuer and settings.oidc_audience and settings.oidc_jwks):
        return None
    issuer = Issuer(
        settings.oidc_issuer, settings.oidc_audience, settings.oidc_roles_claim, leeway_s=settings.oidc_leeway_s
    )
    if settings.oidc_roles:
        issuer = replace(issuer, role_names={name: Role(role) for name, role in settings.oidc_roles.items()})
    keys = Refreshed[Mapping[str, PublicKey]](Jwks(settings.oidc_jwks), _JWKS_AGES)
    return TokenVerifier(issuer, keys, identifiers.hashed)
