"""One file of an archive into rows: read, selected, analysed frame by frame, assessed as a procedure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import ImagingError
from imaging.procedure import AssessmentRules, assess_procedure
from imaging.procedure.observed import observed
from service.answer import identity
from service.audit.archive import Archive, Selection
from service.audit.labels import DatePrecision, Labels, read_labels
from service.audit.rows import (
    FrameNumbers,
    Row,
    assessment_columns,
    frame_row,
    identity_columns,
    picture_columns,
)
from service.audit.shard import FileState
from service.engine import Engine
from service.errors import AuditStopped, ServiceError, UnsupportedMediaType, code_of
from service.media import HEAD_BYTES, Media, sniffed
from service.procedures.admission import procedure_id_of
from service.reading import Reading
from service.source import DicomSource, Source, open_source
from service.store.blobs import file_sha256
from service.store.identifiers import IdentifierKey

if TYPE_CHECKING:
    from imaging.tracking import Observation

UNREADABLE = "unreadable-file"
"""Code of a file that the operating system does not hand over."""
_NO_SUFFIX_NEEDED = (".dcm", ".dicom", ".ima", "")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every file: which are wanted, how they are read, what is kept of their identifiers."""

    selection: Selection
    reading: Reading
    key: IdentifierKey
    dates: DatePrecision
    max_frames: int

    def procedure_id(self, name: str) -> str:
        """Identifier of a file's procedure."""
        return self.key.hashed(f"file:{name}")[:32]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one file."""

    state: FileState
    procedures: Sequence[Row] = ()
    frames: Sequence[Row] = ()
    failures: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges files of one archive with one engine."""

    engine: Engine
    question: Question
    rules: AssessmentRules = field(default_factory=AssessmentRules)

    def judge(self, name: str, archive: Archive) -> Judged:
        """Rows of a file.

        Raises
        ------
        AuditStopped
            If the archive does not answer.
        """
        try:
            with archive.fetched(name) as path:
                return self._judged(self.question.procedure_id(name), path)
        except AuditStopped:
            raise
        except (ImagingError, ServiceError, OSError) as error:
            return failed(self.question, name, *_told(error))

    def _judged(self, procedure_id: str, path: Path) -> Judged:
        media, question = _media(path), self.question
        source = open_source(path, media, question.reading, question.max_frames)
        labels = read_labels(path) if media is Media.DICOM else Labels()
        if not question.selection.takes(labels.study_date, labels.descriptions):
            return Judged(FileState.SKIPPED)
        observations: list[Observation] = []
        numbers: list[FrameNumbers] = []
        frames: list[Row] = []
        for frame in source.frames():
            analysis = self.engine.analyse(frame)
            seen = observed(frame, analysis, source.frame_time_ms, observations[-1] if observations else None)
            observations.append(seen)
            numbers.append(FrameNumbers.of(frame, analysis))
            frames.append(frame_row(procedure_id, analysis, seen.time_ms if source.frame_time_ms else None))
        assessment = assess_procedure(observations, self.rules, timed=source.frame_time_ms is not None)
        row = {
            "procedure_id": procedure_id,
            "service_id": procedure_id_of(file_sha256(path), question.reading, self.engine),
            "study_date": question.dates.cut(labels.study_date),
            "frame_time_ms": source.frame_time_ms,
            "pixels_sha256": _hash_of_all(numbers),
            **labels.hashed(question.key),
            **_scanner(source),
            **picture_columns(numbers),
            **assessment_columns(assessment),
            **identity_columns(engine_identity(self.engine)),
        }
        return Judged(FileState.DONE, [row], frames)


def failed(question: Question, name: str, code: str, detail: str, *, quarantined: bool = False) -> Judged:
    """What became of a file that cannot be analysed."""
    row = {
        "procedure_id": question.procedure_id(name),
        "path": name,
        "code": code,
        "detail": detail,
        "quarantined": quarantined,
    }
    return Judged(FileState.QUARANTINED if quarantined else FileState.FAILED, failures=[row])


def engine_identity(engine: Engine) -> Mapping[str, str]:
    """What answers: network, rules and code."""
    values: dict[str, str] = identity(engine.segmenter.identity, engine.rules.sha256)
    return values


def _told(error: Exception) -> tuple[str, str]:
    """Code and detail of an error; of what the operating system says, the part without the path."""
    if isinstance(error, OSError):
        return UNREADABLE, error.strerror or type(error).__name__
    return code_of(error), str(error)


def _media(path: Path) -> Media:
    with path.open("rb") as file:
        media = sniffed(file.read(HEAD_BYTES))
    if media is None and path.suffix.lower() in _NO_SUFFIX_NEEDED:
        media = Media.DICOM
    if media is None:
        msg = "neither PNG, JPEG nor DICOM"
        raise UnsupportedMediaType(msg)
    return media


def _scanner(source: Source) -> Row:
    image = source.image if isinstance(source, DicomSource) else None
    return {
        "scanner": (image.manufacturer_model or None) if image else None,
        "laterality": image.laterality if image else None,
    }


def _hash_of_all(numbers: Sequence[FrameNumbers]) -> str:
    return hashlib.sha256("\n".join(number.pixels_sha256 for number in numbers).encode()).hexdigest()
