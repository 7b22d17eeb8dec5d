"""Keys of a provider over the network: its one address is asked, nothing else is believed, and they may change."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from service.access.errors import IssuerUnreachable, Unauthenticated
from service.access.jwks import Jwks
from service.access.refreshed import Ages, Refreshed
from service.access.roles import Principal, Role
from service.access.tokens import TokenVerifier
from tests.service.access.test_tokens import ISSUER, hashed, jwk, signed


@dataclass
class Provider:
    """What an identity provider answers, and how often it was asked."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    url: str = ""

    def has(self, *keys: dict[str, object]) -> None:
        self.body = json.dumps({"keys": keys}).encode()


@contextmanager
def served(provider: Provider) -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked += 1
            self.send_response(provider.status)
            for name, value in {**provider.headers, "Content-Length": str(len(provider.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(provider.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        provider.url = f"http://127.0.0.1:{server.server_port}/keys"
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with served(Provider()) as running:
        running.has(jwk("rsa", "old"))
        yield running


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def verifier(provider: Provider, clock: Clock) -> TokenVerifier:
    keys = Refreshed(Jwks(provider.url), Ages(fresh_s=300, again_s=10, stale_s=3600), clock)
    return TokenVerifier(ISSUER, keys, hashed)


def asked(verifier: TokenVerifier, token: str) -> Principal:
    return asyncio.run(verifier.principal(token))


def test_a_key_that_the_provider_changes_is_taken_and_the_old_one_goes(provider: Provider) -> None:
    clock = Clock()
    knows = verifier(provider, clock)
    assert asked(knows, signed(kid="old")).roles == {Role.AUDITOR}
    provider.has(jwk("other", "new"))
    clock.now = 11.0
    assert asked(knows, signed("other", kid="new")).roles == {Role.AUDITOR}
    assert provider.asked == 2
    with pytest.raises(Unauthenticated):
        asked(knows, signed(kid="old", sub="john"))
    assert provider.asked == 2, "tokens of an unknown key do not make it ask all the time"


def test_a_provider_that_is_away_is_bridged_for_an_hour(provider: Provider) -> None:
    clock = Clock()
    knows = verifier(provider, clock)
    assert asked(knows, signed(kid="old"))
    provider.status, provider.body = 503, b"away"
    clock.now = 3_500.0
    assert asked(knows, signed(kid="old", sub="a"))
    clock.now = 3_700.0
    with pytest.raises(IssuerUnreachable):
        asked(knows, signed(kid="old", sub="b"))
    provider.status = 200
    provider.has(jwk("rsa", "old"))
    clock.now = 3_711.0
    assert asked(knows, signed(kid="old", sub="b"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed_to_other_keys(provider: Provider, status: int) -> None:
    with served(Provider()) as other:
        other.has(jwk("rsa", "old"))
        provider.status, provider.headers = status, {"Location": other.url}
        with pytest.raises(IssuerUnreachable):
            Jwks(provider.url)()
        assert other.asked == 0


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b'{"keys": [' + b" " * 1_000_001 + b"]}"])
def test_an_answer_that_is_no_set_of_keys(provider: Provider, body: bytes) -> None:
    provider.body = body
    with pytest.raises(IssuerUnreachable):
        Jwks(provider.url)()
