"""Bearer tokens of an identity provider: JWT with asymmetric signatures (RFC 7519, 8725; OpenID Connect Core 3.1.3.7).

References
----------
RFC 8725 (JSON Web Token best current practices): algorithms are pinned (3.1), each to its kind of key (3.2), issuer
(3.8) and audience (3.9) must be the expected ones.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from service.access.errors import Unauthenticated
from service.access.jwks import PublicKey
from service.access.refreshed import Refreshed
from service.access.roles import Principal, Role

KEY_KINDS: Mapping[str, type[PublicKey]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSAPublicKey),
    **dict.fromkeys(("ES256", "ES384", "ES512"), EllipticCurvePublicKey),
    "EdDSA": Ed25519PublicKey,
}
"""Algorithms that are taken, and the kind of key that each of them needs. All are asymmetric."""
MOST_CHARACTERS = 8192
_REMEMBERED, _REMEMBERED_S = 1024, 60.0
"""Tokens whose signature was checked, so that a client that sends one with every frame pays for it once a minute."""
_NAME_DIGITS = 16
_NO_DATE_S = 100_000_000_000
"""Beyond the year 5000: milliseconds, most likely."""


class _Why(Enum):
    """Why a token does not hold; nothing of the token is repeated."""

    LENGTH = f"it has more than {MOST_CHARACTERS} characters"
    FORM = "it is neither a key of this service nor a JWT"
    ALGORITHM = "its algorithm is not taken: expected an asymmetric one"
    KID = "it does not say which key it is signed with (kid)"
    KEY = "it is signed with a key that the identity provider does not have for this algorithm"
    EXPIRED = "it has expired"
    EARLY = "it does not hold yet"
    AUDIENCE = "it is for another audience"
    ISSUER = "it is of another issuer"
    CLAIM = "it lacks exp, iss, aud or sub"
    END = "its end (exp) is no date: expected seconds since 1970"
    OTHER = "it is not a valid token of the expected issuer"


_WHY: Mapping[type[jwt.PyJWTError], _Why] = {
    jwt.ExpiredSignatureError: _Why.EXPIRED,
    jwt.ImmatureSignatureError: _Why.EARLY,
    jwt.InvalidAudienceError: _Why.AUDIENCE,
    jwt.InvalidIssuerError: _Why.ISSUER,
    jwt.MissingRequiredClaimError: _Why.CLAIM,
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """What a token must say.

    Parameters
    ----------
    roles_claim
        Claim that lists roles; dots lead into claims within claims, unless a claim has this very name.
    role_names
        Roles by the names that this provider has for them.
    leeway_s
        By how much its clock may be off.
    """

    issuer: str
    audience: str
    roles_claim: str = "roles"
    role_names: Mapping[str, Role] = field(default_factory=lambda: {role.value: role for role in Role})
    leeway_s: float = 30.0


class TokenVerifier:
    """Turns tokens into principals. Use it from one event loop.

    Parameters
    ----------
    hashed
        HMAC with the site's secret: a subject is known by its hash alone.
    """

    def __init__(
        self,
        issuer: Issuer,
        keys: Refreshed[Mapping[str, PublicKey]],
        hashed: Callable[[str], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._keys = keys
        self._hashed = hashed
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    async def principal(self, token: str) -> Principal:
        """Whoever the token speaks of.

        Raises
        ------
        Unauthenticated
            If it does not hold.
        IssuerUnreachable
            If the keys to check it with cannot be had.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None and self._clock() < known[1]:
            return known[0]
        principal = self._named(_verified(token, await self._key(token), self._issuer))
        until = min(principal.expires_at or 0.0, self._clock() + _REMEMBERED_S)
        self._known[digest] = (principal, until)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return principal

    async def _key(self, token: str) -> tuple[str, PublicKey]:
        """Algorithm and key of a token, which fit each other."""
        algorithm, kid = _head(token)
        keys = await self._keys.get()
        key = keys.get(kid) or (await self._keys.newer()).get(kid)
        if key is None or not isinstance(key, KEY_KINDS[algorithm]):
            raise _refused(_Why.KEY)
        return algorithm, key

    def _named(self, claims: Mapping[str, Any]) -> Principal:
        issuer = self._issuer
        name = self._hashed(f"oidc:{issuer.issuer}|{claims['sub']}")[:_NAME_DIGITS]
        given = _names(_claim(claims, issuer.roles_claim))
        roles = frozenset(issuer.role_names[name] for name in given if name in issuer.role_names)
        return Principal(f"oidc:{name}", roles, _end_s(claims["exp"]) + issuer.leeway_s)


def _head(token: str) -> tuple[str, str]:
    if len(token) > MOST_CHARACTERS:
        raise _refused(_Why.LENGTH)
    try:
        head = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise _refused(_Why.FORM) from error
    algorithm, kid = head.get("alg"), head.get("kid")
    if not isinstance(algorithm, str) or algorithm not in KEY_KINDS:
        raise _refused(_Why.ALGORITHM)
    if not isinstance(kid, str):
        raise _refused(_Why.KID)
    return algorithm, kid


def _verified(token: str, signed_with: tuple[str, PublicKey], issuer: Issuer) -> dict[str, Any]:
    algorithm, key = signed_with
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=issuer.issuer,
            audience=issuer.audience,
            leeway=issuer.leeway_s,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise _refused(_WHY.get(type(error), _Why.OTHER)) from error
    except (ValueError, TypeError, OverflowError) as error:  # claims of a kind that the library does not expect
        raise _refused(_Why.OTHER) from error
    return claims


def _end_s(claimed: Any) -> float:  # noqa: ANN401 - whatever stands in the token
    try:
        end_s = float(claimed)
    except (ValueError, TypeError, OverflowError) as error:
        raise _refused(_Why.END) from error
    if not 0 < end_s < _NO_DATE_S:
        raise _refused(_Why.END)
    return end_s


def _refused(why: _Why) -> Unauthenticated:
    return Unauthenticated(f"the token was refused: {why.value}", given=True)


def _claim(claims: Mapping[str, Any], name: str) -> object:
    if name in claims:
        return claims[name]
    value: object = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _names(value: object) -> list[str]:
    """Names in a claim: a list of them, or one text with spaces between (RFC 8693 section 4.2)."""
    if isinstance(value, str):
        return value.split()
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
