"""One file into rows: columns as documented, reasons as coded, nothing about people."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

pytest.importorskip("pyarrow", reason="needs the extra audit")

from imaging.rules import ScoringRules
from service.audit.archive import Selection
from service.audit.folder import FolderArchive
from service.audit.judge import Judge, Judged
from service.audit.labels import DatePrecision, Labels, read_labels
from service.audit.schema import TABLES
from service.audit.shard import FileState
from service.engine import Engine
from service.store.identifiers import IdentifierKey
from tests.service.audit_archives import described, question
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, INSIDE, PERSON, SOP_UID, STUDY_UID, dicom, picture, png


@pytest.fixture
def cine(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "deep" / "cine.dcm"
    path.parent.mkdir(parents=True)
    path.write_bytes(dicom([picture(INSIDE)] * 4 + [picture(BELOW)]))
    described(path, StudyDate="20250614", PerformingPhysicianName="Quillfeather^Ambrose", ManufacturerModelName="W9")
    return path


def judge(folder: Path, name: str = "deep/cine.dcm", **asked: Any) -> Judged:
    engine = Engine(FakeSegmenter(), ScoringRules())
    return Judge(engine, question(folder, **asked)).judge(name, FolderArchive(folder / "in"))


def test_a_service_knows_the_same_file_by_the_same_identifier(cine: Path, tmp_path: Path, client: TestClient) -> None:
    headers = {"Content-Type": "application/dicom"}
    posted = client.post("/v1/procedures", content=cine.read_bytes(), headers=headers).json()
    assert judge(tmp_path).procedures[0]["service_id"] == posted["id"]


def test_a_cine_becomes_a_procedure_and_its_frames(cine: Path, tmp_path: Path) -> None:
    judged = judge(tmp_path)
    (procedure,) = judged.procedures
    assert judged.state is FileState.DONE
    assert list(map(len, (judged.procedures, judged.frames, judged.failures))) == [1, 5, 0]
    assert set(procedure) == set(TABLES["procedures"].names)
    assert all(set(frame) == set(TABLES["frames"].names) for frame in judged.frames)
    assert [frame["verdict"] for frame in judged.frames] == ["inside"] * 4 + ["outside"]
    assert [frame["time_ms"] for frame in judged.frames] == [0.0, 40.0, 80.0, 120.0, 160.0]
    kept = (
        "frames",
        "width_px",
        "height_px",
        "calibration",
        "spacing_row_mm",
        "scanner",
        "study_date",
        "frames_inside",
    )
    assert [procedure[name] for name in kept] == [5, 240, 200, "dicom-region", 0.2, "W9", "2025-06", 4]


def test_the_same_file_gives_the_same_rows(cine: Path, tmp_path: Path) -> None:
    assert judge(tmp_path) == judge(tmp_path)


def test_identifiers_are_hashed_with_the_site_s_key(cine: Path, tmp_path: Path) -> None:
    (procedure,) = judge(tmp_path).procedures
    key = IdentifierKey(tmp_path / "identifiers.key")
    assert procedure["operator_hmac"] == key.hashed("Quillfeather^Ambrose")
    assert procedure["site_hmac"] == key.hashed(PERSON["InstitutionName"])
    assert (procedure["sop_hmac"], procedure["study_hmac"]) == (key.hashed(SOP_UID), key.hashed(STUDY_UID))


def test_nothing_about_a_person_is_in_any_row(cine: Path, tmp_path: Path) -> None:
    judged = judge(tmp_path, dates=DatePrecision.NONE)
    written = json.dumps([*judged.procedures, *judged.frames])
    words = [word for value in PERSON.values() for word in value.split("^")]
    assert [word for word in (*words, SOP_UID, STUDY_UID, "20250614", "2025-06", "cine.dcm") if word in written] == []


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.txt", b"hello", "unsupported-media-type"),
        ("x", b"hello", "unreadable-image"),
        ("x.dcm", dicom([picture()])[:900], "unreadable-image"),
        ("two.dcm", dicom([picture()], spacings_mm=(0.2, 0.3)), "ambiguous-regions"),
        ("gone.dcm", None, "unreadable-file"),
    ],
)
def test_a_file_that_cannot_be_analysed_is_a_row_with_its_reason(
    tmp_path: Path, name: str, content: bytes | None, code: str
) -> None:
    (tmp_path / "in").mkdir()
    if content is not None:
        (tmp_path / "in" / name).write_bytes(content)
    judged = judge(tmp_path, name)
    (row,) = judged.failures
    assert set(row) == set(TABLES["failures"].names)
    assert (judged.state, row["path"], row["code"], row["quarantined"]) == (FileState.FAILED, name, code, False)
    assert str(tmp_path) not in row["detail"]


def test_a_picture_is_a_procedure_of_one_frame_without_a_verdict(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.png").write_bytes(png())
    (procedure,) = judge(tmp_path, "x.png").procedures
    assert (procedure["frames"], procedure["verdict"], procedure["calibration"]) == (1, "not_assessed", None)
    assert procedure["sop_hmac"] is None


@pytest.mark.parametrize(
    ("selection", "state"),
    [
        (Selection(since=date(2025, 6, 14), description="of Araminta"), FileState.DONE),
        (Selection(since=date(2025, 6, 15)), FileState.SKIPPED),
        (Selection(description="shoulder"), FileState.SKIPPED),
    ],
)
def test_what_is_not_wanted_is_skipped_before_it_is_decoded(
    cine: Path, tmp_path: Path, selection: Selection, state: FileState
) -> None:
    judged = judge(tmp_path, selection=selection)
    assert (judged.state, len(judged.frames)) == (state, 5 if state is FileState.DONE else 0)


@pytest.mark.parametrize(
    ("precision", "cut"),
    [("none", None), ("year", "2025"), ("quarter", "2025-Q2"), ("month", "2025-06"), ("day", "2025-06-14")],
)
def test_a_date_is_kept_as_precisely_as_allowed(precision: str, cut: str | None) -> None:
    assert DatePrecision(precision).cut(date(2025, 6, 14)) == cut
    assert DatePrecision(precision).cut(None) is None


@pytest.mark.parametrize("study_date", ["", "20251301", "june", "2025.06.14"])
def test_a_date_that_is_none_is_none(cine: Path, study_date: str) -> None:
    described(cine, StudyDescription="")
    data = cine.read_bytes().replace(b"20250614", study_date.ljust(8)[:8].encode())
    cine.write_bytes(data)
    assert read_labels(cine).study_date is None


def test_an_operator_stands_in_for_a_physician(cine: Path) -> None:
    described(cine, PerformingPhysicianName="", OperatorsName="Someone")
    labels = read_labels(cine)
    assert (labels.operator, labels.site) == ("Someone", PERSON["InstitutionName"])
    assert Labels().hashed(IdentifierKey(cine.with_name("key")))["site_hmac"] is None
