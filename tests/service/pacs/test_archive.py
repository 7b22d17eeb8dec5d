"""What the archive says, and whether it is worth asking again."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from service.decoding.ask import InstanceName
from service.errors import ArchiveSilent, PushDelayed, PushRefused, SourceMissing
from service.pacs.archive import Archive
from tests.imaging.dicom.fixtures import SOP_INSTANCE, dataset, grey, written
from tests.service.backends import free_port
from tests.service.pacs.fake_archive import FakeArchive, failed, running

IMAGE = InstanceName("1.2.3.4", "1.2.3.5", SOP_INSTANCE, "1.2.840.10008.5.1.4.1.1.6.1")


@pytest.fixture
def server() -> Iterator[FakeArchive]:
    with running(FakeArchive()) as archive:
        yield archive


def ask(server: FakeArchive, question: Callable[[Archive], Coroutine[Any, Any, Any]]) -> Any:
    async def asked() -> Any:
        archive = Archive(server.url, "Bearer token", timeout_s=60)
        try:
            return await question(archive)
        finally:
            await archive.close()

    return asyncio.run(asked())


def test_header_is_the_archives_own(server: FakeArchive) -> None:
    server.add(written(dataset([grey()], PatientName="CORRECTED^NAME")))
    header = ask(server, lambda archive: archive.header(IMAGE))
    assert (str(header.PatientName), header.SOPInstanceUID) == ("CORRECTED^NAME", SOP_INSTANCE)


def test_an_image_that_is_not_there_may_come(server: FakeArchive) -> None:
    with pytest.raises(SourceMissing):
        ask(server, lambda archive: archive.header(IMAGE))


def test_what_is_stored_arrives_byte_for_byte(server: FakeArchive) -> None:
    file = written(dataset([grey()]))
    for _ in range(2):
        ask(server, lambda archive: archive.store([file]))
    assert server.instances == {SOP_INSTANCE: file}


def test_silence_is_told_from_refusal() -> None:
    with running(FakeArchive(), free_port()) as server:
        pass
    with pytest.raises(ArchiveSilent):
        ask(server, lambda archive: archive.header(IMAGE))


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (503, {}, PushDelayed),
        (401, {}, PushDelayed),
        (429, {}, PushDelayed),
        (400, {}, PushRefused),
        (415, {}, PushRefused),
        (409, failed(0x0122), PushRefused),
        (409, {}, PushRefused),
        (202, failed(0xA700), PushDelayed),
        (202, failed(0x0110), PushRefused),
        (409, failed(0x0111), None),
        (200, failed(0x0110), PushRefused),
        (200, b"<html>", PushRefused),
        (200, b"", None),
        (204, b"", None),
    ],
)
def test_every_answer_has_its_consequence(
    status: int, body: Any, outcome: type[Exception] | None, server: FakeArchive
) -> None:
    server.refusals.append((status, body))
    if outcome is None:
        ask(server, lambda archive: archive.store([written(dataset([grey()]))]))
        return
    with pytest.raises(outcome) as refusal:
        ask(server, lambda archive: archive.store([written(dataset([grey()]))]))
    assert isinstance(refusal.value, PushDelayed) == (outcome is PushDelayed)
