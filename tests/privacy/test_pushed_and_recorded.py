"""A file full of a person, its results pushed to an archive, and every access written down.

What is pushed bears the patient and study that the archive itself has for the image, or it could file it nowhere; what
is kept for a push are the image's identifiers there, in a file of its own. Nothing else of the person is in either.
"""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from imaging.results.source import PATIENT_AND_STUDY
from service.pacs.link import OUTBOX
from service.pacs.outbox import PushState
from tests.privacy.person import STEM, marked_dicom, seen_in, seen_under
from tests.service.access.conftest import Make, bearer, key_store, make, settings
from tests.service.conftest import StartApp
from tests.service.pacs.fake_archive import FakeArchive, running
from tests.service.pacs.test_pushing import DICOM, QUICK, wait_for
from tests.service.pacs.test_stow import RELATED, related

__all__ = ["key_store", "make", "settings"]
FILE = marked_dicom()
_IMAGE = frozenset(("Manufacturer", "ManufacturerModelName"))
"""What made the image, which is no person."""
_MOMENTS = frozenset(("ContentDate", "ContentTime", "SeriesDate", "SeriesTime", "InstanceCreationDate"))
"""The study's own day, so that what is made anew is the same object."""
_REFERENCES = frozenset(("StudyInstanceUID", "SeriesInstanceUID", "ReferencedSOPInstanceUID", "FrameOfReferenceUID"))
_MAY = _IMAGE | _MOMENTS | _REFERENCES | frozenset(PATIENT_AND_STUDY)


@pytest.fixture
def archive() -> Iterator[FakeArchive]:
    with running(FakeArchive()) as server:
        server.add(FILE)
        yield server


def named(result: Dataset) -> set[str]:
    """Attributes in which the person is found, those in sequences too."""
    return {
        element.keyword
        for element in result.iterall()
        if element.VR != "SQ" and seen_in(str(element.value).encode() + b"\0" + element.keyword.encode())
    }


def test_what_is_pushed_bears_the_patient_of_its_image_and_nothing_else(
    start_app: StartApp, archive: FakeArchive, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    archive.refusals.append((503, f"{STEM} has no room".encode()))
    client = start_app(pacs_url=archive.url, **QUICK)
    assert client.post("/v1/procedures", content=FILE, headers=DICOM).status_code == 201
    assert wait_for(tmp_path, PushState.DELIVERED).attempts == 2
    image = str(dcmread(io.BytesIO(FILE)).SOPInstanceUID)
    results = [result for result in archive.datasets() if result.SOPInstanceUID != image]
    assert len(results) == 3
    for result in results:
        assert STEM in str(result.PatientID)
        assert named(result) <= _MAY, result.SOPClassUID.name
    require_nobody_but_in_the_outbox(client, tmp_path, capfd)


def test_what_an_archive_refuses_with_a_name_in_its_answer(
    start_app: StartApp, archive: FakeArchive, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    archive.refusals.append((409, f"{STEM} is not welcome".encode()))
    client = start_app(pacs_url=archive.url, **QUICK)
    assert client.post("/v1/procedures", content=FILE, headers=DICOM).status_code == 201
    wait_for(tmp_path, PushState.DEAD)
    require_nobody_but_in_the_outbox(client, tmp_path, capfd)


def require_nobody_but_in_the_outbox(client: TestClient, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Answers, logs and files: the outbox alone has the image's identifiers, and is its owner's alone."""
    for path in ("/v1/pushes", "/v1/procedures", "/metrics"):
        assert not seen_in(client.get(path).content), path
    for name, found in seen_under(folder / "data"):
        assert name.startswith(OUTBOX), (name, found)
        assert found == ["UID"], (name, found)
        assert (folder / "data" / name).stat().st_mode & 0o077 == 0, name
    told = capfd.readouterr()
    assert not seen_in((told.out + told.err).encode()), told.err[-2000:]


def test_records_of_access(start_app: StartApp, make: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    client = start_app(access="required", workers=1)
    headers = bearer(make("workstation", "reviewer")) | {"User-Agent": STEM, "Referer": f"https://{STEM}.example/"}
    asked = (client.post(f"/v1/procedures{query}", content=FILE, headers=headers | DICOM) for query in (f"?{STEM}", ""))
    refused, posted = asked
    assert (refused.status_code, posted.status_code) == (422, 201)
    client.post("/dicom-web/studies", content=related(FILE), headers=headers | {"content-type": RELATED})
    client.post(f"/dicom-web/studies/{STEM}", content=related(FILE), headers=headers | {"content-type": RELATED})
    for path in (f"/v1/procedures/{STEM}", f"/{STEM}", f"/v1/procedures?name={STEM}", posted.headers["location"]):
        client.get(path, headers=headers)
    client.get("/v1/procedures", headers=bearer(f"sonoplace_{STEM}_{STEM}"))
    client.get("/v1/procedures", headers={"Authorization": f"Bearer {STEM}.{STEM}.{STEM}"})
    client.put(posted.headers["location"] + "/record", json={"operator": STEM, STEM: STEM}, headers=headers)
    with client.websocket_connect("/v1/live", headers=headers) as line, suppress(WebSocketDisconnect):
        line.send_text(f'{{"type": "{STEM}"}}')
        while True:
            line.receive_text()
    records = b"".join(path.read_bytes() for path in (tmp_path / "data" / "access").iterdir() if path.is_file())
    assert records.count(b"\n") >= 10
    assert not seen_in(records)
    told = capfd.readouterr()
    assert not seen_in((told.out + told.err).encode()), told.err[-2000:]
