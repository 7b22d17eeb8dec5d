"""Images that come in by STOW-RS, and what the sender is told about each."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from service.errors import BadMultipart
from service.pacs.parts import PartWriter, receive_parts
from tests.imaging.dicom.fixtures import dataset, grey, jpeg_cine, written
from tests.service.conftest import StartApp, until_ready
from tests.service.fake_segmenter import FakeSegmenter

STUDIES = "/dicom-web/studies"
RELATED = 'multipart/related; type="application/dicom"; boundary=b'
FAILED, STORED, OTHER = "00081198", "00081199", "0008119A"


def related(*parts: bytes) -> bytes:
    head = b"\r\nContent-Type: application/dicom\r\n\r\n"
    return b"".join(b"--b" + head + part + b"\r\n" for part in parts) + b"--b--\r\n"


def post(client: TestClient, *parts: bytes, path: str = STUDIES, **headers: str) -> Any:
    return client.post(path, content=related(*parts), headers={"content-type": RELATED} | headers)


def image(sop_uid: str = "1.2.3.9", **elements: Any) -> bytes:
    return written(dataset([grey()], SOPInstanceUID=sop_uid, **elements))


def reasons(module: dict[str, Any], sequence: str) -> list[int]:
    return [item["00081197"]["Value"][0] for item in module.get(sequence, {}).get("Value", [])]


def uids(module: dict[str, Any], sequence: str) -> list[str]:
    return [item["00081155"]["Value"][0] for item in module.get(sequence, {}).get("Value", [])]


def test_instances_become_procedures(client: TestClient) -> None:
    answer = post(client, image("1.2.3.9"), jpeg_cine(3))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/dicom+json")
    assert uids(answer.json(), STORED) == ["1.2.3.9", "1.2.826.0.1.3680043.8.498.1"]
    assert FAILED not in answer.json()
    listed = client.get("/v1/procedures").json()["procedures"]
    assert sorted(entry["frame_count"] for entry in listed) == [1, 3]


def test_storing_again_is_harmless(client: TestClient) -> None:
    for _ in range(2):
        assert post(client, image()).status_code == 200
    assert client.get("/v1/procedures").json()["total"] == 1


def test_what_was_refused_is_named_with_a_reason_and_stops_nothing_else(client: TestClient) -> None:
    report = image("1.2.3.10", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", Modality="SR")
    answer = post(client, image(), report, b"not DICOM at all", image("1.2.3.11")[:-100])
    assert answer.status_code == 202
    assert uids(answer.json(), STORED) == ["1.2.3.9"]
    assert dict(zip(uids(answer.json(), FAILED), reasons(answer.json(), FAILED), strict=True)) == {
        "1.2.3.10": 0x0122, "1.2.3.11": 0xC000
    }  # fmt: skip
    assert reasons(answer.json(), OTHER) == [0xC000]


def test_nothing_accepted_is_a_conflict(client: TestClient) -> None:
    answer = post(client, image(Modality="MR"))
    assert (answer.status_code, reasons(answer.json(), FAILED)) == (409, [0x0122])
    assert client.get("/v1/procedures").json()["total"] == 0


def test_an_instance_of_another_study_is_refused(client: TestClient) -> None:
    own, other = image("1.2.3.9", StudyInstanceUID="1.2.7"), image("1.2.3.10", StudyInstanceUID="1.2.8")
    answer = post(client, own, other, path=f"{STUDIES}/1.2.7")
    assert (answer.status_code, uids(answer.json(), STORED)) == (202, ["1.2.3.9"])
    assert reasons(answer.json(), FAILED) == [0xA900]


def test_too_many_at_once_are_told_to_come_back(start_app: StartApp, segmenter: FakeSegmenter) -> None:
    client = start_app(max_procedures_queued=1)
    until_ready(client)
    segmenter.open.clear()
    assert post(client, image("1.2.3.1")).status_code == 200
    answer = post(client, image("1.2.3.2"))
    assert (answer.status_code, reasons(answer.json(), FAILED)) == (503, [0xA700])


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/dicom", 415),
        ('multipart/related; type="application/dicom+json"; boundary=b', 415),
        ("multipart/form-data; boundary=b", 415),
        ('multipart/related; type="application/dicom"', 400),
        ("multipart/related; boundary=other", 400),
        ("multipart/related; boundary=b", 200),
    ],
)
def test_content_type_decides(client: TestClient, content_type: str, status: int) -> None:
    answer = client.post(STUDIES, content=related(image()), headers={"content-type": content_type})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("body", [b"", b"--b--\r\n", related(b"x")[:-8], b"nothing\r\n--b"])
def test_a_body_that_is_not_its_parts_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post(STUDIES, content=body, headers={"content-type": RELATED})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-multipart")


@pytest.mark.parametrize(
    "parameter", ["boundary*=utf-8''%E4%FF%00", "boundary*0*=utf-8''%E2%82%AC", "boundary*" + "9" * 5000 + "=X", "x=y"]
)
def test_a_boundary_that_can_be_none_is_refused(client: TestClient, parameter: str) -> None:
    kind = f'multipart/related; type="application/dicom"; {parameter}'
    answer = client.post(STUDIES, content=related(image()), headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-multipart")


def test_limits_and_accept(start_app: StartApp) -> None:
    client = start_app(max_upload_mb=0.001)
    assert post(client, image()).status_code == 413
    assert post(client, image(), accept="application/dicom+xml").status_code == 406


def test_nothing_is_left_of_what_arrived(client: TestClient, tmp_path: Path) -> None:
    post(client, image(), b"not DICOM")
    assert [path for path in (tmp_path / "data").rglob("incoming/**/*") if path.is_file() and path.stat().st_size] == []


@given(parts=st.lists(st.binary(max_size=200), min_size=1, max_size=4), size=st.integers(1, 50))
def test_parts_arrive_whole_however_the_body_is_cut(
    parts: list[bytes], size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    parts = [part.replace(b"--b", b"") for part in parts]
    folder, body = tmp_path_factory.mktemp("parts"), related(*parts)
    numbers = iter(range(100))
    writer = PartWriter("b", lambda: folder / str(next(numbers)))

    async def chunks() -> Any:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    asyncio.run(receive_parts(chunks(), writer))
    assert [path.read_bytes() for path in writer.files] == parts


def test_a_flood_of_parts_is_refused(tmp_path: Path) -> None:
    numbers = iter(range(1_000))
    writer = PartWriter("b", lambda: tmp_path / str(next(numbers)))
    with pytest.raises(BadMultipart, match="more than 200"):
        writer.write(related(*[b"x"] * 300))
    writer.close()
