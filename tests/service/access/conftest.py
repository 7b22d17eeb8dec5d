"""A service that asks who is there, and keys to it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.access.key_store import KeyStore
from service.access.keys import AccessKey, make_key
from service.access.roles import Role
from service.settings import Settings
from service.store.store import open_store
from service.store.tables import now
from tests.service.conftest import StartApp

Make = Callable[..., str]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", access="required", workers=1)


@pytest.fixture
def key_store(settings: Settings) -> KeyStore:
    open_store(settings).close()
    return KeyStore(settings)


@pytest.fixture
def make(key_store: KeyStore) -> Make:
    """Makes a key that holds for an hour, with these roles."""

    def make_one(*roles: str, life: timedelta | None = timedelta(hours=1)) -> str:
        text, kept = make_key("CART-1", frozenset(map(Role, roles)), now(), life)
        key_store.add(kept)
        return text

    return make_one


@pytest.fixture
def guarded(start_app: StartApp) -> TestClient:
    """A service that requires access."""
    return start_app(access="required", workers=1)


def bearer(key: str) -> dict[str, str]:
    """Header of a key or token."""
    return {"Authorization": f"Bearer {key}"}


def kept(key_store: KeyStore, text: str) -> AccessKey:
    """What is kept of a key."""
    return next(key for key in key_store.listed() if key.id == text.split("_")[1])
