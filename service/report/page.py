"""Templates filled in: pages that ask nothing of any other host and run nothing."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")
BANNER = "Research and quality use. Not for diagnosis."


def page(template: str, facts: Mapping[str, Any]) -> str:
    """Page from a template and plain values, every one of them escaped but `Markup`."""
    own = {"banner": BANNER, "style": trusted(_style()), "policy": content_policy()}
    return _environment().get_template(template).render({**facts, **own})


def trusted(markup: str) -> Markup:
    """Markup of our own making, which a template leaves as it is: plots, overlays, the style sheet."""
    return Markup(markup)  # noqa: S704 - the one door; values of people and files go through the template's escaping


@cache
def content_policy() -> str:
    """Policy that a page carries and is served under: its one style sheet and pictures inside of it, nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return (TEMPLATES / "page.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
