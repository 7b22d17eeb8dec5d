"""The page of an archive: counts that agree with the rows, and what it must say beside them."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

pytest.importorskip("pyarrow", reason="needs the extra audit")
pytest.importorskip("scipy", reason="needs the extra report")
pytest.importorskip("matplotlib", reason="needs the extra report")

from service.cli import app
from service.errors import BadQuery
from service.report.archive.columns import of_dataset
from service.report.archive.counting import Addresses, count
from service.report.archive.figures import figures
from service.report.archive.page import dataset_page, write_dataset_page
from tests.service.pictures import BELOW, INSIDE, dicom, picture
from tests.service.report.made_archive import hmac, made_archive
from tests.service.report.test_procedure_page import RECORD, Page, taken_in


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    out = tmp_path_factory.mktemp("made") / "out"
    return out, made_archive(out)


@pytest.fixture(scope="module")
def html(made: tuple[Path, list[dict[str, Any]]]) -> str:
    return dataset_page(made[0])


class TestCounts:
    def test_shares_are_those_of_the_rows(self, made: tuple[Path, list[dict[str, Any]]]) -> None:
        out, rows = made
        verdicts = Counter(row["verdict"] for row in rows)
        decided = verdicts["confirmed"] + verdicts["probable"] + verdicts["extra_articular"]
        said = figures(count(of_dataset(out), Addresses()))
        assert said["headline"][0]["note"].startswith(f"{verdicts['extra_articular']} of {decided},")
        assert said["headline"][1]["note"].startswith(f"{len(rows) - decided} of {len(rows)},")
        assert (said["procedures"], said["files_failed"]) == (360, 6)

    def test_the_operator_who_misses_stands_out_and_no_other(self, made: tuple[Path, list[dict[str, Any]]]) -> None:
        said = figures(count(of_dataset(made[0]), Addresses()))
        outside = [row["name"] for row in said["groups"][0]["rows"] if row["outside"]]
        assert outside == [hmac("operator 0")[:10]] == said["cusum"]["alarmed"]

    def test_drift_is_found_where_it_is(self, made: tuple[Path, list[dict[str, Any]]]) -> None:
        rows = figures(count(of_dataset(made[0]), Addresses()))["drift"]["rows"]
        moved = {row["label"]: row["level"] for row in rows if row["level"] != "none"}
        assert moved == {"mean grey level": "large"}

    def test_misses_are_listed_before_the_undecided(self, made: tuple[Path, list[dict[str, Any]]]) -> None:
        out, rows = made
        listed = [line["id"] for line in figures(count(of_dataset(out), Addresses()))["listed"]["rows"]]
        verdict = {row["procedure_id"]: row["verdict"] for row in rows}
        kinds = [verdict[name] for name in listed]
        assert kinds == sorted(kinds)
        assert Counter(kinds) == {
            kind: n for kind, n in Counter(verdict.values()).items() if kind in ("extra_articular", "indeterminate")
        }


class TestPage:
    def test_says_that_it_is_no_accuracy(self, html: str) -> None:
        text = Page(html).text
        assert "About 4 in 100 guided injections miss" in text
        assert "Placement is not shown to predict outcome" in text
        assert "sensitivity" in text
        assert "Research and quality use. Not for diagnosis." in text
        assert not re.search(r"accuracy (of|is) \d", text)

    def test_stands_alone(self, html: str) -> None:
        page = Page(html)
        assert not page.tags & {"script", "link", "iframe", "object", "form", "base"}
        assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
        assert all(value.startswith("#") for name, value in page.attributes if name in ("src", "href", "xlink:href"))

    def test_plots_do_not_share_ids(self, html: str) -> None:
        used = re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', html)
        defined = Counter(re.findall(r'\bid="([^"]+)"', html))
        assert used
        assert all(defined[name] == 1 for name in used)

    def test_the_same_tables_give_the_same_page(self, made: tuple[Path, list[dict[str, Any]]], html: str) -> None:
        assert dataset_page(made[0]) == html

    def test_a_small_archive_has_a_page_too(self, tmp_path: Path) -> None:
        made_archive(tmp_path / "small", count=3)
        assert "Fewer than 30 procedures" in dataset_page(tmp_path / "small")

    def test_an_empty_one_says_so(self, tmp_path: Path) -> None:
        made_archive(tmp_path / "empty", count=0)
        assert write_dataset_page(tmp_path / "empty").name == "report.html"
        assert "nothing to count" in (tmp_path / "empty" / "report.html").read_text()

    def test_another_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadQuery, match="expected the folder that sonoplace audit wrote"):
            dataset_page(tmp_path)


class TestStore:
    def test_everything_answered_with_links(self, client: TestClient) -> None:
        miss = taken_in(client, dicom([picture(None), *[picture(BELOW)] * 5]))
        taken_in(client, dicom([picture(None), *[picture(INSIDE)] * 5]))
        client.put(f"{miss}/record", json=RECORD)
        answer = client.get("/v1/report.html")
        assert answer.status_code == 200, answer.text
        assert f'href="{miss}/report.html"' in answer.text
        assert "1 of 2, 95 % interval" in answer.text
        assert "OP-7" in answer.text
        assert client.get(f"{miss}/report.html").status_code == 200

    def test_an_empty_store_has_a_page(self, client: TestClient) -> None:
        assert "nothing to count" in client.get("/v1/report.html").text


class TestCommand:
    @pytest.fixture(autouse=True)
    def own_data(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))

    def run(self, *arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["report", *(str(argument) for argument in arguments)])
        return result.exit_code, result.output

    def test_of_an_audit(self, made: tuple[Path, list[dict[str, Any]]], html: str, tmp_path: Path) -> None:
        assert self.run(made[0], "--out", tmp_path / "page.html")[0] == 0
        assert (tmp_path / "page.html").read_text(encoding="utf-8") == html

    def test_of_the_store(self, tmp_path: Path) -> None:
        assert self.run("--out", tmp_path / "page.html")[0] == 0
        assert "nothing to count" in (tmp_path / "page.html").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--out", "page.txt"), "expected .html or .pdf"),
            ((".", "--out", "page.pdf"), "expected --out to end in .html"),
            ((".", "--out", "page.html"), "expected the folder that sonoplace audit wrote"),
            (("nothing", "--out", "page.html"), "no procedure of this id"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_a_line(self, arguments: tuple[str, ...], said: str) -> None:
        code, output = self.run(*arguments)
        assert (code, said in output) == (2, True), output
