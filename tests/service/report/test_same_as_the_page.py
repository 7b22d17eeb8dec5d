"""The report of a procedure beside the page: pictures counted alike, the same probabilities, the same events."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

pytest.importorskip("matplotlib", reason="needs the extra report")

from service.report.gathering import gather
from service.report.timeline_plot import Course, timeline
from service.report.words import EVENTS
from tests.service.report.test_procedure_page import cine, read, taken_in


@pytest.fixture
def link(client: TestClient) -> str:
    """Eight pictures, the second to seventh with the tip in the recess, the last below it; one review of the fourth."""
    link = taken_in(client, cine())
    review = {"reviewer": "R-2", "blinded": False, "judgement": "disagree", "reason": "tip_misplaced", "frame": 3}
    assert client.post(f"{link}/reviews", json=review).status_code == 201
    return link


def course_of(client: TestClient, link: str) -> Course:
    services: Any = client.app_state["services"]
    return gather(services.store, link.rpartition("/")[2], services.engine).course


def test_pictures_are_counted_from_one(client: TestClient, link: str) -> None:
    (entered, *_) = client.get(f"{link}/events").json()["events"]
    assert (entered["kind"], entered["frame"]) == ("needle_entered", 1)
    text = read(client, link).text
    assert re.search(r"Before the needle · picture 1, 0.00 s", text)
    assert re.search(r"After · picture 8, 0.28 s", text)
    assert re.search(r"0.04 s 2 Needle comes into view", text)
    assert "of pictures 2 to 7" in text
    assert re.search(r"R-2 no 4 disagree", text)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs Debian's poppler-utils")
def test_pictures_are_counted_from_one_in_print(client: TestClient, link: str, tmp_path: Path) -> None:
    pytest.importorskip("typst", reason="needs the extra report")
    (tmp_path / "report.pdf").write_bytes(client.get(f"{link}/report.pdf").content)
    command = ["pdftotext", "-layout", "report.pdf", "-"]
    text = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout  # noqa: S603 - fixed
    said = re.sub(r"\s+", " ", text)
    assert "0.04 s 2 Needle comes into view" in said
    assert "of pictures 2 to 7" in said
    assert re.search(r"R-2 no 4 disagree", said)
    assert re.search(r"picture 8, 0.28 s", said)


def test_an_axis_of_pictures_counts_from_one(client: TestClient, link: str) -> None:
    course = course_of(client, link)
    assert course.across.tolist() == course.at.tolist()  # seconds begin at none
    counted = replace(course, at=np.arange(8.0), unit="frame")
    assert counted.across.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    ticks = re.findall(r">(\d+)</text>", timeline(counted, []).partition('id="timeline-axes_3"')[2])
    assert ticks
    assert {int(tick) for tick in ticks} <= set(range(1, 9))


def test_each_picture_has_its_own_probability_as_on_the_page(client: TestClient, link: str) -> None:
    own = client.get(f"{link}/course").json()["p_inside"]
    shown = [None if np.isnan(p) else round(float(p), 4) for p in course_of(client, link).p_inside]
    assert shown == own
    assert "each picture's own probability" in read(client, link).text


def test_only_events_that_hold_up_are_told(client: TestClient, link: str) -> None:
    kinds = [event["kind"] for event in client.get(f"{link}/events").json()["events"]]
    assert kinds == ["needle_entered", "entered_recess"]
    text = read(client, link).text
    assert [name for name in EVENTS.values() if name in text] == ["Needle comes into view"]
    assert "Tip enters the recess" not in text
    assert "Time to target (uncertain)" in text
