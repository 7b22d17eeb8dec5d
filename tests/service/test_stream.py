"""``sonoplace stream`` from each of its sources into a real server."""

import asyncio
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from imaging.errors import AmbiguousRegions, BadInput, MissingExtra, UnreadableImage
from imaging.geometry import PixelSpacing, SpacingSource
from service.cli import app
from service.stream import sources
from service.stream.feed import StreamPlan, stream
from service.stream.sources import FrameSource, SourceFrame, SourceSilent, igtl_frame, open_frames
from tests.service.pictures import BELOW, HEIGHT, INSIDE, WIDTH, dicom, encoded, picture, png

SPACING = PixelSpacing(0.2, 0.2, SpacingSource.CALLER)


@pytest.fixture
def url(server_process: str) -> str:
    return "ws" + server_process.removeprefix("http") + "/v1/live"


@pytest.fixture
def cine(tmp_path: Path) -> Path:
    path = tmp_path / "cine.dcm"
    path.write_bytes(dicom([picture(INSIDE), picture(BELOW), picture(None)], frame_time_ms=20.0))
    return path


def command(*arguments: str) -> tuple[int, dict]:
    result = CliRunner().invoke(app, ["stream", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout) if result.stdout.startswith("{") else {"said": result.output}


def test_a_cine_as_fast_as_it_is_answered(cine: Path, url: str) -> None:
    code, figures = command(str(cine), "--url", url, "--fast")
    assert (code, figures["sent"], figures["dropped"]) == (0, 3, 0)
    assert figures["verdicts"] == {"inside": 1, "outside": 1, "not_assessed": 1}
    assert figures["procedure"] == f"/v1/procedures/{figures['session']}"
    assert figures["age_ms"]["p50"] > 0


def test_a_folder_at_a_pace_of_its_own(tmp_path: Path, url: str) -> None:
    for index in range(4):
        (tmp_path / f"{index}.png").write_bytes(png())
    (tmp_path / "notes.txt").write_text("none")
    code, figures = command(str(tmp_path), "--url", url, "--fps", "20", "--spacing", "0.2")
    assert (code, figures["sent"], figures["answered"] + figures["dropped"]) == (0, 4, 4)
    assert figures["verdicts"] == {"inside": figures["answered"]}


def test_a_line_is_shown_for_people(cine: Path, url: str) -> None:
    result = CliRunner().invoke(app, ["stream", str(cine), "--url", url, "--fast"])
    assert result.exit_code == 0
    assert "verdicts  inside 1, outside 1, not_assessed 1" in result.output
    assert "age" in result.stderr
    assert "inside +3" in result.stderr or "not assessed" in result.stderr


def test_a_video(tmp_path: Path, url: str) -> None:
    av = pytest.importorskip("av", reason="needs the extra 'video'")
    path = tmp_path / "screen.mkv"
    with av.open(str(path), "w") as container:
        track = container.add_stream("ffv1", rate=25)
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "gray"
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(picture(INSIDE), format="gray")
            frame.pts = index
            container.mux(track.encode(frame))
        container.mux(track.encode())
    source = open_frames(str(path))
    assert source.frame_time_ms == 40.0
    assert np.array_equal(next(source.frames()).picture, picture(INSIDE))
    code, figures = command(str(path), "--url", url, "--fast", "--spacing", "0.2")
    assert (code, figures["verdicts"]) == (0, {"inside": 3})


def test_an_openigtlink_server(url: str) -> None:
    igtl = pytest.importorskip("pyigtl", reason="needs the extra 'igtl'")
    server = igtl.OpenIGTLinkServer(port=0, local_server=True)
    port = server.server_address[1]
    stop, taken = threading.Event(), list[SourceFrame]()

    def send() -> None:
        while not stop.is_set():
            if server.is_connected() and not server.outgoing_messages:
                across = 0.2 if len(taken) < 20 else 0.3
                matrix = np.diag([across, 0.25, 1.0, 1.0])
                image = picture(INSIDE)[np.newaxis]
                server.send_message(igtl.ImageMessage(image, matrix, device_name="Clarius"), wait=False)
            time.sleep(0.02)

    thread = threading.Thread(target=send)
    thread.start()
    answers = []

    async def run() -> None:
        source = open_frames(f"igtl://127.0.0.1:{port}")
        first = FrameSource(lambda: _first(source.frames(), 40, taken), None, None, live=True)
        summary = await stream(first, StreamPlan(url), lambda _, said: answers.append(said))
        assert (summary.sent, summary.answered + summary.dropped) == (40, 40)
        assert summary.segment == 1

    try:
        asyncio.run(run())
    finally:
        stop.set()
        thread.join()
        server.stop()
    assert answers[0].calibration.spacing_mm == [0.25, 0.2]
    assert answers[-1].calibration.spacing_mm == [0.25, 0.3]
    assert [answer.live.reasons for answer in answers].count(["SCALE_CHANGED"]) == 1
    assert {answer.placement.verdict for answer in answers} == {"inside"}


def _first(frames: Iterator[SourceFrame], count: int, taken: list[SourceFrame]) -> Iterator[SourceFrame]:
    for _ in range(count):
        taken.append(next(frames))
        yield taken[-1]
    frames.close()  # type: ignore[attr-defined] # a generator


class Message:
    def __init__(self, image: np.ndarray, matrix: np.ndarray | None = None) -> None:
        self.image, self.timestamp = image, 2.5
        self.ijk_to_world_matrix = np.eye(4) if matrix is None else matrix


def test_spacing_from_a_tilted_matrix() -> None:
    turn = np.array([[0.0, -1, 0, 7], [1, 0, 0, 8], [0, 0, 1, 9], [0, 0, 0, 1]])
    frame = igtl_frame(Message(np.zeros((1, 3, 4, 1), np.uint8), turn @ np.diag([0.1, 0.3, 1, 1])))
    assert frame.spacing == PixelSpacing(0.3, 0.1, SpacingSource.CALLER)
    assert (frame.picture.shape, frame.captured_at_ns) == ((3, 4), 2_500_000_000)
    colour = igtl_frame(Message(np.full((1, 3, 4, 3), (255, 0, 0), np.uint8)))
    assert colour.picture.tolist() == [[76] * 4] * 3


@pytest.mark.parametrize("image", [np.zeros((2, 3, 4), np.uint8), np.zeros((1, 3, 4), np.int16)])
def test_volumes_and_other_samples_are_refused(image: np.ndarray) -> None:
    with pytest.raises(BadInput, match="expected uint8"):
        igtl_frame(Message(image))


def _text_file(folder: Path) -> Path:
    path = folder / "words.mp4"
    path.write_text("no video at all")
    return path


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda folder: folder / "nothing", BadInput, "neither a file"),
        (lambda folder: folder, BadInput, "holds no pictures"),
        (lambda folder: "igtl://", BadInput, "names no host"),
        (_text_file, UnreadableImage, "no video"),
    ],
)
def test_sources_that_are_none(
    tmp_path: Path, make: Callable[[Path], object], error: type[Exception], told: str
) -> None:
    pytest.importorskip("av", reason="needs the extra 'video'")
    pytest.importorskip("pyigtl", reason="needs the extra 'igtl'")
    with pytest.raises(error, match=told):
        open_frames(str(make(tmp_path)))


@pytest.mark.parametrize(("source", "module", "extra"), [("igtl://a", "pyigtl", "igtl"), ("v", "av", "video")])
def test_the_extra_is_named(
    source: str, module: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v").write_text("words")
    with pytest.raises(MissingExtra, match=extra):
        open_frames(source)


def test_one_picture_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(encoded(".jpg", picture()))
    source = open_frames(str(tmp_path / "one.jpg"))
    assert (source.frame_count, len(list(source.frames()))) == (1, 1)


def test_a_source_that_fails_under_way_is_told_at_once(url: str) -> None:
    def frames() -> Iterator[SourceFrame]:
        yield SourceFrame(png(), SPACING)
        msg = "the second frame is damaged"
        raise UnreadableImage(msg)

    with pytest.raises(UnreadableImage, match="second frame"):
        asyncio.run(stream(FrameSource(frames, 2, None), StreamPlan(url), lambda _summary, _said: None))


def test_a_region_is_named(tmp_path: Path) -> None:
    (tmp_path / "two.dcm").write_bytes(dicom([picture()], spacings_mm=(0.2, 0.1)))
    (tmp_path / "one.png").write_bytes(png())
    with pytest.raises(AmbiguousRegions, match="expected one to be named"):
        list(open_frames(str(tmp_path / "two.dcm")).frames())
    frame = next(open_frames(str(tmp_path / "two.dcm"), region=1).frames())
    assert frame.spacing == PixelSpacing(0.1, 0.1, SpacingSource.DICOM_REGION)
    assert command(str(tmp_path / "two.dcm"), "--region", "2")[0] == 2
    with pytest.raises(BadInput, match="expected a DICOM file"):
        open_frames(str(tmp_path / "one.png"), region=0)


def test_a_folder_is_looked_through_before_it_is_sent(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(png())
    (tmp_path / "1.png").write_text("no picture")
    with pytest.raises(UnreadableImage, match=r"1\.png begins like no picture"):
        open_frames(str(tmp_path))


def test_a_server_that_sends_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyigtl", reason="needs the extra 'igtl'")
    monkeypatch.setattr(sources, "_IGTL_SILENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with pytest.raises(SourceSilent, match=rf"no image came from 127\.0\.0\.1:{port} in 0\.1 s"):
            list(open_frames(f"igtl://127.0.0.1:{port}").frames())


@pytest.mark.parametrize("timestamp", [0.0, -1.0, 1e12, float("nan")])
def test_an_instant_that_is_none_is_left_out(timestamp: float) -> None:
    message = Message(np.zeros((1, 3, 4, 1), np.uint8))
    message.timestamp = timestamp
    assert igtl_frame(message).captured_at_ns is None


def test_commands_that_fail_say_why(tmp_path: Path, url: str) -> None:
    assert command(str(tmp_path / "nothing"))[0] == 2
    (tmp_path / "one.png").write_bytes(png())
    assert command(str(tmp_path / "one.png"), "--url", url.replace("live", "elsewhere"))[0] == 2
    for spacing in ("-1", "11", "wide"):
        assert command(str(tmp_path / "one.png"), "--spacing", spacing)[0] == 2
    (tmp_path / "one.png").write_bytes(png()[:100])
    code, figures = command(str(tmp_path / "one.png"), "--url", url)
    assert (code, figures["problems"]) == (1, {"unreadable-image": 1})
