"""Whether a service may be started where it is to listen."""

from service.access.control import is_required
from service.access.key_store import KeyStore
from service.errors import BadSetting
from service.settings import Settings
from service.store.store import open_store
from service.store.tables import now


def require_way_in(settings: Settings) -> None:
    """Refuse to start where access is required and nobody could have any.

    Raises
    ------
    BadSetting
        If there is neither a key that holds nor an identity provider.
    """
    if not is_required(settings) or settings.oidc_issuer is not None:
        return
    open_store(settings).close()
    keys = KeyStore(settings)
    try:
        if any(key.fault(now()) is None for key in keys.listed()):
            return
    finally:
        keys.close()
    why = "SONOPLACE_ACCESS is required" if settings.access == "required" else f"SONOPLACE_HOST is {settings.host!r}"
    msg = (
        f"{why} and nobody could sign in: make a key (sonoplace keys create --role admin --label ADMIN-1), set "
        "SONOPLACE_OIDC_ISSUER, SONOPLACE_OIDC_AUDIENCE and SONOPLACE_OIDC_JWKS, or listen on 127.0.0.1 alone"
    )
    raise BadSetting(msg)
