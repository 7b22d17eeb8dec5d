"""What the page's answers say about what it may do, and what of it is sent."""

import pytest
from starlette.testclient import TestClient

from service.routes.page import VIEWS

_ADDRESSES = [view.replace("{procedure_id}", "0" * 32) for view in VIEWS]


def policy_of(client: TestClient, address: str) -> dict[str, list[str]]:
    """Directives of the content security policy of an address."""
    header = client.get(address).headers["content-security-policy"]
    return {name: sources for name, *sources in (directive.split() for directive in header.split(";"))}


@pytest.mark.parametrize("address", _ADDRESSES)
def test_every_view_is_the_page_under_a_strict_policy(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert "camera=(self)" in answer.headers["permissions-policy"]
    policy = policy_of(client, address)
    assert policy["default-src"] == ["'none'"]
    assert {source for sources in policy.values() for source in sources} <= {"'none'", "'self'", "blob:"}
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == ["'none'"]


def test_built_files_are_kept_and_under_the_same_policy(client: TestClient) -> None:
    page = client.get("/").text
    script = page.split('src="')[1].split('"')[0]
    answer = client.get(script)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert policy_of(client, script) == policy_of(client, "/")
    assert "<script>" not in page
    assert "style=" not in page
