"""Pages as a browser shows them: nothing blocked by their own policy, nothing asked of anybody, nothing cut off."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("matplotlib", reason="needs the extra report")
pytest.importorskip("scipy", reason="needs the extra report")
pytest.importorskip("pyarrow", reason="needs the extra audit")

from starlette.testclient import TestClient

from service.report.archive.page import dataset_page
from tests.service.browser import keep
from tests.service.report.made_archive import made_archive
from tests.service.report.test_procedure_page import cine, taken_in

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_both_pages_as_files(client: TestClient, page: "Page", tmp_path: Path) -> None:
    made_archive(tmp_path / "made")
    pages = {
        "procedure": client.get(f"{taken_in(client, cine())}/report.html").text,
        "archive": dataset_page(tmp_path / "made"),
    }
    for name, html in pages.items():
        (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
        page.goto((tmp_path / f"{name}.html").as_uri())
        page.wait_for_selector("h1")
        asked = "performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length"
        assert page.evaluate(asked) == 0
        ground = page.locator(".banner").evaluate("banner => getComputedStyle(banner).backgroundColor")
        assert ground == "rgb(27, 31, 36)"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        heights = page.locator("figure svg").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
        assert all(height > 40 for height in heights)
        keep(page, name, tmp_path)
