"""A DICOMweb server as an archive: asked page by page, for the wanted period, its instances as they are stored."""

from collections.abc import Iterator
from datetime import date

import pytest

pytest.importorskip("dicomweb_client", reason="needs the extra audit")

import service.audit.dicomweb
from imaging.dicom import read_dicom
from imaging.errors import UnreadableImage
from service.audit.archive import EVERYTHING, Selection
from service.audit.dicomweb import DicomWebArchive
from service.audit.run import open_archive
from service.errors import ArchiveUnreachable, NotFound
from tests.service.dicomweb_stub import Stub, dicomweb_server
from tests.service.pictures import dicom, picture

CINE = dicom([picture()])


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr(service.audit.dicomweb, "_PATIENCE_S", (0.01,))
    monkeypatch.setattr(service.audit.dicomweb, "_PAGE", 4)
    tree = {f"1.{study}": {f"1.{study}.1": {f"1.{study}.1.{n}": CINE for n in (1, 2)}} for study in range(1, 11)}
    tree["1.7"]["1.7.1"]["1.7.1.2"] = b"\0" * 200
    with dicomweb_server(tree) as stub:
        yield stub


def test_studies_are_asked_for_a_page_at_a_time(stub: Stub) -> None:
    names = open_archive(stub.url).names(EVERYTHING)
    assert next(names) == "1.1/1.1.1/1.1.1.1"
    assert len(stub.asked) == 3  # a page of studies, the series of the first, its instances: no more
    found = ["1.1/1.1.1/1.1.1.1", *names]
    assert len(set(found)) == len(found) == 20
    assert sum(path.startswith("/dicom-web/studies?") for path in stub.asked) == 4


def test_ultrasound_of_the_wanted_period_is_asked_for(stub: Stub) -> None:
    archive = DicomWebArchive(stub.url)
    next(archive.names(Selection(since=date(2025, 1, 2), until=date(2025, 6, 30))))
    assert "StudyDate=20250102-20250630" in stub.asked[0]
    assert "ModalitiesInStudy=US" in stub.asked[0]
    assert "Modality=US" in stub.asked[1]
    next(archive.names(Selection(until=date(2025, 6, 30))))
    assert "StudyDate=-20250630" in stub.asked[3]


def test_an_instance_comes_as_it_is_stored(stub: Stub) -> None:
    with DicomWebArchive(stub.url).fetched("1.3/1.3.1/1.3.1.2") as path:
        fetched = read_dicom(path).frame(0)
    assert fetched.pixels_sha256 == read_dicom(CINE).frame(0).pixels_sha256
    assert not path.exists()


def test_an_instance_that_is_gone_and_one_that_is_none(stub: Stub) -> None:
    archive = DicomWebArchive(stub.url)
    with pytest.raises(NotFound), archive.fetched("1.3/1.3.1/1.3.1.9"):
        pass
    with pytest.raises(UnreadableImage), archive.fetched("1.7/1.7.1/1.7.1.2"):
        pass


def test_a_server_that_refuses_is_asked_again_and_then_given_up(stub: Stub) -> None:
    stub.refuse = 500
    archive = DicomWebArchive(stub.url)
    with pytest.raises(ArchiveUnreachable, match="status 500"):
        next(archive.names(EVERYTHING))
    assert len(stub.asked) == 2
    with pytest.raises(ArchiveUnreachable), archive.fetched("1.3/1.3.1/1.3.1.2"):
        pass
