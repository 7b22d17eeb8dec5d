"""A query says what its route declares, each thing once; the document and the rule know the same names."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from service.http.queries import declared_by
from tests.service.conftest import StartApp
from tests.service.pictures import dicom, encoded, picture, png

PNG = {"Content-Type": "image/png"}


@pytest.fixture
def client(start_app: StartApp) -> TestClient:
    return start_app()


FRAME_QUERIES = (
    ("spacing_mm=0.0664&bmod=1,2,3,4", "unknown: 'bmod': expected bmode, frame, height, region, spacing_mm, width"),
    ("spacing_mm=0.2&spacing_mm=0.1", "said more than once: 'spacing_mm': expected bmode"),
    ("spacing%5Fmm=0.2&spacing_mm=0.1", "said more than once: 'spacing_mm': expected bmode"),
    ("Spacing_mm=0.2", "unknown: 'Spacing_mm'"),
    ("b&b=1&frame=0&frame=0", "unknown: 'b'; said more than once: 'b', 'frame': expected"),
    ("=1", "unknown: '': expected"),
    ("&".join(f"n{i}=" for i in range(7)), "'n0', 'n1', 'n2', 'n3', 'n4' and 2 more: expected"),
    ("x" * 500 + "=1", "'" + "x" * 40 + "': expected"),
)


def test_what_a_frame_s_query_may_not_say(client: TestClient) -> None:
    for query, told in FRAME_QUERIES:
        problem = client.post(f"/v1/frames?{query}", content=png(), headers=PNG).json()
        assert (problem["status"], problem["code"]) == (422, "bad-query"), query
        assert told in problem["detail"]


EACH_ITS_OWN = (
    ("GET", "/v1/model?verbose=1", 422),
    ("HEAD", "/v1/model?verbose=1", 422),
    ("GET", "/v1/procedures?limit=1&limit=2", 422),
    ("GET", "/v1/procedures?limit=1&_=1764", 422),
    ("GET", "/v1/procedures/unknown/report.html?reader=R1&x=1", 422),
    ("GET", "/v1/procedures/unknown/report.html?reader=R1", 404),
    ("GET", "/v1/agreement?readers=R1&readers=R2", 200),
    ("GET", "/v1/agreement?readers=R1&readers=R2&blinded=true&blinded=false", 422),
    ("GET", "/v1/procedures?", 200),
    ("GET", "/v1/procedures?&limit=%31&", 200),
    ("GET", "/v1/nothing?x=1", 404),
    ("DELETE", "/v1/frames?x=1", 405),
    ("GET", "/livez?probe=1", 200),
    ("GET", "/metrics?name[]=process&name[]=python", 200),
    ("GET", "/archive?tissue=bone", 200),
    ("GET", "/openapi.json?v=1", 200),
)


def test_each_route_and_its_own(client: TestClient) -> None:
    for method, path, status in EACH_ITS_OWN:
        assert client.request(method, path).status_code == status, (method, path)


def test_a_refused_query_counts_for_its_route(client: TestClient) -> None:
    client.get("/v1/model?verbose=1")
    assert 'route="/v1/model",status="422"' in client.get("/metrics").text


def test_a_live_session_is_told_by_its_messages_alone(client: TestClient) -> None:
    with client.websocket_connect("/v1/live?name=x&name=y") as line:
        line.send_text('{"type": "start"}')
        assert line.receive_json()["type"] == "started"


def routes_of(routes: Any) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes_of(route.original_router.routes)


def test_the_document_knows_the_same_names(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    said = {
        (method, path): {item["name"] for item in operation.get("parameters", ()) if item["in"] == "query"}
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    known = {
        (method.lower(), route.path): set(declared_by(route).names)
        for route in routes_of(client.app.routes)
        if route.include_in_schema
        for method in route.methods
    }
    assert known == said
    refusing = [
        operation["responses"].keys()
        for path, operations in document["paths"].items()
        if path.startswith("/v1/")
        for operation in operations.values()
    ]
    assert all("422" in statuses for statuses in refusing)


OF_ANOTHER_KIND = (
    ("/v1/frames?region=9", png(), "image/png", "region is for application/dicom: received image/png"),
    ("/v1/frames?width=9&height=9", png(), "image/png", "width and height are for application/octet-stream: received"),
    ("/v1/frames?height=9", dicom([picture()]), "application/dicom", "width and height are for"),
    ("/v1/frames?width=1&height=1&region=0", b"x", "application/octet-stream", "received application/octet-stream"),
    ("/v1/procedures?region=0", encoded(".jpg", picture()), "image/jpeg", "received image/jpeg"),
)


def test_what_is_said_of_another_kind_of_picture(client: TestClient) -> None:
    for path, body, kind, told in OF_ANOTHER_KIND:
        problem = client.post(path, content=body, headers={"Content-Type": kind}).json()
        assert (problem["status"], problem["code"]) == (422, "bad-query"), path
        assert told in problem["detail"]
