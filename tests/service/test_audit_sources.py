"""The same files in a folder, an object store and a DICOMweb server: the same ones are taken, by date and words."""

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pydicom import dcmread

pytest.importorskip("obstore", reason="needs the extra audit")
pytest.importorskip("dicomweb_client", reason="needs the extra audit")

from obstore.store import from_url

from imaging.rules import ScoringRules
from service.audit.archive import EVERYTHING, Archive, Selection
from service.audit.judge import Judge, Judged
from service.audit.run import open_archive
from service.audit.shard import FileState
from service.engine import Engine
from tests.service.audit_archives import described, question
from tests.service.backends import new_bucket
from tests.service.dicomweb_stub import Tree, dicomweb_server
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, INSIDE, dicom, picture

FILES = {
    "a/1.dcm": ("20250531", "Left knee", "long axis"),
    "a/2.dcm": ("20250601", "left knee", "needle"),
    "b/3.dcm": ("20250601", "hip", "long axis"),
    "b/4.dcm": ("20250602", "follow-up", "KNEE, after"),
    "b/5.dcm": ("", "left knee", "no date"),
}
"""Study date, description of the study and of the series."""
JUNE, FIRST = date(2025, 6, 1), date(2025, 6, 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources") / "in"
    for number, (name, (day, study, series)) in enumerate(FILES.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dicom([picture(INSIDE), picture((60 + number, BELOW[1]))]))
        uids = {"StudyInstanceUID": f"1.2.{number}", "SeriesInstanceUID": f"1.2.{number}.1"}
        described(path, StudyDate=day, StudyDescription=study, SeriesDescription=series, **uids)
    return folder


@pytest.fixture(params=["folder", "file", "s3", "dicomweb"])
def archive(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    if request.param == "folder":
        yield open_archive(str(folder))
    elif request.param == "file":
        yield open_archive(f"file://{folder}")
    elif request.param == "s3":
        yield open_archive(in_a_bucket(request.getfixturevalue("s3"), folder, monkeypatch))
    else:
        with dicomweb_server(tree_of(folder)) as stub:
            yield open_archive(stub.url)


def in_a_bucket(endpoint: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    keys = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        **keys,
    }.items():
        monkeypatch.setenv(name, value)
    address = new_bucket(endpoint)
    for name in FILES:
        from_url(address).put(name, folder / name)
    return address


def tree_of(folder: Path) -> Tree:
    """A server that knows no filter: what it sends too much must be left out here."""
    tree: Tree = {}
    for name in FILES:
        data = (folder / name).read_bytes()
        read = dcmread(io.BytesIO(data), stop_before_pixels=True)
        tree[str(read.StudyInstanceUID)] = {str(read.SeriesInstanceUID): {str(read.SOPInstanceUID): data}}
    return tree


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (EVERYTHING, "12345"),
        (Selection(since=JUNE, until=JUNE), "23"),
        (Selection(description="knee"), "1245"),
        (Selection(since=JUNE, description="knee"), "24"),
        (Selection(since=JUNE, until=FIRST, description="long axis"), "3"),
    ],
    ids=["all", "a day", "words", "day and words", "period and series"],
)
def test_the_same_are_taken(archive: Archive, folder: Path, selection: Selection, taken: str) -> None:
    judge = Judge(Engine(FakeSegmenter(), ScoringRules()), question(folder.parent, selection))
    judged = [judge.judge(name, archive) for name in archive.names(selection)]
    assert {one.state for one in judged} <= {FileState.DONE, FileState.SKIPPED}
    assert pictures(judged) == expected(judge, folder, taken)


def pictures(judged: list[Judged]) -> list[tuple[str, str | None, int]]:
    """What each procedure is known by whatever it is called: its pixels, its month, its frames."""
    rows = [row for one in judged for row in one.procedures]
    return sorted((row["pixels_sha256"], row["study_date"], row["frames"]) for row in rows)


def expected(judge: Judge, folder: Path, taken: str) -> list[tuple[str, str | None, int]]:
    whole = Judge(judge.engine, question(folder.parent))
    named = [name for name in FILES if name[2] in taken]
    return pictures([whole.judge(name, open_archive(str(folder))) for name in named])
