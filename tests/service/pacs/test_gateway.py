"""Images that come in by C-STORE, from a real sender over a real association."""

import io
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from service.cli import app
from service.decoding.ask import InstanceName
from service.errors import NotFound
from service.pacs.gateway import Gateway, GatewayOptions
from service.pacs.link import OUTBOX
from service.pacs.outbox import Outbox
from service.settings import Settings
from service.store.store import open_store
from tests.imaging.dicom.fixtures import dataset, grey, jpeg_cine, written
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pacs.running_service import running_service

pynetdicom = pytest.importorskip("pynetdicom", reason="pynetdicom (extra pacs) is not installed")

ULTRASOUND = "1.2.840.10008.5.1.4.1.1.6.1"


@contextmanager
def gateway(url: str, **given: object) -> Iterator[int]:
    """Port of a gateway in front of a service."""
    server = Gateway(GatewayOptions(url, port=0, **given)).open()  # type: ignore[arg-type] # options by name
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()


@contextmanager
def association(port: int, called: str = "SONOPLACE", caller: str = "SCANNER") -> Iterator[object]:
    entity = pynetdicom.AE(ae_title=caller)
    entity.add_requested_context(pynetdicom.sop_class.Verification)
    for sop_class in (ULTRASOUND, "1.2.840.10008.5.1.4.1.1.3.1"):
        for syntax in ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"):
            entity.add_requested_context(sop_class, syntax)
    associated = entity.associate("127.0.0.1", port, ae_title=called)
    try:
        yield associated
    finally:
        if associated.is_established:
            associated.release()


def send(associated: object, file: bytes) -> int | None:
    answer = associated.send_c_store(dcmread(io.BytesIO(file)))  # type: ignore[attr-defined] # pynetdicom's
    return getattr(answer, "Status", None)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def url(data: Path, warm_decoders: None) -> Iterator[str]:
    settings = Settings(data_dir=data / "data", workers=1)
    with running_service(settings, FakeSegmenter()) as address:
        yield address


def test_echo_and_store(url: str, data: Path) -> None:
    with gateway(url) as port, association(port) as associated:
        assert associated.send_c_echo().Status == 0x0000  # type: ignore[attr-defined] # pynetdicom's
        assert send(associated, jpeg_cine(3)) == 0x0000
        assert send(associated, written(dataset([grey()], SOPInstanceUID="1.2.3.77"))) == 0x0000
    store = open_store(Settings(data_dir=data / "data"))
    _, rows = store.page(10, 0)
    store.close()
    assert sorted(row.frame_count for row in rows) == [1, 3]


def test_what_the_service_refuses_is_refused_in_dicoms_terms(url: str) -> None:
    with gateway(url) as port, association(port) as associated:
        assert send(associated, written(dataset([grey()], Modality="MR"))) == 0x0122
        assert send(associated, written(dataset([grey()], Rows=4000))) == 0xC000


def test_a_service_that_is_away_is_a_reason_to_come_back() -> None:
    with gateway("http://127.0.0.1:9", patience_s=0.0) as port, association(port) as associated:
        assert send(associated, written(dataset([grey()]))) == 0xA700


@pytest.mark.parametrize(
    ("called", "caller", "taken"),
    [("SONOPLACE", "SCANNER", True), ("OTHER", "SCANNER", False), ("SONOPLACE", "X", False)],
)
def test_only_those_who_know_the_name_and_are_known(url: str, called: str, caller: str, taken: bool) -> None:
    with gateway(url, callers=("SCANNER",)) as port, association(port, called, caller) as associated:
        assert associated.is_established is taken  # type: ignore[attr-defined] # pynetdicom's


def test_an_instance_over_the_limit_is_broken_off(url: str) -> None:
    with gateway(url, most_mb=0.05) as port, association(port) as associated:
        big = written(dataset([grey(rows=400, columns=400)], SOPInstanceUID="1.2.3.78"))
        assert send(associated, big) is None
        until = time.monotonic() + 60
        while associated.is_established and time.monotonic() < until:  # type: ignore[attr-defined] # pynetdicom's
            time.sleep(0.01)
        assert not associated.is_established  # type: ignore[attr-defined] # pynetdicom's


def test_reports_are_not_negotiated(url: str) -> None:
    entity = pynetdicom.AE(ae_title="SCANNER")
    entity.add_requested_context("1.2.840.10008.5.1.4.1.1.88.33")
    with gateway(url) as port:
        associated = entity.associate("127.0.0.1", port, ae_title="SONOPLACE")
        assert not associated.accepted_contexts


def test_the_command_listens_until_it_is_stopped() -> None:
    command = [sys.executable, "-c", "from service.cli import app; app()", "scp", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own interpreter
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("SONOPLACE listens at 127.0.0.1:")
        with association(int(said.split(":")[1].split()[0])) as associated:
            assert associated.is_established  # type: ignore[attr-defined] # pynetdicom's
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        process.stdout and process.stdout.close()


def test_pushes_are_listed_and_sent_again_from_the_command_line(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["pushes", "--data-dir", str(tmp_path), *arguments])
        return result.exit_code, result.output

    assert run()[0] == 2
    outbox = Outbox(tmp_path / OUTBOX)
    outbox.expect("abc", InstanceName("1", "2", "3", "4"))
    outbox.ready("abc")
    outbox.bury("abc", "push-refused: 0122")
    assert run("--state", "dead") == (0, "abc  dead       tries 1   push-refused: 0122\n")
    assert '"problem": "push-refused: 0122"' in run("--json")[1]
    assert run("--retry", "unknown")[0] == 2
    assert "waiting" in run("--retry", "all")[1]
    assert run("--state", "nonsense")[0] == 2
    with pytest.raises(NotFound):
        outbox.retry(["abc"])
