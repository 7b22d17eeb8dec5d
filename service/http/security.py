"""Headers that tell a browser to be careful, on every answer."""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

_ALWAYS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}
"""An answer is no page: it may load nothing and stand in no frame. The page and the reports have policies of their own.

The list follows the OWASP REST security cheat sheet; ``X-Frame-Options`` is for browsers without ``frame-ancestors``.
"""
_BEHIND_TLS = {**_ALWAYS, "Strict-Transport-Security": "max-age=31536000"}
"""Over plain HTTP a browser ignores it, and must (RFC 6797 section 7.2)."""


def security_headers(scheme: str) -> Mapping[str, str]:
    """Headers for an answer to a request of this scheme, unless the answer has its own."""
    return _BEHIND_TLS if scheme == "https" else _ALWAYS


def let_in_pages_of(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these origins ask with a key or token of their own; without any, no other site's page may.

    They are not let in by cookie: `CORSMiddleware` then would have to be told to allow credentials.
    """
    if not origins:
        return
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "SonoPlace-Asked-By", "X-Request-ID"],
        expose_headers=["Location", "Retry-After", "Server-Timing", "X-Request-ID"],
        max_age=600,
    )
