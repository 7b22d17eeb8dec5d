"""Archives for tests of the audit: drawn cines, and ones that end their worker. Imported by worker processes too."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from pydicom import dcmread

from service.audit.archive import EVERYTHING, Selection
from service.audit.folder import FolderArchive
from service.audit.judge import Question
from service.audit.labels import DatePrecision
from service.errors import ArchiveUnreachable
from service.reading import Reading
from service.store.identifiers import IdentifierKey
from tests.service.pictures import BELOW, INSIDE, dicom, picture

TIPS = (INSIDE, BELOW, None)


@dataclass(frozen=True, slots=True)
class PoisonedArchive:
    """A folder, some of whose files end the process that fetches them, or raise what nobody expects."""

    root: Path
    deadly: tuple[str, ...] = ()
    raising: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        return FolderArchive(self.root).identity

    def names(self, selection: Selection) -> Iterator[str]:
        return FolderArchive(self.root).names(selection)

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        if name in self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if name in self.raising:
            raise ZeroDivisionError
        yield self.root / name


@dataclass(frozen=True, slots=True)
class AwayArchive:
    """A folder whose names are known and whose files cannot be had."""

    root: Path

    @property
    def identity(self) -> str:
        return FolderArchive(self.root).identity

    def names(self, selection: Selection) -> Iterator[str]:
        return FolderArchive(self.root).names(selection)

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        raise ArchiveUnreachable(name)
        yield self.root


def write_archive(folder: Path, cines: int, frames: int = 2) -> None:
    """Drawn cines over two folders, a broken file and one that is no picture."""
    for index in range(cines):
        target = folder / ("a", "b")[index % 2] / f"{index:03d}.dcm"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(dicom([picture(TIPS[(index + at) % 3]) for at in range(frames)]))
        described(target, StudyDate=f"2025{1 + index % 12:02d}15", SeriesDescription=("knee", "hip")[index % 2])
    (folder / "broken.dcm").write_bytes((folder / "a" / "000.dcm").read_bytes()[:700])
    (folder / "notes.txt").write_text("not a picture")


def described(path: Path, **attributes: Any) -> None:
    """Set attributes of a file."""
    dataset = dcmread(path)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)


def question(folder: Path, selection: Selection = EVERYTHING, dates: DatePrecision = DatePrecision.MONTH) -> Question:
    """Question with a key that lies in this folder."""
    key = IdentifierKey(folder / "identifiers.key")
    return Question(selection, Reading(spacing_yields=True), key, dates, max_frames=100)


def rows(out: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of an audit, sorted."""
    order = {"procedures": "procedure_id", "frames": "procedure_id, frame", "failures": "procedure_id"}
    return {table: duckdb.read_parquet(f"{out}/{table}/*.parquet").order(by).fetchall() for table, by in order.items()}
