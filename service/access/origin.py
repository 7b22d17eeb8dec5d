"""Whose page a browser asks for: ours, one that was allowed, or another's."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from service.access.address import host_of, is_loopback, is_number
from service.access.errors import NotLocal
from service.errors import ForeignOrigin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def require_own_origin(headers: Headers, allowed: Collection[str]) -> None:
    """Refuse another site's page: a browser lets any page send forms and open sockets to anywhere.

    Raises
    ------
    ForeignOrigin
        If the ``Origin`` header names neither this host nor one that is allowed.
    """
    origin = headers.get("origin")
    if origin is None or origin in allowed or _host_in(origin) == headers.get("host", ""):
        return
    msg = "the Origin header names another site: expected this service's own page, or no browser"
    raise ForeignOrigin(msg)


def _host_in(origin: str) -> str | None:
    """Host and port of an origin; None if it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:  # such as http://[
        return None


def require_browser_says_whose(headers: Headers) -> None:
    """Refuse a change that rests on a cookie alone and does not say whose page asks for it.

    Every browser sends ``Origin`` with what is not a GET; `require_own_origin` has compared it by now. Together with
    ``SameSite=Strict`` it leaves another site's page no way to use the cookie (OWASP: verifying origin).

    Raises
    ------
    ForeignOrigin
        If it says nothing.
    """
    if "origin" not in headers and headers.get("sec-fetch-site") != "same-origin":
        msg = "a change by a session of the page has no Origin header: expected that of this service's own page"
        raise ForeignOrigin(msg)


def require_local(headers: Headers, server: tuple[str, int | None] | None, peer: str | None) -> None:
    """Refuse what reached a service without access control from elsewhere, or through a name that is not its own.

    Parameters
    ----------
    server, peer
        Addresses of both ends; the other end is what a trusted proxy says it is.

    Raises
    ------
    NotLocal
        If it came over a network, by a proxy that keeps its own host's name, or by a name that was made to lead here.
    """
    if server is None or not is_number(server[0]):
        return  # no network: an application that is called directly, or a socket in the file system
    near = peer is None or not is_number(peer) or is_loopback(peer)
    if near and is_loopback(server[0]) and is_loopback(host_of(headers.get("host", ""))):
        return
    msg = "access control is off and this did not come from this machine by its own name: set SONOPLACE_ACCESS=required"
    raise NotLocal(msg)
