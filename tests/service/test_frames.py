"""One frame over HTTP: forms of body, forms of answer, calibration."""

import json

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from service.wire import FrameAnswer
from tests.service.pictures import BELOW, HEIGHT, INSIDE, SPACING_MM, WIDTH, dicom, encoded, picture, png

URL = f"/v1/frames?spacing_mm={SPACING_MM}"
PNG = {"Content-Type": "image/png"}
DICOM = {"Content-Type": "application/dicom"}


def test_answer_names_the_placement(client: TestClient) -> None:
    response = client.post(URL, content=png(INSIDE), headers=PNG)
    answer = FrameAnswer.model_validate_json(response.content)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert answer.placement.verdict == "inside"
    assert answer.placement.score == round(100 * answer.placement.p_inside)
    assert answer.placement.signed_distance_mm == pytest.approx(3.3, abs=0.1)
    assert answer.recess.thickness_mm == pytest.approx(36 * SPACING_MM, abs=0.4)
    assert answer.calibration.source == "caller"
    assert {"queue", "decode", "inference", "measurement", "placement", "total"} <= set(answer.timing_ms)
    assert answer.identity.model == "fake"


def test_a_miss_names_the_tissue(client: TestClient) -> None:
    placement = client.post(URL, content=png(BELOW), headers=PNG).json()["placement"]
    assert placement["verdict"] == "outside"
    assert placement["tissue_at_tip"] == "prefemoral_fat"
    assert placement["signed_distance_mm"] < 0
    assert "BONE_AHEAD" in placement["reasons"]


def test_without_spacing_there_is_no_verdict_but_a_reason(client: TestClient) -> None:
    answer = client.post("/v1/frames", content=png(), headers=PNG).json()
    assert answer["calibration"] == {
        "spacing_mm": None,
        "source": None,
        "absent_because": answer["placement"]["reasons"][0],
    }
    assert answer["placement"]["verdict"] == "not_assessed"
    assert answer["placement"]["score"] is None
    assert answer["recess"]["polygons_px"]
    assert answer["recess"]["thickness_mm"] is None


def test_absent_needle_has_its_reason_beside_it(client: TestClient) -> None:
    needle = client.post(URL, content=png(None), headers=PNG).json()["needle"]
    assert needle["tip_px"] is None
    assert needle["absent_because"] == "NO_NEEDLE"


def test_coordinates_are_short(client: TestClient) -> None:
    text = client.post(URL, content=png(), headers=PNG).text
    numbers = [part for part in json.loads(text)["recess"]["polygons_px"][0] for part in part]
    assert all(round(number, 2) == number for number in numbers)


@pytest.mark.parametrize(
    ("body", "headers", "query"),
    [
        (encoded(".png", picture()), PNG, f"spacing_mm={SPACING_MM}"),
        (encoded(".png", picture()), {}, f"spacing_mm={SPACING_MM},{SPACING_MM}"),
        (
            picture().tobytes(),
            {"Content-Type": "application/octet-stream"},
            f"width={WIDTH}&height={HEIGHT}&spacing_mm={SPACING_MM}",
        ),
        (dicom([picture()]), DICOM, ""),
        (dicom([picture(None), picture()]), DICOM, "frame=1"),
        (dicom([picture()]), DICOM, f"spacing_mm={SPACING_MM * 1.005}"),
    ],
    ids=["png", "sniffed", "raw", "dicom", "cine", "agreeing"],
)
def test_every_form_of_body_gives_the_same_judgement(
    client: TestClient, body: bytes, headers: dict[str, str], query: str
) -> None:
    response = client.post(f"/v1/frames?{query}&bmode=0,0,{WIDTH},{HEIGHT}", content=body, headers=headers)
    assert response.status_code == 200, response.text
    placement = response.json()["placement"]
    assert (placement["verdict"], round(placement["signed_distance_mm"], 1)) == ("inside", 3.3)


def test_jpeg_is_judged_alike(client: TestClient) -> None:
    body = encoded(".jpg", picture())
    assert (
        client.post(URL, content=body, headers={"Content-Type": "image/jpeg"}).json()["placement"]["verdict"]
        == "inside"
    )


def test_the_file_s_own_spacing_is_named(client: TestClient) -> None:
    answer = client.post("/v1/frames", content=dicom([picture()]), headers=DICOM).json()
    assert answer["calibration"] == {
        "spacing_mm": [SPACING_MM, SPACING_MM],
        "source": "dicom-region",
        "absent_because": None,
    }


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("image/png", "image/png"),
        ("image/*", "image/png"),
        ("image/svg+xml", "image/svg+xml"),
        ("application/json;q=0.5, image/svg+xml;q=0.9", "image/svg+xml"),
        ("image/png;q=0, image/*", "image/svg+xml"),
        ("text/html, application/json;q=0.1", "application/json"),
    ],
)
def test_accept_decides_the_form_of_the_answer(client: TestClient, accept: str | None, media_type: str) -> None:
    headers = PNG | ({"Accept": accept} if accept else {})
    response = client.post(URL, content=png(), headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == media_type
    assert response.headers["vary"] == "Accept"


def test_overlay_png_is_a_picture_of_the_same_size(client: TestClient) -> None:
    response = client.post(URL, content=png(), headers=PNG | {"Accept": "image/png"})
    drawn = cv2.imdecode(np.frombuffer(response.content, np.uint8), cv2.IMREAD_COLOR)
    assert drawn.shape == (HEIGHT, WIDTH, 3)
    assert (drawn[..., 0] != drawn[..., 2]).any()


def test_server_timing_tells_each_stage(client: TestClient) -> None:
    header = client.post(URL, content=png(), headers=PNG).headers["server-timing"]
    for stage in ("queue;dur=", "decode;dur=", "inference;dur=", "total;dur=", "app;dur="):
        assert stage in header
