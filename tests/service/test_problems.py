"""Every refusal is a problem document with a stable type; no mistake of a caller is a 500."""

import itertools

import pytest
from fastapi import FastAPI, WebSocket
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from imaging.errors import BadSpacing, ImagingError
from service.errors import OUTCOMES, Busy, ServiceError, code_of, outcome_of
from service.http import problems
from tests.service.conftest import StartApp
from tests.service.pictures import WIDTH, dicom, encoded, picture, png

PNG = {"Content-Type": "image/png"}
DICOM = {"Content-Type": "application/dicom"}
GREY = {"Content-Type": "application/octet-stream"}
CINE = dicom([picture()])
TWO_REGIONS = dicom([picture()], spacings_mm=(0.2, 0.1))


@pytest.mark.parametrize(
    ("status", "code", "query", "body", "headers"),
    [
        (415, "unsupported-media-type", "", b"x", {"Content-Type": "text/plain"}),
        (415, "unsupported-media-type", "", b"x", {}),
        (415, "media-type-mismatch", "", encoded(".jpg", picture()), PNG),
        (415, "media-type-mismatch", "", png(), DICOM),
        (415, "media-type-mismatch", "", b"", PNG),
        (406, "not-acceptable", "", png(), PNG | {"Accept": "text/html"}),
        (406, "not-acceptable", "", png(), PNG | {"Accept": "application/json;q=x"}),
        (422, "bad-query", "spacing_mm=1,2,3", png(), PNG),
        (422, "bad-query", "spacing_mm=nan", png(), PNG),
        (422, "bad-query", "spacing_mm=wide", png(), PNG),
        (422, "bad-spacing", "spacing_mm=-1", png(), PNG),
        (422, "bad-spacing", "spacing_mm=1e-9", png(), PNG),
        (422, "bad-spacing", "spacing_mm=1e308", png(), PNG),
        (422, "bad-spacing", "spacing_mm=0.0664,1e6", png(), PNG),
        (422, "bad-spacing", "", dicom([picture()], spacings_mm=(1e-9,)), DICOM),
        (422, "bad-query", "bmode=1,2,3", png(), PNG),
        (422, "bad-box", "bmode=5,5,5,9", png(), PNG),
        (422, "bad-box", f"bmode=0,0,{WIDTH + 1},10", png(), PNG),
        (422, "bad-query", "", b"1234", GREY),
        (422, "unreadable-image", "width=3&height=3", b"1234", GREY),
        (413, "image-too-large", "width=65535&height=65535", b"1234", GREY),
        (413, "image-too-large", "width=4096&height=4097", b"1234", GREY),
        (422, "bad-query", "width=0&height=3", b"1234", GREY),
        (422, "unreadable-image", "", png()[:200], PNG),
        (422, "unreadable-image", "", b"not dicom", DICOM),
        (404, "not-found", "frame=1", CINE, DICOM),
        (422, "bad-query", "frame=-1", CINE, DICOM),
        (422, "spacing-conflict", "spacing_mm=0.3", CINE, DICOM),
        (422, "ambiguous-regions", "", TWO_REGIONS, DICOM),
    ],
)
def test_refusal(client: TestClient, status: int, code: str, query: str, body: bytes, headers: dict[str, str]) -> None:
    response = client.post(f"/v1/frames?{query}", content=body, headers=headers)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), problem
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:sonoplace:problem:{code}"
    assert problem["status"] == status
    assert problem["instance"] == "/v1/frames"
    assert problem["title"]
    assert problem["detail"]


def test_a_named_region_settles_the_ambiguity(client: TestClient) -> None:
    response = client.post("/v1/frames?region=0", content=TWO_REGIONS, headers=DICOM)
    assert response.json()["calibration"]["spacing_mm"] == [0.2, 0.2]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit(start_app: StartApp, *, chunked: bool) -> None:
    client = start_app(max_frame_mb=0.001, max_upload_mb=0.001)
    body = bytes(1500)
    for url in ("/v1/frames", "/v1/procedures"):
        response = client.post(url, content=iter([body[:800], body[800:]]) if chunked else body, headers=PNG)
        assert (response.status_code, response.json()["code"]) == (413, "payload-too-large")
        assert "0.001 MB" in response.json()["detail"]


def test_a_cine_over_the_limit_of_frames(start_app: StartApp) -> None:
    body = dicom([picture(), picture()])
    response = start_app(max_frames=1).post("/v1/frames", content=body, headers=DICOM)
    assert (response.status_code, response.json()["code"]) == (413, "image-too-large")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/page/nowhere.js", 404, "not-found"),
        ("DELETE", "/v1/frames", 405, "method-not-allowed"),
        ("GET", "/v1/procedures/unknown", 404, "not-found"),
        ("GET", "/v1/procedures/unknown/frames/0", 404, "not-found"),
        ("GET", "/v1/procedures/unknown/frames/0/overlay.png", 404, "not-found"),
        ("GET", "/v1/procedures/unknown/frames/x", 422, "bad-query"),
        ("GET", "/v1/procedures?limit=0", 422, "bad-query"),
        ("GET", "/v1/procedures?verdict=fine", 422, "bad-query"),
    ],
)
def test_refusals_of_the_router(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"


def test_refused_values_are_not_repeated(client: TestClient) -> None:
    response = client.post("/v1/frames?width=Featherstonehaugh", content=b"x", headers=GREY)
    assert "Featherstonehaugh" not in response.text
    assert response.json()["errors"][0]["where"] == "query.width"


def test_head_and_options(client: TestClient) -> None:
    head = client.head("/livez")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    options = client.options("/v1/frames")
    assert (options.status_code, options.headers["allow"]) == (204, "POST")
    assert client.options("/v1/procedures").headers["allow"] == "GET, HEAD, POST"
    assert client.delete("/v1/procedures").headers["allow"] == "GET, HEAD, POST"
    assert client.head("/v1/frames").status_code == 405


def test_unexpected_errors_tell_nothing(start_app: StartApp, capsys: pytest.CaptureFixture[str]) -> None:
    client = start_app()

    @client.app.get("/fails")
    async def fails() -> None:
        msg = "Featherstonehaugh"
        raise ValueError(msg)

    response = client.get("/fails", headers={"X-Request-ID": "request-0001"})
    assert (response.status_code, response.json()["code"]) == (500, "unexpected")
    logged = "".join(capsys.readouterr())
    assert "Featherstonehaugh" not in response.text + logged
    assert "ValueError" in logged
    assert "request-0001" in logged


def test_one_table_serves_sockets_too() -> None:
    app = FastAPI()
    problems.install(app)

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        raise (
            Busy(3) if await socket.receive_text() == "busy" else BadSpacing("spacing was 0: " + "expected more " * 20)
        )

    for message, code, reason in (("busy", 1013, "busy: 3 pieces"), ("other", 4422, "bad-spacing: spacing was 0")):
        with TestClient(app).websocket_connect("/live") as socket:
            socket.send_text(message)
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_text()
        assert closed.value.code == code
        assert closed.value.reason.startswith(reason)
        assert len(closed.value.reason.encode()) <= 123


def _descendants(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *itertools.chain.from_iterable(map(_descendants, kind.__subclasses__()))]


@pytest.mark.parametrize("kind", [*_descendants(ServiceError), *_descendants(ImagingError)])
def test_every_error_is_in_the_table(kind: type[Exception]) -> None:
    assert kind in OUTCOMES
    assert 400 <= outcome_of(kind).status < 600
    assert 1000 <= outcome_of(kind).close_code < 5000


def test_codes_are_distinct() -> None:
    codes = [kind.code for kind in OUTCOMES]
    assert len(set(codes)) == len(codes)
    assert code_of(ValueError()) == "unexpected"
    assert outcome_of(ValueError).status == 500
