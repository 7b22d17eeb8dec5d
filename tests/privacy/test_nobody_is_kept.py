"""Files full of a person through every door: nothing that is kept, logged, answered or exported names them.

What is meant to: results that a user writes into the image's own study (`sonoplace results`) bear its patient, because
an archive could file them nowhere else; STOW tells the sender the UIDs that it sent; and files are called what their
owner called them.
"""

import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydicom import dcmread
from starlette.testclient import TestClient
from typer.testing import CliRunner

from service.access.table import RULES
from service.cli import app
from service.settings import Settings
from tests.privacy.person import (
    DAY,
    NEEDLES,
    STEM,
    marked_dicom,
    marked_jpeg,
    marked_png,
    readable,
    seen_in,
    seen_under,
)
from tests.service.conftest import StartApp
from tests.service.pacs.test_stow import RELATED, related

DICOM, PNG, JPEG = "application/dicom", "image/png", "image/jpeg"
FILE = marked_dicom()


def damaged() -> Iterator[tuple[str, bytes]]:
    """The file in states in which it is refused, so that the refusals can be read."""
    yield "cut in the header", FILE[:3000]
    yield "cut in the pixels", FILE[:-3000]
    yield "another modality", FILE.replace(b"CS\x02\x00US", b"CS\x02\x00MR")
    yield "rows of nothing", FILE.replace(b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x10\x00LO\x02\x00")
    yield "UID of letters", FILE.replace(b"1.2.826.0.1.3680043.8.498.77123", f"{STEM}.0.1.3680043.8.498.77".encode())
    yield "a name for frames", FILE.replace(b"\x28\x00\x08\x00IS\x02\x002 ", b"\x28\x00\x08\x00IS\x02\x00QX")
    yield "syntax of nobody", FILE.replace(b"1.2.840.10008.1.2.1\0", f"{STEM}.10008.1.2.1\0".encode()[:20])


def asked_of(procedure_id: str) -> Iterator[str]:
    """Path of every route that is read, of whatever kind."""
    places = {"procedure_id": procedure_id, "index": "0", "model": "suprapatellar", "path": "icon.svg"}
    for rule in RULES:
        if rule.method == "GET":
            for kind in ("seg", "sr", "sc", "ps") if "{kind}" in rule.path else ("",):
                yield re.sub(r"\{(\w+)(:path)?\}", lambda at, kind=kind: {**places, "kind": kind}[at[1]], rule.path)


def texts(answer: Any) -> bytes:
    """Everything of an answer: its status line's headers and its body, unpacked."""
    return readable(answer.content) + b"\n".join(b"%s: %s" % pair for pair in answer.headers.raw)


def test_the_search_finds_what_is_there() -> None:
    assert {"text", "foreign name", "first name", "patient id", "UID", "date", "time"} <= set(seen_in(FILE))
    assert seen_in(marked_png()) == seen_in(marked_jpeg()) == ["text"]
    for name, needle in NEEDLES.items():
        assert name in seen_in(b"-" + needle + b"-"), name


class TestService:
    @pytest.fixture
    def client(self, start_app: StartApp) -> TestClient:
        return start_app()

    def test_frames(self, client: TestClient, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        for data, kind in ((FILE, DICOM), (marked_png(), PNG), (marked_jpeg(), JPEG)):
            for accept in ("application/json", "image/png", "image/svg+xml"):
                headers = {"Content-Type": kind, "Accept": accept, "X-Request-ID": STEM + "0000"}
                answer = client.post("/v1/frames?spacing_mm=0.2", content=data, headers=headers)
                assert answer.status_code == 200, answer.text
                assert not seen_in(readable(answer.content)), (kind, accept)
        self.require_nobody(client, tmp_path, None)

    def test_refusals(self, client: TestClient, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        seen = set()
        for name, data in damaged():
            for path in ("/v1/frames", "/v1/procedures"):
                answer = client.post(path, content=data, headers={"Content-Type": DICOM})
                assert not seen_in(texts(answer)), (name, answer.text)
                seen.add(answer.status_code)
            answer = client.post("/dicom-web/studies", content=related(data), headers={"content-type": RELATED})
            assert "text" not in seen_in(texts(answer)), name
        assert 422 in seen
        self.require_nobody(client, tmp_path, capfd)

    def test_procedures(self, client: TestClient, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        for data, kind in ((FILE, DICOM), (marked_png(), PNG), (marked_jpeg(), JPEG)):
            answer = client.post("/v1/procedures?spacing_mm=0.2", content=data, headers={"Content-Type": kind})
            assert answer.status_code == 201, answer.text
            assert not seen_in(texts(answer))
            self.read_all(client, answer.headers["location"], of_all=kind == JPEG)
        self.require_nobody(client, tmp_path, capfd)

    def test_stow(self, client: TestClient, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        head = f'Content-Type: application/dicom\r\nContent-Disposition: x; filename="{STEM}.dcm"'.encode()
        body = b"--b\r\n" + head + b"\r\n\r\n" + FILE + b"\r\n--b--\r\n"
        answer = client.post("/dicom-web/studies", content=body, headers={"content-type": RELATED})
        assert answer.status_code == 200
        assert set(seen_in(texts(answer))) <= {"UID"}  # the sender's own, as the standard wants it
        link = client.get("/v1/procedures").json()["procedures"][0]["links"]["self"]
        while client.get(link).json()["status"] not in ("done", "failed"):
            pass
        self.read_all(client, link)
        self.require_nobody(client, tmp_path, capfd)

    def test_live(self, client: TestClient, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        with client.websocket_connect("/v1/live") as line:
            line.send_text(f'{{"type": "start", "spacing_mm": [0.2, 0.2], "name": "{STEM}", "overlay": "svg"}}')
            heard = [line.receive_text()]
            for sequence, (data, kind) in enumerate(((marked_png(), "png"), (marked_jpeg(), "jpeg")) * 2):
                head = orjson.dumps({"sequence": sequence, "captured_at": sequence, "format": kind})
                line.send_bytes(struct.pack(">I", len(head)) + head + data)
                heard.append(line.receive_text())
            line.send_text('{"type": "end"}')
            heard.append(line.receive_text())
        assert not seen_in("".join(heard).encode())
        link = orjson.loads(heard[-1])["procedure"]
        while client.get(link).json()["status"] not in ("done", "failed"):
            pass
        self.read_all(client, link)
        self.require_nobody(client, tmp_path, capfd)

    def read_all(self, client: TestClient, link: str, *, of_all: bool = False) -> None:
        """Everything that the table lets anybody ask of a procedure; ``of_all`` of all of them, too."""
        client.post(f"{link}/reviews", json={"reviewer": "R-2", "blinded": False, "judgement": "agree"})
        answered, refused = set(), set()
        for path in asked_of(link.rsplit("/", 1)[1]):
            if of_all or path.startswith(link):
                answer = client.get(path)
                assert not seen_in(texts(answer)), path
                (answered if answer.status_code == 200 else refused).add(path.removeprefix(link))
        assert {"", "/report.html", "/report.pdf", "/frames/0", "/course", "/reviews", "/labels.zip"} <= answered
        assert all(re.search("comparisons|results|record$|/live$|fhir", path) for path in refused), refused
        if of_all:
            assert {"/metrics", "/v1/report.html", "/v1/archive/figures", "/v1/exports/labels.zip"} <= answered
            assert len(answered) > 30

    def require_nobody(self, client: TestClient, folder: Path, capfd: pytest.CaptureFixture[str] | None) -> None:
        client.post("/v1/verify")
        client.get(f"/v1/procedures/{STEM}")
        assert not list(seen_under(folder / "data"))
        if capfd is not None:
            told = capfd.readouterr()
            assert not seen_in((told.out + told.err).encode()), told.err[-2000:]


def test_c_store(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pynetdicom", reason="needs the extra pacs")
    from tests.service.fake_segmenter import FakeSegmenter
    from tests.service.pacs.running_service import running_service
    from tests.service.pacs.test_gateway import association, gateway, send

    with (
        running_service(Settings(data_dir=tmp_path / "data", workers=1), FakeSegmenter()) as address,
        gateway(address) as port,
        association(port) as associated,
    ):
        assert send(associated, FILE) == 0
        assert send(associated, FILE.replace(b"CS\x02\x00US", b"CS\x02\x00MR")) != 0
    assert not list(seen_under(tmp_path))
    told = capfd.readouterr()
    assert not seen_in((told.out + told.err).encode())


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        if not (Settings().model_dir / "model.onnx").is_file():
            pytest.skip("no trained model in the checkout")
        monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))
        files = tmp_path / "in"
        files.mkdir()
        for name, data in (("a.dcm", FILE), ("b.png", marked_png()), ("c.jpg", marked_jpeg())):
            (files / name).write_bytes(data)
        for number, (_, data) in enumerate(damaged()):
            (files / f"d{number}.dcm").write_bytes(data)
        return files

    def run(self, *arguments: object) -> str:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.output + done.stderr

    def test_analyse(self, folder: Path, tmp_path: Path) -> None:
        said = self.run("analyse", folder, "--out", tmp_path / "out", "--spacing", "0.2")
        assert not seen_in(said.encode()), said
        assert (tmp_path / "out" / "a.0001.json").exists()
        assert not list(seen_under(tmp_path / "out"))

    def test_audit(self, folder: Path, tmp_path: Path) -> None:
        pytest.importorskip("distributed", reason="needs the extra audit")
        pytest.importorskip("matplotlib", reason="needs the extra report")
        said = self.run("audit", folder, "--out", tmp_path / "out", "--workers", "1", "--dates", "none")
        assert not seen_in(said.encode()), said
        assert list((tmp_path / "out").rglob("*.parquet"))
        assert not list(seen_under(tmp_path / "out"))
        assert not list(seen_under(tmp_path / "data"))

    def test_deidentify(self, folder: Path, tmp_path: Path) -> None:
        key = ("--key", tmp_path / "identifiers.key")
        said = self.run("deidentify", folder / "a.dcm", folder / "b.png", "--out", tmp_path / "out", *key)
        assert not seen_in(said.encode()), said
        assert list((tmp_path / "out").rglob("*.dcm"))
        assert not list(seen_under(tmp_path / "out"))

    def test_results_bear_the_patient_of_their_image_and_nothing_else(self, folder: Path, tmp_path: Path) -> None:
        said = self.run("results", folder / "a.dcm", "--out", tmp_path / "out")
        assert not seen_in(said.encode()), said
        written = sorted((tmp_path / "out").glob("*.dcm"))
        assert written
        for path in written:
            result = dcmread(io.BytesIO(path.read_bytes()))
            assert str(result.PatientID).startswith(STEM)  # without it an archive could not file them
            assert result.PatientBirthDate == DAY
            named = {element.keyword for element in result if STEM in str(element.value)}
            assert not {"ImageComments", "InstitutionName", "OperatorsName", "SeriesDescription"} & named, named
