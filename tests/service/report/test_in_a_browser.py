"""Pages as a browser shows them: nothing blocked by their own policy, nothing asked of anybody, nothing cut off."""

from pathlib import Path

import pytest

from tests.service.browser import CHROMIUM, browser

pytest.importorskip("matplotlib", reason="needs the extra report")
pytest.importorskip("scipy", reason="needs the extra report")
pytest.importorskip("pyarrow", reason="needs the extra audit")

from starlette.testclient import TestClient

from service.report.archive.page import dataset_page
from tests.service.report.made_archive import made_archive
from tests.service.report.test_procedure_page import cine, taken_in

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")


def test_both_pages_as_files(client: TestClient, tmp_path: Path) -> None:
    made_archive(tmp_path / "made")
    pages = {
        "procedure": client.get(f"{taken_in(client, cine())}/report.html").text,
        "archive": dataset_page(tmp_path / "made"),
    }
    with browser(tmp_path / "profile") as page:
        for name, html in pages.items():
            (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
            page.open((tmp_path / f"{name}.html").as_uri())
            page.wait_for("document.readyState === 'complete' && !!document.querySelector('h1')")
            assert (
                page.evaluate(
                    "performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length"
                )
                == 0
            )
            assert (
                page.evaluate("getComputedStyle(document.querySelector('.banner')).backgroundColor")
                == "rgb(27, 31, 36)"
            )
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate(
                "[...document.querySelectorAll('figure svg')].every(e => e.getBoundingClientRect().height > 40)"
            )
            (tmp_path / f"{name}.png").write_bytes(page.screenshot())
