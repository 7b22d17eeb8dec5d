"""What is counted in an archive of a few rows, each of which one can see; and what its page says of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="needs the extra audit")
pytest.importorskip("scipy", reason="needs the extra report")
pytest.importorskip("matplotlib", reason="needs the extra report")

from service.report.archive.addresses import Addresses
from service.report.archive.columns import of_dataset
from service.report.archive.counting import count
from service.report.archive.page import dataset_page
from service.wire.archive import ArchiveFigures
from tests.service.report.made_archive import procedure, write_tables
from tests.service.report.test_procedure_page import Page

HIT: dict[str, Any] = procedure(np.random.default_rng(1), 0, 1) | {"reasons": [], "tissue": None, "sop_hmac": None}


def row(at: int, verdict: str, **said: Any) -> dict[str, Any]:
    return HIT | {"procedure_id": f"{at:032x}", "verdict": verdict} | said


def counted(out: Path, rows: list[dict[str, Any]]) -> ArchiveFigures:
    write_tables(out, rows, [])
    return count(of_dataset(out), Addresses())


def told(out: Path) -> str:
    return " ".join(Page(dataset_page(out)).text.split())


def test_one_miss_of_one_is_not_beyond_the_limits(tmp_path: Path) -> None:
    """One of 25 missed: to the newcomer who made it, that happens by chance in 4 of 100 cases."""
    others = [row(at, "confirmed", operator_hmac="often") for at in range(24)]
    figures = counted(tmp_path, [*others, row(24, "extra_articular", operator_hmac="once")])
    assert figures.outside.share == 0.04
    assert [(group.code, group.beyond) for group in figures.operators.groups] == [("often", False), ("once", False)]


def test_many_misses_of_few_are_beyond_the_limits(tmp_path: Path) -> None:
    others = [row(at, "confirmed", operator_hmac="often") for at in range(97)]
    misses = [row(at, "extra_articular", operator_hmac="seldom") for at in range(97, 100)]
    figures = counted(tmp_path, [*others, *misses])
    assert [group.code for group in figures.operators.groups if group.beyond] == ["seldom"]
    assert "chance alone puts at most 1 in 500 there" in told(tmp_path)


def test_images_that_are_there_twice_are_told_and_counted(tmp_path: Path) -> None:
    images = ["a", "a", "b", "a", None, None]
    figures = counted(tmp_path, [row(at, "confirmed", sop_hmac=image) for at, image in enumerate(images)])
    assert (figures.procedures, figures.outside.n, figures.quality.repeated) == (6, 6, 2)
    assert "repeat the image of another one, by its SOP Instance UID: 2 of 6. They are counted" in told(tmp_path)


def test_sites_without_decided_procedures_are_not_called_unknown(tmp_path: Path) -> None:
    rows = [row(0, "confirmed", site_hmac="s1"), row(1, "not_assessed", site_hmac="s2")]
    figures = counted(tmp_path / "two", rows)
    text = told(tmp_path / "two")
    assert [group.code for group in figures.sites.groups] == ["s1", "s2"]
    assert "Fewer than two have a decided procedure" in text
    assert "None is known." not in text
    counted(tmp_path / "none", [one | {"site_hmac": None} for one in rows])
    assert "None is known." in told(tmp_path / "none")


def test_dates_of_mixed_precision_are_counted_by_the_least_exact(tmp_path: Path) -> None:
    dates = ["2026-03", "2026-03-05", "2026-03-06", "2026-04-01", None]
    verdicts = ["confirmed", "extra_articular", "not_assessed", "confirmed", "confirmed"]
    rows = [row(at, verdict, study_date=date) for at, (verdict, date) in enumerate(zip(verdicts, dates, strict=True))]
    figures = counted(tmp_path, rows)
    said = [(one.date, one.outside.hits, one.outside.n, one.withheld.hits, one.withheld.n) for one in figures.periods]
    assert said == [("2026-03", 1, 2, 1, 3), ("2026-04", 0, 1, 0, 1)]
