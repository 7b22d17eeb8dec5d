"""The service: HTTP, storage, command line and page around `imaging`."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.app import create_app
    from service.settings import Settings

__all__ = ["Settings", "create_app"]

_HOMES = {"Settings": "service.settings", "create_app": "service.app"}


def __getattr__(name: str) -> object:
    """Public names are imported when they are used, so that ``sonoplace --help`` does not wait for FastAPI."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)
