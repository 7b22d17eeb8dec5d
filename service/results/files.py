"""Results of DICOM files on disk: what is taken, what is written, and what was refused for which reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from imaging.errors import ImagingError, NotRepresentable
from imaging.results.source import SourceImage, read_source
from service.engine import Engine
from service.errors import ServiceError
from service.media import HEAD_BYTES, Media, sniffed
from service.reading import Reading
from service.results.build import ResultOptions, build_result
from service.results.judging import judge
from service.results.kinds import ResultKind
from service.settings import Settings
from service.source import open_source

_SUFFIXES = (".dcm", ".dicom")


@dataclass(frozen=True, slots=True)
class DicomTask:
    """Which results are wanted of each file, and how it is to be read."""

    kinds: tuple[ResultKind, ...]
    reading: Reading
    options: ResultOptions


@dataclass(frozen=True, slots=True)
class FileResults:
    """What became of one file: the results written, and per kind why there is none (``file`` for all of them)."""

    path: Path
    written: tuple[Path, ...]
    refused: dict[str, str]


def dicom_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files named, and in folders those that are DICOM."""
    for path in paths:
        if path.is_dir():
            yield from (file for file in sorted(path.rglob("*")) if file.is_file() and _is_dicom(file))
        else:
            yield path


def write_results(path: Path, out: Path, task: DicomTask, engine: Engine) -> FileResults:
    """Write every wanted result of a file that the standard can hold."""
    written: list[Path] = []
    refused: dict[str, str] = {}
    try:
        source = open_source(path, Media.DICOM, task.reading, Settings().max_frames)
        header = read_source(path)
        options = replace(task.options, content_at=task.options.content_at or _moment_of_file(header, path))
        judged = judge(source, engine, options.seg.segments, pictures=ResultKind.SC in task.kinds)
        out.mkdir(parents=True, exist_ok=True)
        for kind in task.kinds:
            try:
                content = build_result(kind, header, judged, engine, options)
            except NotRepresentable as error:
                refused[kind.value] = str(error)
            else:
                written.append(out / f"{path.stem}.{kind.value}.dcm")
                written[-1].write_bytes(content)
    except (ImagingError, ServiceError, OSError) as error:
        refused["file"] = f"{type(error).__name__}: {error}"
    return FileResults(path, tuple(written), refused)


def _moment_of_file(header: SourceImage, path: Path) -> datetime | None:
    """When the file was last changed, for an image that states no time of its own."""
    return None if header.moment() else datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix.lower() in _SUFFIXES or sniffed(file.read(HEAD_BYTES)) is Media.DICOM
