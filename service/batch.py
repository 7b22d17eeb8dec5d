"""Files and folders analysed from the command line: what is taken, what is written, and what went wrong with which."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from imaging.analysis import Analysis
from imaging.errors import ImagingError
from imaging.frame import Frame
from imaging.painting import paint
from imaging.raster import encode_png, resample_labels
from service.answer import frame_json
from service.engine import Engine
from service.errors import ServiceError, UnsupportedMediaType
from service.media import HEAD_BYTES, Media, sniffed
from service.reading import Reading
from service.source import open_source

_OURS = (".labels.png", ".overlay.png")
_DICOM_SUFFIXES = (".dcm", ".dicom")


@dataclass(frozen=True, slots=True)
class Task:
    """One file to analyse, and the name its results get under the output folder."""

    path: Path
    name: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: verdicts counted, or the reason why there are none."""

    path: Path
    verdicts: dict[str, int]
    error: str | None = None


def plan(paths: Iterable[Path]) -> list[Task]:
    """Files to analyse: those named, and in folders those that are pictures; our own pictures are skipped.

    A folder's files keep their place under it. Two files that would get one name keep their suffix.
    """
    found = [task for path in paths for task in _tasks(path)]
    names = Counter(task.name for task in found)
    return [
        Task(task.path, task.name.with_name(task.path.name) if names[task.name] > 1 else task.name) for task in found
    ]


def analyse_file(task: Task, out: Path, reading: Reading, engine: Engine, max_frames: int) -> Outcome:
    """Analyse every frame of a file and write its results."""
    verdicts: Counter[str] = Counter()
    try:
        source = open_source(task.path, _media(task.path), reading, max_frames)
        for index, frame in enumerate(source.frames()):
            analysis = engine.analyse(frame)
            stem = str(out / task.name) + (f".{index:04d}" if source.frame_count > 1 else "")
            _write(analysis, frame, stem, engine)
            verdicts[analysis.placement.verdict.value] += 1
    except (ImagingError, ServiceError, OSError) as error:
        return Outcome(task.path, dict(verdicts), f"{type(error).__name__}: {error}")
    return Outcome(task.path, dict(verdicts))


def _tasks(path: Path) -> Iterator[Task]:
    if not path.is_dir():
        if not path.name.endswith(_OURS):
            yield Task(path, Path(path.stem))
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and not file.name.endswith(_OURS) and _is_picture(file):
            yield Task(file, file.relative_to(path).with_suffix(""))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in _DICOM_SUFFIXES or _sniffed(path) is not None


def _sniffed(path: Path) -> Media | None:
    with path.open("rb") as file:
        return sniffed(file.read(HEAD_BYTES))


def _media(path: Path) -> Media:
    media = _sniffed(path) or (Media.DICOM if path.suffix.lower() in _DICOM_SUFFIXES else None)
    if media is None:
        msg = "neither PNG, JPEG nor DICOM"
        raise UnsupportedMediaType(msg)
    return media


def _write(analysis: Analysis, frame: Frame, stem: str, engine: Engine) -> None:
    Path(stem).parent.mkdir(parents=True, exist_ok=True)
    maps = analysis.segmentation
    labels = resample_labels(maps.labels, maps.grid, frame.height, frame.width)
    picture = paint(engine.draw(analysis), frame.pixels)
    Path(f"{stem}.json").write_bytes(frame_json(analysis, analysis.timing_ms))
    Path(f"{stem}.overlay.png").write_bytes(encode_png(picture))
    Path(f"{stem}.labels.png").write_bytes(encode_png(labels))
