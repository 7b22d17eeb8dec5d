"""The page of an archive: counts that agree with the rows, and what it must say beside them."""

import re
import shutil
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
from service.report.archive.addresses import Addresses
from service.report.archive.columns import of_dataset
from service.report.archive.counting import count
from service.report.archive.figures import drift_in_words
from service.report.archive.page import dataset_page, write_dataset_page
from service.report.archive.periods import Span
from service.report.archive.wishes import Wishes, archive_wishes
from service.wire.archive import ArchiveFigures
from tests.service.pictures import BELOW, EQUIPMENT, INSIDE, dicom, picture
from tests.service.report.made_archive import hmac, made_archive
from tests.service.report.test_procedure_page import RECORD, Page, taken_in


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    out = tmp_path_factory.mktemp("made") / "out"
    return out, made_archive(out)


@pytest.fixture(scope="module")
def html(made: tuple[Path, list[dict[str, Any]]]) -> str:
    return dataset_page(made[0])


@pytest.fixture(scope="module")
def counted(made: tuple[Path, list[dict[str, Any]]]) -> ArchiveFigures:
    return count(of_dataset(made[0]), Addresses())


class TestCounts:
    def test_shares_are_those_of_the_rows(
        self, made: tuple[Path, list[dict[str, Any]]], counted: ArchiveFigures, html: str
    ) -> None:
        rows = made[1]
        verdicts = Counter(row["verdict"] for row in rows)
        decided = verdicts["confirmed"] + verdicts["probable"] + verdicts["extra_articular"]
        assert (counted.outside.hits, counted.outside.n) == (verdicts["extra_articular"], decided)
        assert (counted.withheld.hits, counted.withheld.n) == (len(rows) - decided, len(rows))
        assert (counted.procedures, sum(one.count for one in counted.quality.failures)) == (360, 6)
        text = Page(html).text
        assert f"{verdicts['extra_articular']} of {decided}, 95 % interval" in text
        assert f"{len(rows) - decided} of {len(rows)}, 95 % interval" in text

    def test_the_operator_who_misses_stands_out_and_no_other(self, counted: ArchiveFigures, html: str) -> None:
        beyond = [group.code for group in counted.operators.groups if group.beyond]
        alarmed = [curve.operator for curve in counted.cusum.curves if curve.alarms]
        assert beyond == alarmed == [hmac("operator 0")]
        assert f"◆ {hmac('operator 0')[:10]}" in Page(html).text

    def test_limits_are_on_either_side_of_the_share(self, counted: ArchiveFigures) -> None:
        limits, share = counted.operators.limits, counted.outside.share
        assert limits is not None
        assert share is not None
        for low_998, low_95, high_95, high_998 in zip(
            limits.low_998, limits.low_95, limits.high_95, limits.high_998, strict=True
        ):
            assert low_998 <= low_95 <= share <= high_95 <= high_998

    def test_histograms_hold_every_known_value(
        self, made: tuple[Path, list[dict[str, Any]]], counted: ArchiveFigures
    ) -> None:
        for one in counted.histograms:
            assert len(one.edges) == len(one.counts) + 1
            assert sum(one.counts) == one.n == sum(row[one.name] is not None for row in made[1])

    def test_drift_is_found_where_it_is(self, counted: ArchiveFigures, html: str) -> None:
        moved = {row.name: row.level for row in counted.drift.rows if row.level != "none"}
        assert moved == {"grey_mean": "large"}
        assert "▲ large" in Page(html).text

    def test_misses_are_listed_before_the_undecided(
        self, made: tuple[Path, list[dict[str, Any]]], counted: ArchiveFigures
    ) -> None:
        verdict = {row["procedure_id"]: row["verdict"] for row in made[1]}
        kinds = [verdict[line.id] for line in counted.looked_at]
        assert kinds == sorted(kinds) == [line.verdict for line in counted.looked_at]
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


class TestWishes:
    def test_drift_is_told_against_the_period_that_is_wished(self, made: tuple[Path, list[dict[str, Any]]]) -> None:
        """Pictures are brighter from 2025 on: against a reference that lies there, nothing has moved."""
        out, rows = made
        columns = of_dataset(out)
        later = count(columns, Addresses(), Span("2025-01", "2025-06")).drift
        assert {row.level for row in later.rows} == {"none"}
        assert later.reference is not None
        assert later.present is not None
        assert (later.reference.first, later.reference.last) == ("2025-01", "2025-06")
        assert later.reference.procedures == sum("2025-01" <= row["study_date"] <= "2025-06" for row in rows)
        assert later.present.first == "2025-07"
        whole_year = count(columns, Addresses(), Span("2024", "2024")).drift
        assert {row.name for row in whole_year.rows if row.level == "large"} == {"grey_mean"}

    def test_a_period_with_too_few_has_no_rows(self, made: tuple[Path, list[dict[str, Any]]]) -> None:
        drift = count(of_dataset(made[0]), Addresses(), Span(None, "2024-01")).drift
        assert drift.rows == []
        assert drift.reference is not None
        assert "Fewer than 30 procedures lie within" in drift_in_words(drift)["why_not"]
        never = count(of_dataset(made[0]), Addresses(), Span("1999", "2000")).drift
        assert "No procedure is dated in the reference" in drift_in_words(never)["why_not"]

    def test_procedures_are_linked_to_on_a_server(self, made: tuple[Path, list[dict[str, Any]]]) -> None:
        out, rows = made
        page = Page(dataset_page(out, Wishes(server="https://knee.example/sono/")))
        missed = next(row for row in rows if row["verdict"] == "extra_articular")
        links = [value for name, value in page.attributes if name == "href" and not value.startswith("#")]
        assert f"https://knee.example/sono/v1/procedures/{missed['service_id']}/report.html" in links
        assert f"https://knee.example/sono/procedures/{missed['service_id']}" in links
        unknown = [row for row in rows if row["verdict"] == "extra_articular" and row["service_id"] is None]
        assert unknown
        assert not any("None" in link for link in links)

    @pytest.mark.parametrize(
        ("first", "last", "server", "said"),
        [
            ("2026-13", None, None, "cannot be"),
            ("2026-02", "2025", None, "ends before it begins"),
            (None, None, "knee.example", "expected http"),
            (None, None, "javascript:alert(1)", "expected http"),
        ],
    )
    def test_what_cannot_be_wished(self, first: str | None, last: str | None, server: str | None, said: str) -> None:
        with pytest.raises(BadQuery, match=said):
            archive_wishes(first, last, server)

    def test_tables_of_schema_version_1_are_read(self, made: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
        import pyarrow.parquet as pq

        old = tmp_path / "old"
        shutil.copytree(made[0], old)
        (part,) = (old / "procedures").iterdir()
        pq.write_table(pq.read_table(part).drop_columns(["service_id"]), part)
        columns = of_dataset(old)
        assert len(columns) == 360
        assert set(columns.service_ids.tolist()) == {""}


class TestFigures:
    """Over HTTP, from the store."""

    def test_are_those_of_the_page(self, client: TestClient) -> None:
        miss = taken_in(client, dicom([picture(None), *[picture(BELOW)] * 5], **EQUIPMENT))
        taken_in(client, dicom([picture(None), *[picture(INSIDE)] * 5]))
        taken_in(client, dicom([picture(None)]))
        client.put(f"{miss}/record", json=RECORD)
        said = ArchiveFigures.model_validate(client.get("/v1/archive/figures").json())
        assert (said.procedures, said.outside.hits, said.outside.n, said.withheld.hits) == (3, 1, 2, 1)
        assert said.outside.low is not None
        assert {one.verdict: one.of_all.hits for one in said.verdicts if one.of_all.hits} == {
            "probable": 1, "extra_articular": 1, "not_assessed": 1
        }  # fmt: skip
        assert [(one.code, one.count) for one in said.tissues] == [("prefemoral_fat", 1)]
        assert [(one.code, one.count) for one in said.reasons] == [("NO_NEEDLE", 1)]
        assert [(group.code, group.outside.hits) for group in said.operators.groups] == [("OP-7", 1)]
        assert [(one.scanner, one.procedures) for one in said.quality.scanners] == [("LOGIQ e", 1)]
        assert said.quality.repeated == 2, "all three say that they are the same instance"
        assert said.looked_at[0].report == f"{miss}/report.html"
        assert said.looked_at[0].page == miss.removeprefix("/v1")
        assert {one.name for one in said.histograms} == {"signed_distance_mm", "tip_visible_share"}
        assert said.drift.rows == []

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", 2),
            ("?operator=OP-7", 1),
            ("?site=SITE-2&verdict=extra_articular&injectate=platelet_rich_plasma", 1),
            ("?verdict=probable&operator=OP-7", 0),
            ("?from=2024&to=2024-06", 1),
            ("?from=2024-07", 1),
            ("?to=2023", 0),
        ],
    )
    def test_are_filtered(self, client: TestClient, query: str, found: int) -> None:
        miss = taken_in(client, dicom([picture(None), *[picture(BELOW)] * 5]))
        taken_in(client, dicom([picture(None), *[picture(INSIDE)] * 5]))
        client.put(f"{miss}/record", json=RECORD | {"performed_on": "2024-05"})
        assert client.get(f"/v1/archive/figures{query}").json()["procedures"] == found

    def test_an_empty_archive_has_figures_too(self, client: TestClient) -> None:
        said = ArchiveFigures.model_validate(client.get("/v1/archive/figures").json())
        assert (said.procedures, said.outside.share, said.periods, said.operators.limits) == (0, None, [], None)

    def test_a_period_that_cannot_be_is_refused(self, client: TestClient) -> None:
        for query in ("from=2024&to=2023", "from=tuesday", "reference_from=2025&reference_to=2024"):
            assert client.get(f"/v1/archive/figures?{query}").status_code == 422, query


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

    def test_with_wishes(self, made: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
        wished = ("--reference-from", "2025-01", "--reference-to", "2025-06", "--server", "https://knee.example")
        assert self.run(made[0], "--out", tmp_path / "page.html", *wished)[0] == 0
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert "Reference: 2025-01 to 2025-06:" in page
        assert 'href="https://knee.example/v1/procedures/' in page

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
            (("--out", "page.html", "--server", "knee"), "expected http"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_a_line(self, arguments: tuple[str, ...], said: str) -> None:
        code, output = self.run(*arguments)
        assert (code, said in output) == (2, True), output
