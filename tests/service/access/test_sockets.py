"""Live sessions are let in like everything else, and let go when their key is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from service.access import control
from service.access.key_store import KeyStore
from service.access.refreshed import Ages
from service.client import AsyncClient, Client, Refused
from service.live.messages import Start
from service.store.tables import now
from tests.service.access.conftest import Make, bearer, kept
from tests.service.conftest import StartApp
from tests.service.live_server import live_server
from tests.service.pictures import png

START = json.dumps({"type": "start", "spacing_mm": [0.2, 0.2]})
PING = json.dumps({"type": "ping", "sent_at": 1})
OWN = {"Origin": "http://testserver"}


def refusal(socket: WebSocketTestSession) -> tuple[str, int]:
    """Code of the problem that a socket is told, and the code it is closed with."""
    said = socket.receive_json()
    with pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_json()
    assert said["sequence"] is None
    assert closed.value.reason.startswith(said["problem"]["code"])
    return said["problem"]["code"], closed.value.code


def answers(socket: WebSocketTestSession) -> Iterator[dict[str, Any]]:
    while True:
        socket.send_text(PING)
        yield socket.receive_json()


def test_who_is_let_in(guarded: TestClient, make: Make) -> None:
    key, reviewer = make("workstation"), make("reviewer")
    for headers, subprotocols in ((bearer(key), None), ({}, ["sonoplace.live", f"bearer.{key}"])):
        with guarded.websocket_connect("/v1/live", subprotocols, headers=headers) as socket:
            socket.send_text(START)
            assert socket.receive_json()["type"] == "started"
            assert socket.accepted_subprotocol == ("sonoplace.live" if subprotocols else None)
    for address, headers, expected in (
        ("/v1/live", {}, ("unauthenticated", 4401)),
        ("/v1/live", bearer("wrong"), ("unauthenticated", 4401)),
        (f"/v1/live?key={key}", {}, ("unauthenticated", 4401)),
        ("/v1/live", bearer(reviewer), ("forbidden", 4403)),
        ("/v1/elsewhere", bearer(key), ("not-found", 4404)),
        ("/v1/live", bearer(key) | {"Origin": "https://evil.example"}, ("foreign-origin", 4403)),
        ("/v1/live", bearer(key) | {"Origin": "null"}, ("foreign-origin", 4403)),
    ):
        with guarded.websocket_connect(address, headers=headers) as socket:
            assert refusal(socket) == expected, (address, headers)


def test_the_page_is_let_in_by_its_cookie_and_no_other_page_is(guarded: TestClient, make: Make) -> None:
    guarded.post("/v1/session", headers=bearer(make("workstation")) | OWN)
    with guarded.websocket_connect("/v1/live", headers=OWN) as socket:
        socket.send_text(START)
        assert socket.receive_json()["type"] == "started"
    for headers, expected in (({"Origin": "https://evil.example"}, 4403), ({}, 4403)):
        with guarded.websocket_connect("/v1/live", headers=headers) as socket:
            assert refusal(socket) == ("foreign-origin", expected)


def test_a_session_is_continued_by_its_own_key_alone(guarded: TestClient, make: Make) -> None:
    key, other = make("workstation"), make("workstation")
    with guarded.websocket_connect("/v1/live", headers=bearer(key)) as socket:
        socket.send_text(START)
        name = socket.receive_json()["session"]
    again = json.dumps({"type": "start", "session": name})
    with guarded.websocket_connect("/v1/live", headers=bearer(other)) as socket:
        socket.send_text(again)
        assert refusal(socket) == ("not-found", 4404)
    with guarded.websocket_connect("/v1/live", headers=bearer(key)) as socket:
        socket.send_text(again)
        assert socket.receive_json()["session"] == name


def test_number_at_a_time(start_app: StartApp, make: Make) -> None:
    client = start_app(access="required", access_live_sessions=1)
    headers = bearer(make("workstation"))
    for _ in range(2):  # the place is given back
        with client.websocket_connect("/v1/live", headers=headers) as first:
            first.send_text(START)
            first.receive_json()
            with client.websocket_connect("/v1/live", headers=headers) as second:
                assert refusal(second) == ("too-many-requests", 4429)


def test_handshakes_take_from_the_same_bucket_as_requests(start_app: StartApp, make: Make) -> None:
    client = start_app(access="required", access_rate_per_s=0.001, access_burst=2)
    headers, other = bearer(make("workstation")), bearer(make("workstation"))
    assert client.get("/v1/procedures", headers=headers).status_code == 200
    for key, tries in ((headers, 1), (other, 2)):
        for _ in range(tries):
            with client.websocket_connect("/v1/live", headers=key) as socket:
                socket.send_text(START)
                assert socket.receive_json()["type"] == "started"
        with client.websocket_connect("/v1/live", headers=key) as socket:
            assert refusal(socket) == ("too-many-requests", 4429)
    assert client.get("/v1/procedures", headers=headers).status_code == 429


def test_a_socket_is_closed_when_its_key_is_revoked(
    guarded: TestClient, make: Make, key_store: KeyStore, monkeypatch: pytest.MonkeyPatch, start_app: StartApp
) -> None:
    monkeypatch.setattr(control, "_KEY_AGES", Ages(fresh_s=0.05, again_s=0.01, stale_s=60))
    key = make("workstation")
    with start_app(access="required").websocket_connect("/v1/live", headers=bearer(key)) as socket:
        socket.send_text(START)
        socket.receive_json()
        key_store.revoke(kept(key_store, key).id, now())
        problem = next(said for said in answers(socket) if said["type"] == "problem")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert problem["problem"]["code"] == "unauthenticated"
    assert closed.value.code == 4401


def test_clients_bring_their_key(tmp_path: Path, key_store: KeyStore, make: Make) -> None:
    key = make("workstation")
    with live_server(tmp_path / "data", "access=required", "workers=1") as address:
        with Client(address, key=key) as client:
            assert client.analyse(png(), spacing_mm=0.2).placement.verdict
            with client.live(Start(spacing_mm=(0.2, 0.2))) as live:
                assert live.started.session
        with Client(address) as client, pytest.raises(Refused, match="unauthenticated"):
            client.procedures()
        with Client(address) as client, pytest.raises(Refused, match="unauthenticated"), client.live():
            pass
    assert AsyncClient(key=key)._http.headers["authorization"] == f"Bearer {key}"
