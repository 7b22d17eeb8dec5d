"""Reviews in a real browser: marks drawn over the answer, signed beside it, and a blinded second reader."""

import math
import re
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from models.evaluation.cases import folder_cases
from service.client.client import Client
from tests.service.browser import grave_findings, keep
from tests.service.live_server import live_server
from tests.service.pictures import BELOW, HEIGHT, INSIDE, WIDTH, dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page, Locator = sync_api.expect, sync_api.Page, sync_api.Locator

_FRAMES = [picture(tip) for tip in (None, INSIDE, INSIDE, BELOW)]
_FRAME = 2


@pytest.fixture
def procedure(tmp_path: Path) -> Iterator[str]:
    """Address of a procedure on a server of its own."""
    with live_server(tmp_path / "data", "workers=1") as address:
        with Client(address) as client:
            stored = client.upload(dicom(_FRAMES, frame_time_ms=100.0))
        yield f"{address}/procedures/{stored.id}"


def asked(page: Page, procedure: str, path: str) -> Any:
    """Answer of the service."""
    answer = page.request.get(procedure.replace("/procedures/", "/v1/procedures/") + path)
    assert answer.ok
    return answer.json()


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Position on the screen of the centre of a pixel of the picture."""
    box = page.locator("#picture").bounding_box()
    assert box is not None
    return box["x"] + (x + 0.5) / WIDTH * box["width"], box["y"] + (y + 0.5) / HEIGHT * box["height"]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag from one pixel of the picture to another."""
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=3)
    page.mouse.up()


def choose(page: Page, group: str, value: str) -> None:
    page.locator(f"#{group} input[value={value}]").check()


def sign(page: Page, tmp_path: Path, name: str) -> None:
    page.locator("#to-sign").click()
    expect(page.locator("dialog.sign")).to_be_visible()
    keep(page, name, tmp_path)
    assert grave_findings(page) == []
    page.locator("#sign-confirm").click()
    expect(page.locator(".done")).to_contain_text("Signed and stored")


def test_marks_are_drawn_signed_and_read_again_blinded(procedure: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{procedure}?frame={_FRAME + 1}&panel=review")
    expect(page.locator("#overlay svg")).to_be_attached()
    before = asked(page, procedure, f"/frames/{_FRAME}")
    tip = before["needle"]["tip_px"]
    correct_what_the_model_says(page, tip)
    keep(page, "review", tmp_path)
    expect(page.locator("#missing")).to_contain_text("your reader code; agree, disagree or cannot tell")
    expect(page.locator("#to-sign")).to_be_disabled()
    page.locator("#reader-code").fill("qa-2")
    page.locator("#reader-role").select_option("quality_lead")
    page.locator("#review h2").click()
    page.keyboard.press("2")
    page.locator("#review-reason").select_option("tip_misplaced")
    choose(page, "verdict-choices", "outside")
    sign(page, tmp_path, "sign")
    (review,) = asked(page, procedure, "/reviews")["reviews"]
    said = review["review"]
    assert (said["reviewer"], said["role"], said["judgement"], said["reason"]) == (
        "QA-2", "quality_lead", "disagree", "tip_misplaced"
    )  # fmt: skip
    (correction,) = said["corrections"]
    assert correction["frame"] == _FRAME
    assert correction["tip_px"] == pytest.approx([tip[0] + 20, tip[1] + 30], abs=1.0)
    assert len(correction["recess_px"][0]) >= 8
    assert asked(page, procedure, f"/frames/{_FRAME}") == before, "the model's answer stays what it was"
    expect(page.locator(".layer.signed polygon")).to_have_count(1)
    read_blinded(page, procedure, tmp_path)
    take_the_labels_away(page, procedure, tmp_path)


def correct_what_the_model_says(page: Page, tip: list[float]) -> None:
    """Move the tip, and change the outline by pointer and by keys."""
    page.keyboard.press("0")
    drag(page, (tip[0], tip[1]), (tip[0] + 20, tip[1] + 30))
    expect(page.locator("#needle-mark")).to_have_text("tip moved by 7.2 mm")  # 36 pixels of 0.2 mm
    page.locator("#reset-needle").click()
    expect(page.locator("#needle-mark")).to_have_text("as the model")
    drag(page, (tip[0], tip[1]), (tip[0] + 20, tip[1] + 30))
    page.locator("#correct-outline").click()
    corners = page.locator(".handle.corner")
    expect(corners.first).to_be_visible()
    count = corners.count()
    assert 8 <= count <= 20
    corners.first.focus()
    place = corners.first.get_attribute("transform")
    page.keyboard.press("ArrowUp")
    expect(corners.first).not_to_have_attribute("transform", place or "")
    page.keyboard.press("Delete")
    expect(corners).to_have_count(count - 1)
    page.mouse.click(*middle_of_the_longest_side(corners))
    expect(corners).to_have_count(count)
    expect(page.locator("#recess-mark")).to_have_text(f"your outline, {count} corners")
    expect(page.locator("#overlay svg")).to_be_visible()
    expect(page.locator(".legend li")).to_have_text(["model's answer", "yours"])


def take_the_labels_away(page: Page, procedure: str, tmp_path: Path) -> None:
    """What both readers marked comes down as a labelled folder, of the procedure and of the list."""
    page.keyboard.press("v")
    links = (f"{procedure}?frame=1", "procedure"), (procedure.partition("/procedures/")[0] + "/?reviewed=true", "list")
    for address, name in links:
        page.goto(address)
        link = page.get_by_role("link", name=re.compile("Corrected labels"))
        with page.expect_download() as download:
            link.click()
        with zipfile.ZipFile(download.value.path()) as archive:
            archive.extractall(tmp_path / name)
        cases = list(folder_cases(tmp_path / name))
        assert [case.name.rpartition(".")[2] for case in cases] == ["QA-2", "QA-7"]
        assert all(case.needle is not None and case.recess is not None and case.recess.any() for case in cases)
        keep(page, f"labels_{name}", tmp_path)


def middle_of_the_longest_side(corners: Locator) -> tuple[float, float]:
    """Position on the screen where no corner is near."""
    boxes = [corners.nth(index).bounding_box() for index in range(corners.count())]
    places = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box is not None]
    start, end = max(pairwise(places), key=lambda side: math.dist(*side))
    return (start[0] + end[0]) / 2, (start[1] + end[1]) / 2


def read_blinded(page: Page, procedure: str, tmp_path: Path) -> None:
    """A second reader sees neither the answer nor the first review until the own one is signed."""
    page.goto(f"{procedure}?frame={_FRAME + 1}&read=blinded")
    page.locator("#reader-code").fill("QA-7")
    expect(page.locator("#withheld-reviews")).to_have_text("One review is hidden until you have signed.")
    expect(page.locator("#picture")).to_have_attribute("data-frame", str(_FRAME))
    keep(page, "blinded", tmp_path)
    seen = page.locator("#content").inner_text()
    assert not any(
        word in seen for word in ("Inside the recess", "Outside the recess", "mm inside", "Disagree", "QA-2")
    )
    for hidden in ("#overlay", "#timeline", "#panel", ".key-frames", ".layer.signed polygon", ".handle"):
        expect(page.locator(hidden).locator("visible=true")).to_have_count(0)
    page.locator("#review h2").click()
    page.keyboard.press("v")
    page.keyboard.press("o")
    expect(page.locator("#panel")).to_have_count(0)
    expect(page.locator("#overlay")).to_be_hidden()
    page.keyboard.press("0")
    page.locator("#correct-tip").click()
    page.mouse.click(*at(page, 30, 60))
    page.mouse.click(*at(page, 125, 105))
    page.locator("#correct-outline").click()
    for x, y in ((40, 100), (120, 82), (200, 100), (120, 118), (40, 100)):
        page.mouse.click(*at(page, x, y))
    expect(page.locator("#recess-mark")).to_have_text("your outline, 4 corners")
    choose(page, "verdict-choices", "inside")
    sign(page, tmp_path, "sign_blinded")
    expect(page.locator("#signed-reviews li")).to_have_count(2)
    expect(page.locator("#pair")).to_contain_text("QA-2 / QA-7, second blinded")
    expect(page.locator("#pair")).to_contain_text("outside the recess / inside the recess")
    expect(page.locator("#agreement")).to_contain_text("Scott's pi")
    expect(page.locator("#overlay svg")).to_be_visible()
    keep(page, "agreement", tmp_path)
    assert grave_findings(page) == []
    page.locator("#leave-blinded").click()
    second = asked(page, procedure, "/reviews")["reviews"][1]["review"]
    assert second["blinded"]
    assert second["corrections"][0]["shaft_px"] is not None
