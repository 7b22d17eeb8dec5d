"""What is listed and handed over by folders and object stores, and what a selection takes."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from service.audit.archive import EVERYTHING, Selection
from service.audit.folder import FolderArchive
from service.audit.run import open_archive
from service.errors import ArchiveUnreachable, BadQuery, NotFound

pytest.importorskip("obstore", reason="needs the extra audit")
from obstore.store import MemoryStore

from service.audit.objects import ObjectArchive, copied, listed

MAY, JUNE = date(2025, 5, 31), date(2025, 6, 1)


@pytest.mark.parametrize(
    ("selection", "study_date", "descriptions", "taken"),
    [
        (Selection(), None, (), True),
        (Selection(since=JUNE), JUNE, (), True),
        (Selection(since=JUNE), MAY, (), False),
        (Selection(until=MAY), MAY, (), True),
        (Selection(until=MAY), JUNE, (), False),
        (Selection(since=MAY, until=JUNE), None, (), False),
        (Selection(description="KNEE"), None, ("", "left knee long axis"), True),
        (Selection(description="knee"), None, ("hip", ""), False),
        (Selection(description="knee"), None, (), False),
        (Selection(since=JUNE, description="knee"), MAY, ("knee",), False),
    ],
)
def test_a_selection_takes_what_it_names(
    selection: Selection, study_date: date | None, descriptions: tuple[str, ...], taken: bool
) -> None:
    assert selection.takes(study_date, descriptions) is taken


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(BadQuery, match="expected its end on or after"):
        Selection(since=JUNE, until=MAY)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b/2.dcm", "b/1.dcm", "a.dcm", "c/d/e", ".hidden/x", "c/.part"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_a_folder_is_listed_in_order_without_hidden_files_and_loops(tree: Path) -> None:
    (tree / "loop").symlink_to(tree)
    assert list(FolderArchive(tree).names(EVERYTHING)) == ["a.dcm", "b/1.dcm", "b/2.dcm", "c/d/e"]


def test_a_folder_is_listed_lazily(tree: Path) -> None:
    names = FolderArchive(tree).names(EVERYTHING)
    assert next(names) == "a.dcm"
    (tree / "c" / "d" / "f").touch()
    assert list(names)[-1] == "c/d/f"


def test_a_folder_that_cannot_be_read_is_named_instead_of_its_files(tree: Path) -> None:
    names = FolderArchive(tree).names(EVERYTHING)
    assert next(names) == "a.dcm"
    shutil.rmtree(tree / "b")
    assert list(names) == ["b", "c/d/e"]


def test_a_folder_that_is_not_there_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(FolderArchive(tmp_path / "gone").names(EVERYTHING))


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://me:secret@pacs.example:8042/dicom-web", "https://pacs.example:8042/dicom-web"),
        ("s3://bucket/knees?X-Amz-Signature=1", "s3://bucket/knees"),
    ],
)
def test_no_secret_of_an_address_is_written_down(address: str, written: str) -> None:
    assert open_archive(address).identity == written


def test_an_object_store_gives_the_same_files(tree: Path) -> None:
    archive = open_archive(f"file://{tree}")
    assert isinstance(archive, ObjectArchive)
    assert sorted(archive.names(EVERYTHING)) == list(FolderArchive(tree).names(EVERYTHING))
    with archive.fetched("b/2.dcm") as path:
        assert (path.read_bytes(), path.suffix) == (b"b/2.dcm", ".dcm")
    assert not path.exists()
    with pytest.raises(NotFound), archive.fetched("b/3.dcm"):
        pass


def test_an_object_store_in_memory(tmp_path: Path) -> None:
    store = MemoryStore()
    for number in range(1200):
        store.put(f"x/{number}", str(number).encode())
    assert sorted(listed(store)) == sorted(f"x/{number}" for number in range(1200))
    copied(store, "x/7", tmp_path / "seven")
    assert (tmp_path / "seven").read_bytes() == b"7"
    with pytest.raises(NotFound):
        copied(store, "y", tmp_path / "y")


@pytest.mark.parametrize(
    ("source", "error"), [("gone/away", BadQuery), ("nothing://x/y", ArchiveUnreachable), ("file:///x/y", None)]
)
def test_an_address_that_is_none(source: str, error: type[Exception] | None) -> None:
    if error is None:
        assert open_archive(source).identity == source
        return
    with pytest.raises(error):
        list(open_archive(source).names(EVERYTHING))
