"""Procedures over HTTP: taken in, analysed, kept, found again, and free of identity."""

import hashlib
import importlib.util
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from imaging.errors import UnreadableImage
from imaging.frame import Frame
from imaging.segmentation import Segmentation
from service.wire import FrameAnswer, ProcedureAnswer
from tests.service.backends import BACKENDS as BACKENDS  # every test here runs on both
from tests.service.conftest import StartApp, until_ready
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, INSIDE, PERSON, SOP_UID, STUDY_UID, dicom, encoded, picture, png

URL = "/v1/procedures"
DICOM = {"Content-Type": "application/dicom"}
PNG = {"Content-Type": "image/png"}
CINE = dicom([picture(None), picture((90, 70)), picture(INSIDE), picture(INSIDE)])


def test_a_cine_is_analysed_and_kept(client: TestClient) -> None:
    response = client.post(URL, content=CINE, headers=DICOM)
    answer = ProcedureAnswer.model_validate_json(response.content)
    assert response.status_code == 201
    assert response.headers["location"] == f"{URL}/{answer.id}" == answer.links.self
    assert (answer.status, answer.frame_count, answer.frames_done, answer.frame_time_ms) == ("done", 4, 4, 40.0)
    assert answer.verdict == answer.summary.verdict == "probable"
    assert answer.summary.needle_frames == 3
    assert answer.summary.key_frame in (2, 3)
    assert answer.frame_verdicts == ["not_assessed", "outside", "inside", "inside"]
    assert client.get(answer.links.self).json() == response.json()


def test_frames_of_a_procedure(client: TestClient) -> None:
    links = client.post(URL, content=CINE, headers=DICOM).json()["links"]
    answer = FrameAnswer.model_validate_json(client.get(links["frame"].replace("{n}", "2")).content)
    assert (answer.frame.index, answer.placement.verdict, answer.timing_ms) == (2, "inside", {})
    untouched = client.get(links["picture"].replace("{n}", "2"))
    assert (decoded(untouched.content, cv2.IMREAD_GRAYSCALE) == picture(INSIDE)).all()
    assert untouched.headers["cache-control"] == "private, no-store"
    assert decoded(client.get(links["overlay_png"].replace("{n}", "2")).content, cv2.IMREAD_COLOR).shape[2] == 3
    overlay = client.get(links["overlay_svg"].replace("{n}", "2"))
    assert overlay.text.startswith("<svg")
    assert overlay.headers["content-type"].startswith("image/svg+xml")
    for link in ("frame", "picture", "overlay_png", "overlay_svg"):
        missing = client.get(links[link].replace("{n}", "4"))
        assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


def test_many_ask_for_frames_of_one_cine_at_once(client: TestClient) -> None:
    link = client.post(URL, content=CINE, headers=DICOM).json()["links"]["picture"]
    wanted = [index % 4 for index in range(24)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda index: client.get(link.replace("{n}", str(index))).content, wanted))
    drawn = [picture(None), picture((90, 70)), picture(INSIDE), picture(INSIDE)]
    for index, content in zip(wanted, answers, strict=True):
        assert (decoded(content, cv2.IMREAD_GRAYSCALE) == drawn[index]).all()


def decoded(content: bytes, flag: int) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), flag)


def test_frame_and_procedure_agree(client: TestClient) -> None:
    procedure = client.post(URL, content=CINE, headers=DICOM).json()
    kept = client.get(procedure["links"]["frame"].replace("{n}", "3")).json()
    asked = client.post("/v1/frames?frame=3", content=CINE, headers=DICOM).json()
    assert kept == asked | {"timing_ms": {}}


@pytest.mark.parametrize(
    ("body", "headers", "query", "verdict"),
    [
        (png(INSIDE), PNG, "spacing_mm=0.2", "probable"),
        (png(BELOW), PNG, "spacing_mm=0.2,0.2", "extra_articular"),
        (encoded(".jpg", picture(None)), {"Content-Type": "image/jpeg"}, "spacing_mm=0.2", "not_assessed"),
        (png(INSIDE), PNG, "", "not_assessed"),
        (dicom([picture(BELOW)]), DICOM, "", "extra_articular"),
    ],
)
def test_pictures_are_procedures_of_one_frame(
    client: TestClient, body: bytes, headers: dict[str, str], query: str, verdict: str
) -> None:
    answer = client.post(f"{URL}?{query}", content=body, headers=headers).json()
    assert (answer["verdict"], answer["frame_count"]) == (verdict, 1)
    assert (answer["summary"]["tissue_at_tip"] == "prefemoral_fat") == (verdict == "extra_articular")
    assert (answer["summary"]["reason"] is None) == (verdict != "not_assessed")


def test_same_question_same_procedure(client: TestClient) -> None:
    first = client.post(f"{URL}?spacing_mm=0.2", content=png(), headers=PNG)
    again = client.post(f"{URL}?spacing_mm=0.2", content=png(), headers=PNG)
    other = client.post(f"{URL}?spacing_mm=0.3", content=png(), headers=PNG)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert first.json() == again.json()
    assert first.json()["id"] != other.json()["id"]


def test_list_pages_and_filters(client: TestClient) -> None:
    ids = [
        client.post(f"{URL}?spacing_mm=0.2", content=png(tip), headers=PNG).json()["id"]
        for tip in (INSIDE, BELOW, None)
    ]
    whole = client.get(URL).json()
    assert whole["total"] == 3
    assert [item["id"] for item in whole["procedures"]] == ids[::-1]
    page = client.get(URL, params={"limit": 1, "offset": 1}).json()
    assert (page["total"], [item["id"] for item in page["procedures"]]) == (3, [ids[1]])
    misses = client.get(URL, params={"verdict": "extra_articular"}).json()
    assert (misses["total"], [item["id"] for item in misses["procedures"]]) == (1, [ids[1]])


OF_AN_ANSWER = ("course", "events", "report.html", "results/sr.dcm", "frames/1", "frames/1/overlay.svg")


def test_what_failed_is_told_apart_from_what_waits(
    start_app: StartApp, segmenter: FakeSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Frame) -> Segmentation:
        msg = "this frame is damaged"
        raise UnreadableImage(msg)

    client = start_app()
    until_ready(client)
    with monkeypatch.context() as broken:
        broken.setattr(segmenter, "segment", refuse)
        failed = client.post(URL, content=CINE, headers=DICOM).json()
    assert (failed["status"], failed["failure"]) == ("failed", "unreadable-image")
    own = failed["links"]["self"]
    asked = [client.get(f"{own}/{part}") for part in OF_AN_ANSWER]
    asked.append(client.post(f"{own}/comparisons?model=suprapatellar"))
    asked.append(client.post(f"{own}/reviews", json={"reviewer": "R1", "blinded": False, "judgement": "agree"}))
    if importlib.util.find_spec("fhir"):
        asked.append(client.get(f"{own}/export.fhir.json"))
    for answer in asked:
        assert (answer.status_code, answer.json()["code"]) == (409, "procedure-failed"), answer.request.url
        assert "failed (unreadable-image)" in answer.json()["detail"]
        assert "retry-after" not in answer.headers
    segmenter.open.clear()
    again = client.post(f"{URL}?wait=false", content=CINE, headers=DICOM)
    assert (again.status_code, again.json()["failure"], again.json()["status"] in ("queued", "running")) == (
        202, None, True
    )  # fmt: skip
    assert [client.get(f"{own}/{part}").status_code for part in OF_AN_ANSWER] == [503] * len(OF_AN_ANSWER)
    segmenter.open.set()
    assert client.post(URL, content=CINE, headers=DICOM).json()["status"] == "done"


def test_without_waiting(start_app: StartApp, segmenter: FakeSegmenter) -> None:
    client = start_app()
    until_ready(client)
    segmenter.open.clear()
    response = client.post(f"{URL}?wait=false", content=CINE, headers=DICOM)
    links = response.json()["links"]
    assert (response.status_code, response.headers["location"]) == (202, links["self"])
    assert response.json()["verdict"] is None
    pending = client.get(links["frame"].replace("{n}", "0"))
    assert (pending.status_code, pending.json()["code"]) == (503, "not-ready")
    assert pending.headers["retry-after"] == "1"
    segmenter.open.set()
    assert client.post(URL, content=CINE, headers=DICOM).status_code == 200  # waits for the analysis under way
    assert client.get(links["self"]).json()["status"] == "done"


def test_long_cines_are_not_waited_for(start_app: StartApp) -> None:
    assert start_app(max_wait_frames=3).post(URL, content=CINE, headers=DICOM).status_code == 202


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 415, "unsupported-media-type"),
        (b"x" * 300, DICOM, 422, "unreadable-image"),
        (b"x" * 300, {"Content-Type": "application/octet-stream"}, 415, "unsupported-media-type"),
        (dicom([picture()], spacings_mm=(0.2, 0.1)), DICOM, 422, "ambiguous-regions"),
    ],
)
def test_refused_files_leave_nothing_behind(
    client: TestClient, tmp_path: Path, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    response = client.post(URL, content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert client.get(URL).json()["total"] == 0
    assert not [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()]


def test_restart_keeps_procedures(build_app: StartApp) -> None:
    with build_app() as first:
        posted = first.post(URL, content=CINE, headers=DICOM).json()
        frame = first.get(posted["links"]["frame"].replace("{n}", "1")).content
    with build_app() as second:
        assert second.get(posted["links"]["self"]).json() == posted
        assert second.get(posted["links"]["frame"].replace("{n}", "1")).content == frame
        assert second.post(URL, content=CINE, headers=DICOM).status_code == 200


def test_a_stop_in_the_middle_is_taken_up_again(build_app: StartApp, segmenter: FakeSegmenter) -> None:
    with build_app() as first:
        assert segmenter.started.acquire(timeout=120)  # the warm-up
        until_ready(first)
        segmenter.open.clear()
        posted = first.post(f"{URL}?wait=false", content=CINE, headers=DICOM).json()
        assert posted["status"] in ("queued", "running")
        assert segmenter.started.acquire(timeout=120)  # the first frame
        threading.Timer(0.3, segmenter.open.set).start()
    with build_app() as second:
        second.post(URL, content=CINE, headers=DICOM)
        assert second.get(posted["links"]["self"]).json()["verdict"] == "probable"


def test_another_model_is_another_question(start_app: StartApp) -> None:
    old = start_app().post(URL, content=CINE, headers=DICOM).json()
    client = start_app(judge=FakeSegmenter("e" * 64))
    response = client.post(URL, content=CINE, headers=DICOM)
    assert (response.status_code, response.json()["id"] != old["id"]) == (201, True)
    painted = client.get(old["links"]["overlay_png"].replace("{n}", "0"))
    assert (painted.status_code, painted.json()["code"]) == (409, "superseded")
    assert client.get(old["links"]["overlay_svg"].replace("{n}", "0")).status_code == 200


def test_nothing_about_a_person_is_kept_logged_or_answered(
    client: TestClient, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = [client.post(url, content=CINE, headers=DICOM) for url in (URL, "/v1/frames")]
    answers += [client.get(path) for path in (URL, "/metrics", answers[0].json()["links"]["self"])]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    said = b"".join(answer.content + str(answer.headers).encode() for answer in answers)
    logged = "".join(capfd.readouterr()).encode()
    words = {word for value in PERSON.values() for word in re.split(r"[\^ ]", value) if len(word) > 4}
    for secret in (*words, SOP_UID, STUDY_UID, hashlib.sha256(SOP_UID.encode()).hexdigest()):
        assert secret.encode() not in kept + said + logged, secret
    assert b"PNG" in said + kept or b"DICM" in kept
