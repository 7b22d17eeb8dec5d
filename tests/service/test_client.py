"""The Python client, waiting and asynchronous, against a real server."""

import asyncio
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from pydicom.multival import MultiValue
from pydicom.valuerep import DSfloat

from imaging.errors import BadBox, BadInput, BadSpacing, MissingExtra
from service.client import client as client_module
from service.client.calls import Call, analysis, live_frame, read_answer
from service.client.client import AsyncClient, Client, Refused, Start
from service.errors import UnexpectedMessage
from service.live.messages import FrameFormat, FrameHeader
from service.live.wire import LiveAnswer, Pong
from service.wire import FrameAnswer
from tests.service.pictures import BELOW, dicom, encoded, picture, png

CINE = dicom([picture(), picture(BELOW), picture(BELOW)])


@pytest.fixture
def server(server_process: str) -> str:
    return server_process


def test_waiting_client(server: str, tmp_path: Path) -> None:
    (tmp_path / "frame.png").write_bytes(png())
    with Client(server) as client:
        for content in (png(), tmp_path / "frame.png", picture()):
            answer = client.analyse(content, spacing_mm=0.2)
            assert (answer.placement.verdict, answer.calibration.spacing_mm) == ("inside", [0.2, 0.2])
        assert client.analyse(CINE).calibration.source == "dicom-region"
        assert client.analyse(png(), spacing_mm=(0.2, 0.3)).calibration.spacing_mm == [0.2, 0.3]
        assert client.overlay_png(png(), 0.2).startswith(b"\x89PNG")
        assert client.overlay_svg(png(), 0.2).startswith("<svg")
        procedure = client.upload(CINE)
        assert (procedure.verdict, client.procedure(procedure.id)) == ("extra_articular", procedure)
        assert client.procedure_frame(procedure.id, 1).placement.verdict == "outside"
        assert client.procedures(limit=1).procedures[0].id == procedure.id
        assert client.procedures(verdict="confirmed").total == 0
        with pytest.raises(Refused, match="not-found") as refused:
            client.procedure("0" * 32)
        assert refused.value.problem.status == 404


def test_asynchronous_client(server: str) -> None:
    async def run() -> None:
        async with AsyncClient(server + "/") as client:
            assert (await client.analyse(png(), 0.2)).placement.verdict == "inside"
            assert (await client.overlay_png(png(), 0.2)).startswith(b"\x89PNG")
            assert (await client.overlay_svg(png(), 0.2)).startswith("<svg")
            procedure = await client.upload(png(BELOW), 0.2, wait=True)
            assert (await client.procedure(procedure.id)).verdict == "extra_articular"
            assert (await client.procedure_frame(procedure.id, 0)).frame.index == 0
            assert (await client.procedures()).total >= 1

    asyncio.run(run())


TWO_REGIONS = dicom([picture(BELOW), picture()], spacings_mm=(0.2, 0.1))


def test_a_frame_a_region_and_a_rectangle_are_named(server: str, tmp_path: Path) -> None:
    (tmp_path / "cine.dcm").write_bytes(CINE)
    with Client(server) as client:
        first, second = (client.analyse(str(tmp_path / "cine.dcm"), frame=one) for one in (None, np.int64(1)))
        assert (first.placement.verdict, second.placement.verdict) == ("inside", "outside")
        with pytest.raises(Refused, match="ambiguous-regions"):
            client.analyse(TWO_REGIONS)
        assert client.analyse(TWO_REGIONS, region=1).calibration.spacing_mm == [0.1, 0.1]
        assert client.analyse(png(), 0.2, bmode=np.array([0, 0, 240, 190])).frame.bmode_px == [0, 0, 240, 190]
        assert client.overlay_svg(CINE, frame=1) != client.overlay_svg(CINE)
        assert client.upload(TWO_REGIONS, region=0, wait=False).frame_count == 2
        with pytest.raises(Refused, match="bad-query: query parameters unknown: 'fame'"):
            client.analyse(CINE, fame=1)
        with pytest.raises(BadBox, match="expected x0, y0, x1, y1 in whole pixels"):
            client.analyse(png(), bmode=(0, 0, 9.5, 9))

    async def run() -> None:
        async with AsyncClient(server) as client:
            assert (await client.analyse(str(tmp_path / "cine.dcm"), frame=1)).placement.verdict == "outside"
            assert (await client.overlay_png(CINE, frame=1)) != await client.overlay_png(CINE)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("spacing_mm", "asked"),
    [
        (0.25, "0.25,0.25"),
        (np.float64(0.25), "0.25,0.25"),
        (np.float32(0.25), "0.25,0.25"),
        (Decimal("0.25"), "0.25,0.25"),
        ("0.25", "0.25,0.25"),
        (DSfloat("0.250"), "0.25,0.25"),
        ((0.25, 0.5), "0.25,0.5"),
        ([0.25, 0.5], "0.25,0.5"),
        (np.array([0.25, 0.5]), "0.25,0.5"),
        (MultiValue(DSfloat, ["0.250", "0.50"]), "0.25,0.5"),
        (tuple(MultiValue(DSfloat, ["0.250", "0.50"])), "0.25,0.5"),
        (("0.25", "0.5"), "0.25,0.5"),
    ],
)
def test_numbers_of_all_kinds_are_spacings(spacing_mm: object, asked: str) -> None:
    assert analysis(b"", spacing_mm, {}).query == {"spacing_mm": asked}


@pytest.mark.parametrize("wrong", ["wide", "0.1,0.2", (), (0.1, 0.2, 0.3), object(), (None, 0.1), np.array(0.1)])
def test_what_is_no_spacing_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(BadSpacing, match="expected one number, or row and column, in millimetres"):
        analysis(b"", wrong, {})


@pytest.mark.parametrize("wrong", [None, 3, [1, 2], bytearray(b"x")])
def test_what_is_no_picture_is_refused_by_name(wrong: object) -> None:
    for use in (live_frame, lambda picture: analysis(picture, None, {})):
        with pytest.raises(BadInput, match=f"picture is a {type(wrong).__name__}: expected bytes, a path, or grey"):
            use(wrong)


def test_live_from_two_threads(server: str) -> None:
    with Client(server) as client, client.live(Start(spacing_mm=(0.2, 0.2))) as live:

        def send() -> None:
            live.ping()
            for index in range(5):
                live.send(encoded(".jpg", picture()), captured_at_ns=10**9 * (index + 1))
            live.end()

        thread = threading.Thread(target=send)
        thread.start()
        said = list(live)
        thread.join()
        assert isinstance(said[0], Pong)
        answers = [item for item in said if isinstance(item, LiveAnswer)]
        assert live.ended is not None
        assert answers[-1].live.sequence == 4
        assert len(answers) == live.ended.frames.answered == 5 - live.ended.frames.dropped
        with pytest.raises(UnexpectedMessage, match="has ended"):
            live.send(png())


def test_refusals_of_a_live_session_are_raised(server: str) -> None:
    with Client(server) as client:
        with pytest.raises(Refused, match="not-found"), client.live(Start(session="0" * 32)):
            pytest.fail("there is no such session")
        with client.live() as live:
            live.send(png(), header=FrameHeader(sequence=3, captured_at=1))
            assert next(iter(live)).placement.reasons[0] == "NOT_CALIBRATED"
            live.send(png(), header=FrameHeader(sequence=3, captured_at=2))
            with pytest.raises(Refused, match="bad-message"):
                list(live)


def test_a_session_must_be_opened() -> None:
    live = Client().live()
    for use in (live.ping, lambda: live.started, lambda: next(iter(live))):
        with pytest.raises(UnexpectedMessage):
            use()
    with pytest.raises(UnexpectedMessage):
        asyncio.run(AsyncClient().live().end())


@pytest.mark.parametrize("wrong", [np.zeros((2, 2)), np.zeros((2, 2, 3), np.uint8), CINE, b""])
def test_pictures_that_no_session_takes(wrong: np.ndarray | bytes) -> None:
    with pytest.raises(BadInput):
        live_frame(wrong)


def test_grey_levels_are_sent_as_they_are() -> None:
    frame = live_frame(np.arange(6, dtype=np.uint8).reshape(2, 3)[:, ::-1])
    assert (frame.content, frame.format, frame.width, frame.height) == (bytes([2, 1, 0, 5, 4, 3]), "grey8", 3, 2)
    assert live_frame(png()).format is FrameFormat.PNG


def test_answers_of_something_else_are_refused() -> None:
    with pytest.raises(Refused, match="unknown: The answer is not one of this service"):
        read_answer(Call("GET", "/", FrameAnswer), 502, b"<html>")


def test_grey_levels_are_no_file() -> None:
    with pytest.raises(BadInput, match="expected a PNG, JPEG or DICOM file"):
        Client().upload(picture())


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "httpx2", None)
    with pytest.raises(MissingExtra, match=r"sonoplace\[client\]"):
        client_module.Client()
