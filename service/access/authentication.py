"""From what a caller brings to who it is: a key, a token, or a session of the page."""

import time
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from service.access.errors import Unauthenticated
from service.access.key_store import Issued
from service.access.keys import AccessKey, GivenKey, parse_key
from service.access.refreshed import Refreshed
from service.access.roles import Principal
from service.access.sessions import Hashed, PageSession, cookie_name, parse_session
from service.access.tokens import TokenVerifier
from service.store.tables import now

SUBPROTOCOL = "sonoplace.live"
"""Answered to a WebSocket that offers it beside its key."""
_BEARER_PROTOCOL = "bearer."
_NOT_HELD = "the key is unknown, was revoked or has expired"
"""The same for all three: whoever tries keys learns nothing of them."""


class Authenticator:
    """Knows who is who. Use it from one event loop.

    Parameters
    ----------
    tokens
        None where no identity provider is set.
    """

    def __init__(self, issued: Refreshed[Issued], tokens: TokenVerifier | None, hashed: Hashed) -> None:
        self._issued = issued
        self._tokens = tokens
        self._hashed = hashed

    async def principal(self, headers: Headers, scheme: str, subprotocols: Sequence[str] = ()) -> Principal:
        """Whoever sent these headers.

        Raises
        ------
        Unauthenticated
            If nothing was brought, or nothing that holds.
        StoreUnreachable, IssuerUnreachable
            If it cannot be checked.
        """
        bearer = _bearer(headers, subprotocols)
        if bearer is not None:
            given = parse_key(bearer)
            return await self._of_token(bearer) if given is None else await self._of_key(given)
        cookies = cookie_parser(headers.get("cookie", ""))
        session = parse_session(cookies.get(cookie_name(scheme), ""))
        if session is None:
            msg = "nobody is signed in: expected Authorization: Bearer KEY"
            raise Unauthenticated(msg, given=False)
        return await self._of_session(session)

    async def require_still(self, principal: Principal) -> None:
        """Refuse whoever was let in before and would not be now.

        Raises
        ------
        Unauthenticated
            If the key, token or session has ended.
        """
        issued = await self._issued.get() if principal.key_id is not None else None
        if issued is not None and principal.key_id is not None:
            _require_holding(issued.keys.get(principal.key_id))
            if principal.session in issued.ended:
                raise _ended()
        if principal.expires_at is not None and principal.expires_at <= time.time():
            raise _ended()

    async def key(self, key_id: str) -> AccessKey:
        """Key that a principal rests on."""
        return _require_holding(await self._known(key_id))

    async def _of_key(self, given: GivenKey) -> Principal:
        key = await self._known(given.id)
        if not given.opens(key):
            raise Unauthenticated(_NOT_HELD, given=True)
        return _require_holding(key).principal

    async def _of_token(self, token: str) -> Principal:
        if self._tokens is None:
            msg = "what was given is not a key of this service, and no identity provider is set"
            raise Unauthenticated(msg, given=True)
        return await self._tokens.principal(token)

    async def _of_session(self, session: PageSession) -> Principal:
        key = _require_holding(await self._known(session.key_id))
        if not session.belongs_to(key, self._hashed) or session.expires_at <= time.time():
            raise _ended()
        if session.id in (await self._issued.get()).ended:
            raise _ended()
        whole = key.principal
        until = min(session.expires_at, whole.expires_at or session.expires_at)
        return Principal(whole.name, whole.roles, until, key.id, session.id)

    async def _known(self, key_id: str) -> AccessKey | None:
        """Key of this id; looked for again if there is none, as it may have been made a moment ago."""
        key = (await self._issued.get()).keys.get(key_id)
        return (await self._issued.newer()).keys.get(key_id) if key is None else key


def _bearer(headers: Headers, subprotocols: Sequence[str]) -> str | None:
    """Key or token, from the header, or for a browser's WebSocket, which has no headers, from the subprotocols."""
    authorization = headers.get("authorization")
    if authorization is None:
        offered = (name for name in subprotocols if name.startswith(_BEARER_PROTOCOL))
        return next((name.removeprefix(_BEARER_PROTOCOL) for name in offered), None)
    kind, _, credentials = authorization.partition(" ")
    if kind.lower() != "bearer":
        msg = "the Authorization header is of another kind: expected Bearer"
        raise Unauthenticated(msg, given=True)
    return credentials.strip()


def _require_holding(key: AccessKey | None) -> AccessKey:
    if key is None or key.fault(now()) is not None:
        raise Unauthenticated(_NOT_HELD, given=True)
    return key


def _ended() -> Unauthenticated:
    msg = "the session has ended: expected to be signed in anew"
    return Unauthenticated(msg, given=True)
