"""What the OpenAPI document says about access: how to sign in, and which roles may ask each operation."""

from typing import Any

from fastapi import FastAPI

from service.access.sessions import PLAIN_NAME
from service.access.table import RULES, Rule

_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "a key of access (`sonoplace keys create`), or a token of the site's identity provider",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": PLAIN_NAME,
        "description": "a session of the page, begun with `POST /v1/session`; a change needs its Origin too",
    },
}


def document_access(app: FastAPI) -> None:
    """Let the application's document tell about access."""
    plain = app.openapi
    app.openapi = lambda: with_access(plain())  # type: ignore[method-assign] # FastAPI's own way to extend it


def with_access(document: dict[str, Any]) -> dict[str, Any]:
    """Document with what the table says about each operation; the document itself is completed."""
    document.setdefault("components", {})["securitySchemes"] = _SCHEMES
    rules = {(rule.method, rule.path): rule for rule in RULES}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _describe(operation, rules.get((method.upper(), path), Rule(method, path, frozenset())))
    return document


def _describe(operation: dict[str, Any], rule: Rule) -> None:
    is_open = rule.roles is None
    operation["security"] = [] if is_open else [{name: []} for name in _SCHEMES]
    operation["x-roles"] = ["everyone"] if is_open else sorted(rule.needed)
