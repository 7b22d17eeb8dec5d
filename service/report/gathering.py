"""What is known of one answered procedure, from the store.

Events, key frames and handling of an answer older than the table that keeps them come from the same frames judged again
by the same network and rules. Where another network answers now, the report of such a one does without and says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import orjson

from imaging.placement import Verdict
from imaging.procedure import ProcedureAssessment
from service.engine import Engine
from service.media import Media
from service.procedures.assessed import assessment_from
from service.record.reading import record_of, reviews_of
from service.record.sight import EVERYTHING, Sight
from service.report.timeline_plot import Course
from service.results.judging import judge
from service.store.chain import Entry, EntryKind
from service.store.ended import require_answered
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.stored_frames import stored_source
from service.wire import RecordAnswer, ReviewAnswer


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What a report shows of the stored answer to one frame."""

    captured_at_ns: int | None
    pixels_sha256: str
    bmode_px: tuple[int, int, int, int]
    spacing_mm: tuple[float, float] | None
    spacing_source: str | None
    p_inside: float | None
    signed_distance_mm: float | None
    tip_visible: bool
    needle_seen: bool
    verdict: Verdict

    @classmethod
    def read(cls, answer: bytes) -> "FrameFacts":
        """Facts of an answer as it is stored."""
        said = orjson.loads(answer)
        spacing, placement, needle = said["calibration"]["spacing_mm"], said["placement"], said["needle"]
        return cls(
            captured_at_ns=said["frame"]["captured_at"],
            pixels_sha256=said["frame"]["pixels_sha256"],
            bmode_px=tuple(said["frame"]["bmode_px"]),
            spacing_mm=(spacing[0], spacing[1]) if spacing else None,
            spacing_source=said["calibration"]["source"],
            p_inside=placement["p_inside"],
            signed_distance_mm=placement["signed_distance_mm"],
            tip_visible=needle["tip_visible"],
            needle_seen=needle["shaft_px"] is not None,
            verdict=Verdict(placement["verdict"]),
        )


@dataclass(frozen=True, eq=False)
class ProcedureFacts:
    """Everything that a report of one procedure is made from.

    Parameters
    ----------
    answered
        Link of the chain that holds the answer.
    reviews, reviews_withheld
        What may be seen of what readers signed, and the number of what may not.
    assessed
        What the answer rests on; None where it is not kept and another network or other rules answer now.
    """

    row: ProcedureRow
    answered: Entry
    record: RecordAnswer | None
    reviews: Sequence[ReviewAnswer]
    frames: Sequence[FrameFacts]
    assessed: ProcedureAssessment | None
    reviews_withheld: int = 0

    @property
    def course(self) -> Course:
        """Distance followed over time where that is known; probability and the rest of each frame by itself."""
        at, unit = self._clock()
        timeline = self.assessed.timeline if self.assessed else None
        return Course(
            at=at,
            unit=unit,
            signed_distance_mm=timeline.signed_distance_mm if timeline else self._numbers("signed_distance_mm"),
            p_inside=self._numbers("p_inside"),
            tip_visible=np.array([frame.tip_visible for frame in self.frames], dtype=np.bool_),
            needle_seen=np.array([frame.needle_seen for frame in self.frames], dtype=np.bool_),
            verdict=[frame.verdict for frame in self.frames],
        )

    def _clock(self) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], str]:
        captured = [frame.captured_at_ns for frame in self.frames if frame.captured_at_ns is not None]
        if len(captured) == len(self.frames):
            since = (np.array(captured, dtype=np.int64) - captured[0]) / 1e9
            return np.maximum.accumulate(since.astype(np.float64)), "s"
        index = np.arange(len(self.frames), dtype=np.float64)
        return (index, "frame") if self.row.frame_time_ms is None else (index * self.row.frame_time_ms / 1e3, "s")

    def _numbers(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        values = [getattr(frame, name) for frame in self.frames]
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def gather(store: Store, procedure_id: str, engine: Engine, sight: Sight = EVERYTHING) -> ProcedureFacts:
    """Facts of a stored procedure, with what its answer rests on where that is kept or can be judged again.

    Raises
    ------
    NotFound, NotReady, ProcedureFailed
        As `gather_stored`.
    """
    stored = gather_stored(store, procedure_id, sight)
    return replace(stored, assessed=_assessed(store, stored.row, engine))


def gather_stored(store: Store, procedure_id: str, sight: Sight = EVERYTHING) -> ProcedureFacts:
    """What the store keeps of a procedure.

    Raises
    ------
    NotFound
        If there is none of this id.
    NotReady, ProcedureFailed
        If it is not answered yet, or never will be.
    """
    row = store.procedure(procedure_id)
    require_answered(row)
    reviews = reviews_of(store, row.id)
    seen = sight.seen(reviews)
    return ProcedureFacts(
        row=row,
        answered=store.chain.of(row.id, EntryKind.ANSWERED)[-1],
        record=record_of(store, row.id),
        reviews=seen,
        frames=list(_frames(store, row.id)),
        assessed=None,
        reviews_withheld=len(reviews) - len(seen),
    )


def _frames(store: Store, procedure_id: str) -> Iterator[FrameFacts]:
    return map(FrameFacts.read, store.frame_answers(procedure_id))


def _assessed(store: Store, row: ProcedureRow, engine: Engine) -> ProcedureAssessment | None:
    kept = store.assessment(row.id)
    known = None if kept is None else assessment_from(kept)
    if known is not None:
        return known
    judged_by = (row.identity["model_sha256"], row.identity["rules_sha256"])
    if judged_by != (engine.segmenter.identity.sha256, engine.rules.sha256):
        return None
    return judge(stored_source(store, row), engine, (), pictures=False).assessed


def is_live(row: ProcedureRow) -> bool:
    """Whether a procedure was streamed while it was done."""
    return Media(row.media_type) is Media.LIVE
