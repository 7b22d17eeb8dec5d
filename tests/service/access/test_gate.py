"""Who is let in over HTTP, as what, how often, and with which headers it is answered."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access import control
from service.access.key_store import KeyStore
from service.access.refreshed import Ages
from service.access.strangers import Strangers
from service.store.tables import now
from tests.service.access.conftest import Make, bearer, kept
from tests.service.access.test_tokens import jwk, signed
from tests.service.conftest import StartApp
from tests.service.pictures import dicom, picture

LIST = "/v1/procedures"
OWN = {"Origin": "http://testserver"}
PROVIDER = {"oidc_issuer": "https://login.example", "oidc_audience": "sonoplace"}


def code(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]  # type: ignore[attr-defined] # a response of the test client


def test_keys_that_do_not_hold_are_all_refused_alike(guarded: TestClient, make: Make, key_store: KeyStore) -> None:
    good, expired, revoked = make("admin"), make("admin", life=timedelta(seconds=-1)), make("admin")
    key_store.revoke(kept(key_store, revoked).id, now())
    another_secret = good[:-1] + ("A" if good[-1] != "A" else "B")
    unknown = "sonoplace_000000000000_" + good[-43:]
    said = {guarded.get(LIST, headers=bearer(key)).text for key in (expired, revoked, another_secret, unknown)}
    assert len(said) == 1
    assert good[-43:] not in said.pop()
    assert guarded.get(LIST, headers=bearer(good)).status_code == 200


def test_nobody_is_told_how_to_sign_in(guarded: TestClient) -> None:
    plain, wrong = 'Bearer realm="sonoplace"', 'Bearer realm="sonoplace", error="invalid_token"'
    for headers, challenge in (
        ({}, plain),
        ({"Authorization": "Basic YTpi"}, wrong),
        ({"Authorization": "Bearer"}, wrong),
        ({"Authorization": "Bearer x.y.z"}, wrong),
        ({"Cookie": "sonoplace-session=x"}, plain),
        ({"Cookie": "__Host-sonoplace-session=" + "a" * 500}, plain),
    ):
        answer = guarded.get(LIST, headers=headers)
        assert code(answer) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == challenge
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_in_the_address_is_none(guarded: TestClient, make: Make) -> None:
    key = make("admin")
    for query in (f"key={key}", f"access_token={key}", f"authorization=Bearer%20{key}"):
        assert guarded.get(f"{LIST}?{query}").status_code == 401


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is revoked is known in a tenth of a second instead of five."""
    assert control._KEY_AGES.fresh_s <= 5
    monkeypatch.setattr(control, "_KEY_AGES", Ages(fresh_s=0.1, again_s=0.05, stale_s=60))


def until_refused(client: TestClient, headers: dict[str, str]) -> None:
    until = time.monotonic() + 60
    while client.get(LIST, headers=headers).status_code == 200:
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.usefixtures("soon")
def test_a_key_revoked_meanwhile_is_known_within_seconds(guarded: TestClient, make: Make, key_store: KeyStore) -> None:
    key = make("auditor")
    assert guarded.get(LIST, headers=bearer(key)).status_code == 200
    key_store.revoke(kept(key_store, key).id, now())
    until_refused(guarded, bearer(key))


def test_tokens_of_a_provider(start_app: StartApp, tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    client = start_app(access="required", oidc_jwks=str(keys), oidc_roles={"qa": "auditor"}, **PROVIDER)
    away = client.get(LIST, headers=bearer(signed()))
    assert code(away) == (503, "issuer-unreachable")  # the keys cannot be had: nobody is told that a token is wrong
    assert away.headers["retry-after"]
    keys.write_text(json.dumps({"keys": [jwk("rsa")]}))
    client = start_app(access="required", oidc_jwks=str(keys), oidc_roles={"qa": "auditor"}, **PROVIDER)
    for roles, status in ((["qa"], 200), (["auditor"], 403), ([], 403)):
        assert client.get("/metrics", headers=bearer(signed(roles=roles))).status_code == status
    said = client.get("/v1/session", headers=bearer(signed(roles=["qa"])))
    assert said.json()["who"].startswith("oidc:")
    assert "jane" not in said.text


class TestSession:
    def test_a_key_becomes_a_cookie_that_no_script_reads(self, guarded: TestClient, make: Make) -> None:
        signed_in = guarded.post("/v1/session", headers=bearer(make("reviewer")) | OWN)
        assert signed_in.status_code == 201
        assert signed_in.json()["roles"] == ["reviewer"]
        until = datetime.fromisoformat(signed_in.json()["until"]) - datetime.now(UTC)
        assert until < timedelta(hours=1)  # no longer than the key
        cookie = signed_in.headers["set-cookie"]
        assert cookie.startswith("sonoplace-session=")
        assert all(part in cookie for part in ("; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age="))
        assert guarded.get(LIST).status_code == 200
        assert guarded.get("/metrics").status_code == 403
        assert guarded.get("/v1/session").json()["signed_in"] is True

    def test_behind_tls_the_cookie_never_leaves_it(self, guarded: TestClient, make: Make) -> None:
        secure = TestClient(guarded.app, base_url="https://testserver")
        secure.app_state.update(guarded.app_state)
        cookie = secure.post("/v1/session", headers=bearer(make("admin"))).headers["set-cookie"]
        assert cookie.startswith("__Host-sonoplace-session=")
        assert cookie.endswith("; Secure")
        pair = cookie.split(";")[0]
        assert guarded.get(LIST, headers={"Cookie": pair}).status_code == 401
        anew = TestClient(guarded.app, base_url="https://testserver")
        anew.app_state.update(guarded.app_state)
        assert anew.get(LIST, headers={"Cookie": pair}).status_code == 200
        assert anew.get(LIST, headers={"Cookie": pair.removeprefix("__Host-")}).status_code == 401

    def test_another_sites_page_can_do_nothing_with_it(self, guarded: TestClient, make: Make) -> None:
        guarded.post("/v1/session", headers=bearer(make("admin")))
        send = {"content": b"x", "headers": {"Content-Type": "image/png"}}
        for origin in (
            "https://evil.example",
            "null",
            "http://testserver.evil.example",
            "http://testserver:81",
            "http://[",
            "",
        ):
            answer = guarded.post("/v1/frames", content=b"x", headers={"Content-Type": "image/png", "Origin": origin})
            assert code(answer) == (403, "foreign-origin"), origin
        assert code(guarded.post("/v1/frames", **send)) == (403, "foreign-origin")  # says not whose page it is
        own = {"Content-Type": "image/png", "Sec-Fetch-Site": "same-origin"}
        assert guarded.post("/v1/frames", content=b"x", headers=own).status_code == 415
        assert guarded.post("/v1/frames", content=b"x", headers={"Content-Type": "image/png"} | OWN).status_code == 415

    @pytest.mark.usefixtures("soon")
    def test_signing_out_ends_it_for_whoever_has_the_cookie(self, guarded: TestClient, make: Make) -> None:
        cookie = guarded.post("/v1/session", headers=bearer(make("admin"))).headers["set-cookie"].split(";")[0]
        assert guarded.get(LIST).status_code == 200
        left = guarded.delete("/v1/session", headers=OWN)
        assert left.status_code == 204
        assert "Max-Age=0" in left.headers["set-cookie"]
        guarded.cookies.clear()
        until_refused(guarded, {"Cookie": cookie})

    def test_a_changed_cookie_is_none(self, guarded: TestClient, make: Make) -> None:
        key, other = make("reviewer"), make("admin")
        value = guarded.post("/v1/session", headers=bearer(key)).headers["set-cookie"].split(";")[0].split("=")[1]
        guarded.cookies.clear()
        key_id, session, until, mac = value.split(".")
        other_id = other.split("_")[1]
        for changed in (
            f"{other_id}.{session}.{until}.{mac}",
            f"{key_id}.{'0' * 32}.{until}.{mac}",
            f"{key_id}.{session}.{int(until) + 9999}.{mac}",
            f"{key_id}.{session}.{until}.{'0' * 64}",
        ):
            answer = guarded.get(LIST, headers={"Cookie": f"sonoplace-session={changed}"})
            assert code(answer) == (401, "unauthenticated")
        assert guarded.get(LIST, headers={"Cookie": f"sonoplace-session={value}"}).status_code == 200

    def test_it_begins_with_a_key_alone(self, guarded: TestClient, make: Make) -> None:
        guarded.post("/v1/session", headers=bearer(make("admin")))
        assert code(guarded.post("/v1/session", headers=OWN)) == (422, "bad-query")

    def test_while_access_is_off_everyone_here_may_do_everything(self, client: TestClient) -> None:
        said = client.get("/v1/session").json()
        assert (said["required"], said["who"], len(said["roles"])) == (False, "anonymous", 4)
        assert client.post("/v1/session").status_code == 201
        assert client.delete("/v1/session").status_code == 204


def coming_in_at(app: ASGIApp, server: str) -> ASGIApp:
    """The application as a connection to this address reaches it."""

    async def reached(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "server": (server, 8000)}, receive, send)

    return reached


class TestOff:
    """Without access control this machine alone is answered, and only by its own name."""

    def test_local(self, client: TestClient) -> None:
        app = client.app
        assert isinstance(app, FastAPI)
        for server, peer, host, status in (
            ("127.0.0.1", "127.0.0.1", "127.0.0.1:8000", 200),
            ("127.0.0.1", "127.0.0.1", "localhost:8000", 200),
            ("::1", "::1", "[::1]:8000", 200),
            ("127.0.0.1", "192.0.2.9", "127.0.0.1:8000", 403),  # a proxy's word
            ("192.0.2.7", "192.0.2.7", "192.0.2.7:8000", 403),
            ("192.0.2.7", "127.0.0.1", "localhost:8000", 403),
            ("127.0.0.1", "127.0.0.1", "rebound.example:8000", 403),
            ("127.0.0.1", "127.0.0.1", "sonoplace.hospital.example", 403),
            ("127.0.0.1", "127.0.0.1", "", 403),
        ):
            near = TestClient(coming_in_at(app, server), client=(peer, 50000))
            near.app_state.update(client.app_state)
            answer = near.get(LIST, headers={"Host": host})
            assert answer.status_code == status, (server, host)
            if status == 403:
                assert answer.json()["code"] == "not-local"
                assert "SONOPLACE_ACCESS=required" in answer.json()["detail"]

    def test_another_sites_page_may_change_nothing(self, client: TestClient) -> None:
        answer = client.post(
            LIST, content=b"x", headers={"Origin": "https://evil.example", "Content-Type": "text/plain"}
        )
        assert code(answer) == (403, "foreign-origin")


def test_rate_of_one_key_does_not_touch_another(start_app: StartApp, make: Make) -> None:
    client = start_app(access="required", access_rate_per_s=0.001, access_burst=3)
    first, second = make("auditor"), make("auditor")
    statuses = [client.get(LIST, headers=bearer(first)).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    answer = client.get(LIST, headers=bearer(first))
    assert code(answer) == (429, "too-many-requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 1000
    assert client.get(LIST, headers=bearer(second)).status_code == 200


def test_strangers_who_try_too_often_are_told_to_wait(guarded: TestClient, make: Make) -> None:
    key = make("admin")
    guarded.app_state["services"].access._strangers = Strangers(lambda: 0.0)  # no second passes
    statuses = [guarded.get(LIST, headers=bearer("wrong")).status_code for _ in range(30)]
    assert statuses == [401] * 20 + [429] * 10
    assert guarded.get(LIST, headers=bearer(key)).status_code == 200  # whoever is known is not touched


def test_who_asked_stands_in_the_chain(guarded: TestClient, make: Make) -> None:
    key = make("workstation", "reviewer")
    who = f"key:{key.split('_')[1]}"
    headers = bearer(key) | {"Content-Type": "application/dicom"}
    posted = guarded.post(LIST, content=dicom([picture()]), headers=headers)
    again = guarded.post(LIST, content=dicom([picture(), picture()]), headers=headers | {"SonoPlace-Asked-By": "OP-7"})
    by = [
        [link["added_by"] for link in guarded.get(f"{answer.json()['links']['self']}/history", headers=headers).json()]
        for answer in (posted, again)
    ]
    assert by == [[who, who], [f"{who}/OP-7"] * 2]


HARDENED = {
    "content-security-policy": "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def test_headers_on_every_kind_of_answer(guarded: TestClient, make: Make) -> None:
    app = guarded.app
    assert isinstance(app, FastAPI)

    @app.get("/fails")
    async def fails() -> None:
        raise ValueError

    key = bearer(make("admin"))
    for method, path, status in (
        ("GET", "/livez", 200),
        ("GET", LIST, 401),
        ("GET", "/metrics", 200),
        ("GET", "/nowhere", 404),
        ("DELETE", LIST, 405),
        ("OPTIONS", LIST, 204),
        ("GET", "/v1/procedures?limit=x", 422),
        ("HEAD", LIST, 200),
        ("GET", "/fails", 500),
        ("GET", "/page/nowhere.js", 404),
        ("GET", "/page/icon.svg", 200),
    ):
        answer = guarded.request(method, path, headers={} if status == 401 else key)
        assert answer.status_code == status
        for name, part in HARDENED.items():
            assert part in answer.headers[name], name
            assert len(answer.headers.get_list(name)) == 1, name
        assert "server" not in answer.headers
        assert "strict-transport-security" not in answer.headers
    secure = TestClient(app, base_url="https://testserver")
    assert "max-age=31536000" in secure.get("/livez").headers["strict-transport-security"]


class TestCrossOrigin:
    def ask(self, client: TestClient, method: str, origin: str, **headers: str) -> dict[str, str]:
        answer = client.request(method, LIST, headers={"Origin": origin, **headers})
        return {name: value for name, value in answer.headers.items() if name.startswith("access-control")}

    def test_closed_by_default(self, guarded: TestClient, make: Make) -> None:
        wants = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        assert self.ask(guarded, "OPTIONS", "https://ris.example", **wants) == {}
        assert self.ask(guarded, "GET", "https://ris.example", **bearer(make("admin"))) == {}

    def test_open_to_those_that_are_named(self, start_app: StartApp, make: Make) -> None:
        client = start_app(access="required", allowed_origins=("https://ris.example",))
        wants = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        preflight = self.ask(client, "OPTIONS", "https://ris.example", **wants)
        assert preflight["access-control-allow-origin"] == "https://ris.example"
        assert "access-control-allow-credentials" not in preflight
        assert "access-control-allow-origin" not in self.ask(client, "OPTIONS", "https://evil.example", **wants)
        headers = bearer(make("admin")) | {"Content-Type": "image/png"}
        refused = client.get(LIST, headers={"Origin": "https://ris.example"})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://ris.example")
        for origin, status in (("https://ris.example", 415), ("https://evil.example", 403)):
            assert client.post("/v1/frames", content=b"x", headers=headers | {"Origin": origin}).status_code == status
