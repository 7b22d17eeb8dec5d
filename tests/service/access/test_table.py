"""No route is open by accident: every way into the application stands in the table, and is guarded as it says."""

import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from service.access.matching import RouteTable
from service.access.roles import Role
from service.access.table import RULES, SOCKET
from service.app import create_app
from service.settings import Settings
from tests.service.access.conftest import Make, bearer
from tests.service.access.walking import PROCEDURE, sample, ways_in

OPEN = {
    ("GET", "/"),
    ("GET", "/live"),
    ("GET", "/procedures/{procedure_id}"),
    ("GET", "/procedures/{procedure_id}/record"),
    ("GET", "/compare"),
    ("GET", "/archive"),
    ("GET", "/try"),
    ("GET", "/page/sample.dcm"),
    ("GET", "/page/{path:path}"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
}
"""All that anybody may ask. Adding to it is a decision, so it stands here a second time."""
WAYS = sorted(ways_in(create_app(Settings())))


def test_every_way_in_stands_in_the_table_and_every_row_leads_somewhere() -> None:
    rows = [(rule.method, rule.path) for rule in RULES]
    assert sorted(rows) == WAYS
    assert len(set(rows)) == len(rows)


def test_the_document_names_nothing_that_the_table_does_not() -> None:
    document = create_app(Settings()).openapi()
    named = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    rules = {(rule.method, rule.path): rule for rule in RULES}
    assert named <= rules.keys()
    assert len(named) > 30
    for method, path in named:
        said, rule = document["paths"][path][method.lower()], rules[method, path]
        assert said["x-roles"] == (["everyone"] if rule.roles is None else sorted(rule.needed))
        assert said["security"] == ([] if rule.roles is None else [{"bearer": []}, {"session": []}])


def test_open_routes_are_these() -> None:
    assert {(rule.method, rule.path) for rule in RULES if rule.roles is None} == OPEN


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_the_table_finds_the_row_of_the_route_that_answers(method: str, path: str) -> None:
    matched = RouteTable().match(method, sample(path))
    assert matched is not None
    assert (matched.rule.method, matched.rule.path) == (method, path)
    assert matched.procedure_id == (PROCEDURE if "{procedure_id}" in path else None)


def test_a_procedure_is_named_only_by_an_identifier_of_ours() -> None:
    matched = RouteTable().match("GET", "/v1/procedures/SMITH^JOHN")
    assert matched is not None
    assert matched.procedure_id is None


@pytest.mark.parametrize("path", ["//v1/procedures", "/v1/procedures/", "/V1/procedures", "/page", "/nowhere", ""])
def test_what_stands_nowhere_matches_nothing(path: str) -> None:
    assert RouteTable().match("GET", path) is None


def test_a_stranger_gets_into_nothing_that_is_not_open(guarded: TestClient) -> None:
    for method, path in WAYS:
        if (method, path) in OPEN:
            continue
        if method == SOCKET:
            with guarded.websocket_connect(sample(path)) as socket:
                assert socket.receive_json()["problem"]["code"] in ("unauthenticated", "too-many-requests")
        else:
            answer = guarded.request(method, sample(path))
            assert answer.status_code in (401, 429), (method, path)  # too many tries count as refused, too
    for path in ("/nowhere", "/v1/procedures/", "/docs", "/redoc", "/page"):
        assert guarded.get(path, follow_redirects=False).status_code in (401, 429), path


def test_a_stranger_sees_the_page_and_the_probes(guarded: TestClient) -> None:
    for path in ("/livez", "/", "/live", f"/procedures/{PROCEDURE}"):
        assert guarded.get(path).status_code == 200, path
    assert guarded.get("/page/nowhere.js").status_code == 404
    for path in ("/page/../v1/procedures", "/page/%2e%2e/v1/procedures", "/page//etc/passwd"):
        assert guarded.get(path).status_code in (401, 404), path


ROWS = [(rule, role) for rule in RULES if rule.roles is not None for role in Role]


@pytest.fixture(scope="module")
def expected() -> dict[tuple[str, str], str]:
    """Who may ask what, by first letters, written down a second time: a slip in the table is seen here."""
    text = """
    War GET /v1/session /v1/procedures PROCEDURE PROCEDURE/frames/{index} PROCEDURE/frames/{index}/overlay.svg
    War GET PROCEDURE/frames/{index}/overlay.png PROCEDURE/frames/{index}/picture.png PROCEDURE/course
    War GET PROCEDURE/events PROCEDURE/live PROCEDURE/report.html PROCEDURE/report.pdf PROCEDURE/results/{kind}.dcm
    War GET PROCEDURE/record PROCEDURE/follow-ups /v1/model /v1/models /openapi.json /docs
    War POST /v1/session
    War DELETE /v1/session
    W-r POST /v1/frames /v1/procedures PROCEDURE/follow-ups
    W-r PUT PROCEDURE/record
    W-- POST /dicom-web/studies /dicom-web/studies/{study_uid}
    W-- WEBSOCKET /v1/live
    --r POST PROCEDURE/reviews PROCEDURE/comparisons
    -ar GET PROCEDURE/reviews PROCEDURE/history PROCEDURE/comparisons/{model}
    -ar GET PROCEDURE/comparisons/{model}/frames/{index} PROCEDURE/comparisons/{model}/frames/{index}/overlay.svg
    -ar GET PROCEDURE/export.csv PROCEDURE/export.parquet PROCEDURE/export.fhir.json /v1/exports/procedures.csv
    -ar GET /v1/exports/procedures.parquet /v1/exports/procedures.fhir.json /v1/report.html /v1/outcomes /v1/agreement
    -ar GET /v1/archive/figures PROCEDURE/labels.zip /v1/exports/labels.zip
    -a- GET /metrics /v1/pushes
    -a- POST /v1/verify
    --- POST /v1/pushes/{procedure_id}/retry /v1/model
    """
    rows = {}
    for line in text.strip().splitlines():
        who, method, *paths = line.split()
        for path in paths:
            rows[method, re.sub("^PROCEDURE", "/v1/procedures/{procedure_id}", path)] = who
    return rows


LETTERS = {Role.WORKSTATION: "W", Role.AUDITOR: "a", Role.REVIEWER: "r"}


def test_roles_of_each_row(expected: dict[tuple[str, str], str]) -> None:
    for rule, role in ROWS:
        may = role is Role.ADMIN or LETTERS[role] in expected[rule.method, rule.path]
        assert (role in rule.needed) is may, (rule, role)


def test_roles_are_enforced_as_the_table_says(guarded: TestClient, make: Make) -> None:
    keys = {role: make(role) for role in Role}
    for rule, role in ROWS:
        if role in rule.needed or rule.method == SOCKET:
            continue
        answer = guarded.request(rule.method, sample(rule.path), headers=bearer(keys[role]))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (role, rule)
        assert all(needed in answer.json()["detail"] for needed in rule.needed)
        assert "insufficient_scope" in answer.headers["www-authenticate"]


def test_whoever_may_ask_is_answered(guarded: TestClient, make: Make) -> None:
    keys = {role: make(role) for role in Role}
    for role, method, path, status in (
        (Role.WORKSTATION, "GET", "/v1/procedures", 200),
        (Role.WORKSTATION, "POST", "/dicom-web/studies", 415),
        (Role.WORKSTATION, "POST", "/v1/frames", 415),
        (Role.REVIEWER, "GET", "/v1/procedures/unknown", 404),
        (Role.REVIEWER, "PUT", "/v1/procedures/unknown/record", 422),
        (Role.AUDITOR, "GET", "/metrics", 200),
        (Role.AUDITOR, "POST", "/v1/verify", 200),
        (Role.ADMIN, "POST", "/v1/pushes/unknown/retry", 404),
        (Role.ADMIN, "GET", "/metrics", 200),
        (Role.ADMIN, "GET", "/nowhere", 404),
        (Role.ADMIN, "DELETE", "/v1/procedures", 405),
    ):
        assert guarded.request(method, path, headers=bearer(keys[role])).status_code == status, (role, path)


def test_what_is_not_in_the_table_is_for_an_administrator_alone(guarded: TestClient, make: Make) -> None:
    app = guarded.app
    assert isinstance(app, FastAPI)
    three, admin = make("auditor", "reviewer", "workstation"), make("admin")

    @app.get("/forgotten")
    def forgotten() -> str:
        return "secret"

    assert guarded.get("/forgotten").status_code == 401
    assert guarded.get("/forgotten", headers=bearer(three)).status_code == 404
    assert guarded.get("/forgotten", headers=bearer(admin)).text == '"secret"'
