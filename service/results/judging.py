"""All frames of a source judged once, keeping what results are made of."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imaging.procedure import AssessmentRules, ProcedureAssessment, assess_procedure, observed
from imaging.results.capture import captured
from imaging.results.judged import SEGMENTS, JudgedFrame
from imaging.segmentation import Tissue
from service.engine import Engine
from service.source import Source

if TYPE_CHECKING:
    from imaging.tracking import Observation


@dataclass(frozen=True, eq=False)
class JudgedProcedure:
    """Answers to all frames, what is said of them as a whole, and the pictures with their overlays, if wanted."""

    frames: tuple[JudgedFrame, ...]
    assessed: ProcedureAssessment
    pictures: tuple[bytes, ...]


def judge(
    source: Source, engine: Engine, segments: tuple[Tissue, ...] = SEGMENTS, *, pictures: bool = True
) -> JudgedProcedure:
    """Judge every frame in order, one held at a time."""
    frames: list[JudgedFrame] = []
    seen: list[Observation] = []
    taken: list[bytes] = []
    for frame in source.frames():
        analysis = engine.analyse(frame)
        seen.append(observed(frame, analysis, source.frame_time_ms, seen[-1] if seen else None))
        frames.append(JudgedFrame.of(analysis, segments, engine.rules))
        if pictures:
            taken.append(captured(frame.pixels, frames[-1].drawing))
    rules = AssessmentRules(scoring=engine.rules)
    assessed = assess_procedure(seen, rules, timed=source.frame_time_ms is not None)
    return JudgedProcedure(tuple(frames), assessed, tuple(taken))
