"""Examples of the API: each is run as it is written on the page, by curl, by Python and as JavaScript."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.client.client import Client
from tests.service.browser import grave_findings, keep
from tests.service.pictures import INSIDE, dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_PNG = b"\x89PNG"
_SAYS = {
    "model": "identity",
    "frame": "placement",
    "procedure": "links",
    "list": "procedures",
    "course": "p_inside",
    "figures": "verdicts",
}
"""What the JSON of an example holds among other things."""


@pytest.fixture
def examples(server_process: str, page: Page) -> dict[str, dict[str, str]]:
    """Texts of the page by example and language, against a server with a procedure."""
    with Client(server_process) as client:
        client.upload(dicom([picture(INSIDE)]))
    page.goto(f"{server_process}/try")
    expect(page.locator("[data-example=stored] button").first).to_be_enabled()
    shown: dict[str, dict[str, str]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('[data-example]')].map((part) => [
          part.dataset.example,
          Object.fromEntries(
            [...part.querySelectorAll("[data-language]")].map((code) => [code.dataset.language, code.textContent])),
        ]))"""
    )
    return shown


def _checked(example: str, said: str, folder: Path) -> None:
    """Fail unless an example said or left what it promises."""
    if example == "sample":
        assert (folder / "sample.dcm").read_bytes()[128:132] == b"DICM"
    elif example == "overlay":
        assert (folder / "overlay.png").read_bytes().startswith(_PNG)
    elif example == "stored":
        assert (folder / "frame.png").read_bytes().startswith(_PNG)
    else:
        assert _SAYS[example] in json.loads(said)


@pytest.mark.skipif(shutil.which("curl") is None, reason="Debian package curl is not installed")
def test_curl_does_what_is_written(examples: dict[str, dict[str, str]], tmp_path: Path) -> None:
    for example, texts in examples.items():
        command = ["/bin/sh", "-ec", texts["curl"]]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - the page's own text
        assert done.returncode == 0, (example, done.stdout, done.stderr)
        _checked(example, done.stdout, tmp_path)


def test_python_does_what_is_written(examples: dict[str, dict[str, str]], tmp_path: Path) -> None:
    for example, texts in examples.items():
        command = [sys.executable, "-I", "-c", texts["python"]]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - the page's own text
        assert done.returncode == 0, (example, done.stderr)
        _checked(example, done.stdout, tmp_path)


def test_javascript_does_what_is_written(examples: dict[str, dict[str, str]], page: Page) -> None:
    for example, texts in examples.items():
        with page.expect_console_message(timeout=60_000) as told:
            page.evaluate(f"async () => {{ {texts['javascript']} }}")
        values: list[Any] = [argument.json_value() for argument in told.value.args]
        assert _SAYS[example] in values[0] if example in _SAYS else values[1] > 1000, example


def test_buttons_show_the_real_answer(examples: dict[str, dict[str, str]], page: Page, tmp_path: Path) -> None:
    assert set(examples) == {"sample", "overlay", "stored", *_SAYS}
    for example in examples:
        part = page.locator(f"[data-example={example}]")
        part.get_by_role("button", name="Run").click()
        expect(part.locator(".answer-head strong")).to_contain_text("20", timeout=60_000)  # figures load SciPy first
        expect(part.locator(".answer-head strong")).to_have_attribute("data-ok", "true")
        if example in _SAYS:
            expect(part.locator(".answer pre")).to_contain_text(f'"{_SAYS[example]}"')
    expect(page.locator("[data-example=overlay] img")).to_be_visible()
    page.get_by_role("radio", name="Python").check()
    expect(page.locator("[data-example=model] [data-language=python]")).to_be_visible()
    assert page.url.endswith("/try?language=python")
    assert grave_findings(page) == []
    keep(page, "try", tmp_path)


def test_every_route_is_shown_without_another_host(server_process: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server_process}/docs")
    expect(page.locator(".opblock").nth(20)).to_be_visible(timeout=60_000)  # a megabyte of script
    page.locator("#operations-operation-model_v1_model_get").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status")).to_contain_text("200")
    keep(page, "docs", tmp_path)
