"""Results of finished procedures reach the archive, whenever it is there."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.pacs.link import OUTBOX
from service.pacs.outbox import Outbox, Push, PushState
from tests.imaging.dicom.fixtures import MULTI_FRAME, dataset, region, written
from tests.service.backends import free_port
from tests.service.conftest import StartApp
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pacs.fake_archive import FakeArchive, failed, running
from tests.service.pictures import picture as scene

SOP_UID = "1.2.826.0.1.999.7731"
DICOM = {"content-type": "application/dicom"}
QUICK = {"pacs_retry_s": 0.05, "pacs_retry_most_s": 0.2, "pacs_timeout_s": 60}


@pytest.fixture
def archive() -> Iterator[FakeArchive]:
    with running(FakeArchive()) as server:
        yield server


@pytest.fixture
def cine() -> bytes:
    frames = [scene(), scene()]
    rows, columns = frames[0].shape
    place = region((0, 0, columns - 1, rows - 1))
    identity = {"PatientName": "ARCHIVE^NAME", "PatientID": "4711", "StudyDate": "20260101", "StudyTime": "101112"}
    described = {"SOPInstanceUID": SOP_UID, "SOPClassUID": MULTI_FRAME, "FrameTime": 40, **identity}
    return written(dataset(frames, SequenceOfUltrasoundRegions=[place], **described))


def outbox_of(folder: Path) -> Outbox:
    return Outbox(folder / "data" / OUTBOX)


def wait_for(folder: Path, state: PushState, timeout_s: float = 120) -> Push:
    outbox = outbox_of(folder)
    until = time.monotonic() + timeout_s
    try:
        while time.monotonic() < until:
            if found := outbox.listed(state):
                return found[0]
            time.sleep(0.05)
        raise AssertionError(outbox.listed())
    finally:
        outbox.close()


def test_results_stand_beside_their_image(
    start_app: StartApp, archive: FakeArchive, cine: bytes, tmp_path: Path
) -> None:
    archive.add(cine)
    client = start_app(pacs_url=archive.url, **QUICK)
    assert client.post("/v1/procedures", content=cine, headers=DICOM).status_code == 201
    push = wait_for(tmp_path, PushState.DELIVERED)
    assert push.attempts == 1
    results = [ds for ds in archive.datasets() if ds.SOPInstanceUID != SOP_UID]
    assert {ds.SOPClassUID.name.split(" Storage")[0] for ds in results} >= {"Segmentation", "Comprehensive 3D SR"}
    assert len(results) == 3
    for ds in results:
        assert (str(ds.PatientName), ds.PatientID, ds.StudyInstanceUID) == ("ARCHIVE^NAME", "4711", "1.2.3.4")
    (seg,) = [ds for ds in results if ds.Modality == "SEG"]
    assert seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == SOP_UID


def test_no_identifier_of_the_image_enters_the_store(
    start_app: StartApp, archive: FakeArchive, cine: bytes, tmp_path: Path
) -> None:
    archive.add(cine)
    client = start_app(pacs_url=archive.url, **QUICK)
    client.post("/v1/procedures", content=cine, headers=DICOM)
    wait_for(tmp_path, PushState.DELIVERED)
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert b"ARCHIVE^NAME" not in content
        assert SOP_UID.encode() not in content or path.name.startswith(OUTBOX), path


def test_pushing_twice_changes_nothing(start_app: StartApp, archive: FakeArchive, cine: bytes, tmp_path: Path) -> None:
    archive.add(cine)
    client = start_app(pacs_url=archive.url, **QUICK)
    client.post("/v1/procedures", content=cine, headers=DICOM)
    push = wait_for(tmp_path, PushState.DELIVERED)
    before = dict(archive.instances)
    outbox_of(tmp_path).ready(push.procedure_id)
    wait_until(lambda: archive.stored_requests == 2)
    assert wait_for(tmp_path, PushState.DELIVERED).attempts == 2
    assert archive.instances == before


def wait_until(holds: Callable[[], bool], timeout_s: float = 120) -> None:
    until = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_service_works_while_the_archive_is_away_and_delivers_when_it_is_back(
    build_app: StartApp, cine: bytes, tmp_path: Path
) -> None:
    port = free_port()
    with running(FakeArchive(), port) as away:
        pass
    with build_app(pacs_url=away.url, **QUICK) as client:
        assert client.get("/livez").status_code == 200
        assert client.post("/v1/procedures", content=cine, headers=DICOM).status_code == 201
        assert (wait_for(tmp_path, PushState.WAITING).state, archived(away)) == (PushState.WAITING, 0)
        wait_until(lambda: outbox_of(tmp_path).listed()[0].attempts >= 2)
    away.add(cine)
    with running(away, port), build_app(pacs_url=away.url, **QUICK) as client:
        wait_for(tmp_path, PushState.DELIVERED)
        assert archived(away) == 4
        assert 'sonoplace_pushes{state="delivered"} 1.0' in settled_metrics(client, "delivered")


def archived(archive: FakeArchive) -> int:
    return len(archive.instances)


def settled_metrics(client: TestClient, state: str) -> str:
    wait_until(lambda: f'sonoplace_pushes{{state="{state}"}} 1.0' in client.get("/metrics").text)
    return client.get("/metrics").text


def test_what_the_archive_refuses_is_listed_and_can_be_sent_again(
    start_app: StartApp, archive: FakeArchive, cine: bytes, tmp_path: Path
) -> None:
    archive.add(cine)
    archive.refusals.append((409, failed(0x0122)))
    client = start_app(pacs_url=archive.url, **QUICK)
    procedure = client.post("/v1/procedures", content=cine, headers=DICOM).json()["id"]
    wait_for(tmp_path, PushState.DEAD)
    (entry,) = client.get("/v1/pushes", params={"state": "dead"}).json()["pushes"]
    assert (entry["procedure_id"], entry["attempts"], entry["problem"][:13]) == (procedure, 1, "push-refused:")
    assert client.post("/v1/pushes/unknown/retry").status_code == 404
    assert client.post(f"/v1/pushes/{procedure}/retry").status_code == 202
    wait_for(tmp_path, PushState.DELIVERED)
    assert client.get("/v1/pushes", params={"state": "dead"}).json()["pushes"] == []


def test_given_up_after_the_last_try(start_app: StartApp, archive: FakeArchive, cine: bytes, tmp_path: Path) -> None:
    client = start_app(pacs_url=archive.url, pacs_attempts=3, **QUICK)  # the archive never gets the image itself
    client.post("/v1/procedures", content=cine, headers=DICOM)
    push = wait_for(tmp_path, PushState.DEAD)
    assert (push.attempts, push.problem) == (3, "source-missing: the archive has no such image")


def test_pictures_without_a_study_are_not_pushed(
    start_app: StartApp, archive: FakeArchive, tmp_path: Path, segmenter: FakeSegmenter
) -> None:
    client = start_app(pacs_url=archive.url, **QUICK)
    file = dataset([scene()])
    del file.StudyInstanceUID
    assert client.post("/v1/procedures", content=written(file), headers=DICOM).status_code == 201
    assert client.get("/v1/pushes").json()["pushes"] == []


def test_without_an_archive_nothing_is_kept_of_identifiers(client: TestClient, cine: bytes, tmp_path: Path) -> None:
    client.post("/v1/procedures", content=cine, headers=DICOM)
    assert not (tmp_path / "data" / OUTBOX).exists()
    assert client.get("/v1/pushes").json()["pushes"] == []


def test_a_study_stored_by_dicomweb_is_pushed_too(
    start_app: StartApp, archive: FakeArchive, cine: bytes, tmp_path: Path
) -> None:
    from tests.service.pacs.test_stow import post

    archive.add(cine)
    client = start_app(pacs_url=archive.url, **QUICK)
    answer: Any = post(client, cine)
    assert answer.status_code == 200
    wait_for(tmp_path, PushState.DELIVERED)
