"""The public keys of an identity provider, from a file or an address (RFC 7517)."""

import json
import ssl
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import HTTPError
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from service.access.address import is_loopback
from service.access.errors import IssuerUnreachable
from service.errors import BadSetting

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
_MOST_BYTES = 1_000_000
_TIMEOUT_S = 5.0
_LEAST_RSA_BITS = 2048


class Jwks:
    """Where the keys are. Called, it gives them by their ``kid``.

    Parameters
    ----------
    place
        ``https://…``, or the path of a file; ``http://`` only on this machine.

    Raises
    ------
    BadSetting
        If it is an address that anyone between could answer for.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        parts = urlsplit(place)
        self._remote = parts.scheme in ("http", "https")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            msg = "SONOPLACE_OIDC_JWKS is an http address of another machine: expected https or a file"
            raise BadSetting(msg)

    def __call__(self) -> Mapping[str, PublicKey]:
        """Signing keys that can be used; others are left out.

        Raises
        ------
        IssuerUnreachable
            If they cannot be had or read.
        """
        try:
            return _keys(json.loads(_fetched(self._place) if self._remote else _read(Path(self._place))))
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            msg = f"its keys cannot be had or read ({type(error).__name__})"
            raise IssuerUnreachable(msg) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from the address that was set, from no other."""

    def http_error_302(self, *answer: Any, **_: Any) -> NoReturn:  # noqa: ANN401 - urllib's signature
        """Refuse to be sent elsewhere."""
        answer[1].close()
        msg = f"the address of the keys leads elsewhere (status {answer[2]})"
        raise OSError(msg)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _fetched(url: str) -> bytes:
    context = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    opener = urllib.request.build_opener(_NoRedirect, context)
    try:
        with opener.open(url, timeout=_TIMEOUT_S) as answer:  # the scheme was checked when it was set
            content: bytes = answer.read(_MOST_BYTES + 1)
    except HTTPError as error:  # it holds the connection, and is remembered until the next try
        error.close()
        raise
    return _bounded(content)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return _bounded(file.read(_MOST_BYTES + 1))


def _bounded(content: bytes) -> bytes:
    if len(content) > _MOST_BYTES:
        msg = f"more than {_MOST_BYTES} bytes of keys"
        raise ValueError(msg)
    return content


def _keys(document: dict[str, Any]) -> dict[str, PublicKey]:
    found = {}
    for entry in document["keys"]:
        key = _public_key(entry)
        if key is not None and isinstance(entry.get("kid"), str):
            found[entry["kid"]] = key
    return found


def _public_key(entry: Mapping[str, Any]) -> PublicKey | None:
    """Key that signatures may be checked with, None for any other."""
    if entry.get("use", "sig") != "sig" or entry.get("kty") == "oct":
        return None
    try:
        key = jwt.PyJWK(dict(entry)).key
    except jwt.PyJWTError:
        return None
    if isinstance(key, RSAPublicKey):
        return key if key.key_size >= _LEAST_RSA_BITS else None
    return key if isinstance(key, EllipticCurvePublicKey | Ed25519PublicKey) else None
