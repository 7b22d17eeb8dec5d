"""One procedure judged frame by frame: for the store, or once more to compare."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from imaging.analysis import Analysis
from imaging.overlay import to_svg
from imaging.procedure import AssessmentRules, assess_procedure, observed
from service.answer import frame_json, identity, summary_answer
from service.engine import Engine
from service.procedures.assessed import assessment_content
from service.store.frames import FrameRecord
from service.store.sealing import Conclusion
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.stored_frames import stored_source

if TYPE_CHECKING:
    from imaging.tracking import Observation

_BATCH = 16
"""Frames per commit: about as long to analyse as a screen stays unchanged before one wonders."""


OnFrame = Callable[[Analysis, Mapping[str, float]], None]
"""Told of a judged frame: its analysis, and milliseconds per stage, decoding and writing included."""


def _unheard(_: Analysis, __: Mapping[str, float]) -> None:
    """Tell nobody."""


class Judging:
    """Frames of one stored procedure, judged in order; the same frames, model and rules give the same bytes."""

    def __init__(self, store: Store, row: ProcedureRow, engine: Engine, on_frame: OnFrame = _unheard) -> None:
        source = stored_source(store, row)
        self._frame_count = row.frame_count
        self._frame_time_ms = row.frame_time_ms
        self._engine = engine
        self._on_frame = on_frame
        self._frames = source.frames()
        self._seen: list[Observation] = []

    @property
    def done(self) -> bool:
        """Whether every frame is judged."""
        return len(self._seen) == self._frame_count

    def next(self) -> FrameRecord:
        """Judge the next frame."""
        begun = time.perf_counter()
        frame = next(self._frames)
        decoded = time.perf_counter()
        analysis = self._engine.analyse(frame)
        before = self._seen[-1] if self._seen else None
        self._seen.append(observed(frame, analysis, self._frame_time_ms, before))
        judged = time.perf_counter()
        overlay = to_svg(self._engine.draw(analysis)).encode()
        drawn = time.perf_counter()
        answer = frame_json(analysis, {})
        written = time.perf_counter()
        spent_s = {"decode": decoded - begun, "overlay": drawn - judged, "json": written - drawn}
        self._on_frame(analysis, dict(analysis.timing_ms) | {stage: value * 1e3 for stage, value in spent_s.items()})
        return FrameRecord(analysis.frame_index, answer, overlay)

    def conclude(self) -> Conclusion:
        """Judge the procedure from all of its frames."""
        rules = AssessmentRules(scoring=self._engine.rules)
        assessed = assess_procedure(self._seen, rules, timed=self._frame_time_ms is not None)
        return Conclusion(summary_answer(assessed), tuple(assessed.timeline.verdict), assessment_content(assessed))


class StoredAnalysis:
    """Analysis of an accepted procedure, a step at a time; its answers are committed in batches as they come.

    Raises
    ------
    LostRun
        From any step, if the procedure was begun again elsewhere.
    """

    def __init__(self, store: Store, procedure_id: str, engine: Engine, on_frame: OnFrame = _unheard) -> None:
        self._store = store
        self.run = store.begin(procedure_id, identity(engine.segmenter.identity, engine.rules.sha256))
        self._judging = Judging(store, store.procedure(procedure_id), engine, on_frame)
        self._waiting: list[FrameRecord] = []

    def step(self) -> bool:
        """Judge one frame; False once every frame is judged and stored."""
        if self._judging.done:
            return False
        self._waiting.append(self._judging.next())
        if len(self._waiting) == _BATCH or self._judging.done:
            self._store.add_frames(self.run, self._waiting)
            self._waiting = []
        return True

    def finish(self) -> str:
        """Judge and seal the procedure; gives its verdict."""
        conclusion = self._judging.conclude()
        self._store.finish(self.run, conclusion)
        return str(conclusion.summary["verdict"])


def analyse_stored(store: Store, procedure_id: str, engine: Engine) -> str:
    """Analyse an accepted procedure at once, and give its verdict."""
    analysis = StoredAnalysis(store, procedure_id, engine)
    while analysis.step():
        pass
    return analysis.finish()
