"""DICOM results as files, made from a judged procedure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from imaging.errors import NotRepresentable
from imaging.results.author import Author
from imaging.results.capture import build_sc
from imaging.results.presentation import build_ps
from imaging.results.sealing import DicomResult
from imaging.results.seg import SegOptions, build_seg
from imaging.results.source import SourceImage, read_source
from service.answer import code_version
from service.engine import Engine
from service.errors import Superseded
from service.media import Media
from service.results.judging import JudgedProcedure, judge
from service.results.kinds import ResultKind
from service.source import Source
from service.store.ended import require_answered
from service.store.store import Store
from service.stored_frames import stored_source

__all__ = ["ResultKind", "ResultOptions", "build_result", "build_results", "stored_results"]


@dataclass(frozen=True, slots=True)
class ResultOptions:
    """What results hold.

    ``content_at`` is the moment their content was made, None for the one that the image states.
    """

    seg: SegOptions = field(default_factory=SegOptions)
    content_at: datetime | None = None


def build_results(
    header: SourceImage, source: Source, engine: Engine, kinds: Iterable[ResultKind], options: ResultOptions
) -> Mapping[ResultKind, bytes]:
    """DICOM files about an image or cine, all in its study.

    Parameters
    ----------
    header
        The image that the results refer to.
    source
        Its frames.

    Raises
    ------
    NotRepresentable
        If an object cannot hold what would have to be said.
    """
    wanted = tuple(kinds)
    judged = judge(source, engine, options.seg.segments, pictures=ResultKind.SC in wanted)
    return {kind: build_result(kind, header, judged, engine, options) for kind in wanted}


def build_result(
    kind: ResultKind, header: SourceImage, judged: JudgedProcedure, engine: Engine, options: ResultOptions
) -> bytes:
    """DICOM file of one kind about a judged image.

    Raises
    ------
    NotRepresentable
        If the object cannot hold what would have to be said.
    """
    author = Author(code_version(), engine.segmenter.identity, engine.rules.sha256, options.content_at)
    return _result(kind, header, judged, author, options.seg).content


def stored_results(
    store: Store, procedure_id: str, engine: Engine, kinds: Iterable[ResultKind], seg: SegOptions | None = None
) -> Mapping[ResultKind, bytes]:
    """DICOM files about a stored procedure; they refer to the de-identified copy that is kept of it.

    The content's moment is that of intake, so that the same procedure gives the same bytes whenever it is asked for.

    Raises
    ------
    NotReady, ProcedureFailed
        If the procedure is not answered yet, or never will be.
    Superseded
        If another model or other rules answered it.
    NotRepresentable
        If it did not come as DICOM, so that there is no study to put results in.
    """
    row = store.procedure(procedure_id)
    require_answered(row)
    if Media(row.media_type) is not Media.DICOM:
        msg = f"the procedure came as {row.media_type}: expected DICOM, whose study results belong to"
        raise NotRepresentable(msg)
    judge_of_row = (row.identity["model_sha256"], row.identity["rules_sha256"])
    if judge_of_row != (engine.segmenter.identity.sha256, engine.rules.sha256):
        msg = "another model or other rules answered this procedure: its results would say something else now"
        raise Superseded(msg)
    options = ResultOptions(seg or SegOptions(), row.created_at)
    header = read_source(store.blobs.path(row.blob_sha256))
    return build_results(header, stored_source(store, row), engine, kinds, options)


def _result(
    kind: ResultKind, header: SourceImage, judged: JudgedProcedure, author: Author, seg: SegOptions
) -> DicomResult:
    if kind is ResultKind.SEG:
        return build_seg(header, judged.frames, author, seg)
    if kind is ResultKind.SC:
        first = judged.frames[0]
        return build_sc(header, (first.width, first.height), judged.pictures, author)
    if kind is ResultKind.PS:
        return build_ps(header, judged.frames, author)
    from imaging.results.sr import build_sr  # the templates of reports take two seconds to load

    return build_sr(header, judged.frames, judged.assessed, author)
