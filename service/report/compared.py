"""Two networks on one procedure, as an answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from imaging.placement import Verdict
from service.procedures.answer import PREFIX
from service.procedures.comparison import Comparison
from service.report.course import course_columns
from service.report.gathering import FrameFacts, gather_stored
from service.store.sealing import Conclusion, stored_conclusion
from service.store.store import Store
from service.wire.comparison import ComparisonAnswer, ComparisonLinks, Judged
from service.wire.course import CourseAnswer
from service.wire.frame import Identity
from service.wire.procedure import Summary


def comparison_answer(store: Store, comparison: Comparison) -> ComparisonAnswer:
    """What the stored answer says and, when it is done, what the other network says."""
    row, conclusion = comparison.row, comparison.conclusion
    stored = stored_conclusion(row)
    return ComparisonAnswer(
        procedure_id=row.id,
        model=comparison.folder,
        status="failed" if comparison.failure else "running" if conclusion is None else "done",
        failure=comparison.failure,
        frame_count=row.frame_count,
        frames_done=comparison.frames_done,
        stored=_judged(row.identity, stored),
        compared=None if conclusion is None else _judged(comparison.identity, conclusion),
        frames_differing=None if conclusion is None else _differing(stored.frame_verdicts, conclusion.frame_verdicts),
        course=None if conclusion is None else _course(store, comparison),
        links=_links(comparison),
    )


def _judged(identity: dict[str, Any], conclusion: Conclusion) -> Judged:
    return Judged(
        identity=Identity.model_validate(identity),
        summary=Summary.model_validate(conclusion.summary),
        frame_verdicts=[Verdict(verdict) for verdict in conclusion.frame_verdicts],
    )


def _differing(stored: Sequence[str], compared: Sequence[str]) -> list[int]:
    return [at for at, (one, other) in enumerate(zip(stored, compared, strict=True)) if one != other]


def _course(store: Store, comparison: Comparison) -> CourseAnswer:
    facts = gather_stored(store, comparison.row.id)
    return course_columns(replace(facts, frames=[FrameFacts.read(answer) for answer in comparison.answers]).course)


def _links(comparison: Comparison) -> ComparisonLinks:
    own = f"{PREFIX}/{comparison.row.id}/comparisons/{comparison.model}"
    return ComparisonLinks(self=own, frame=f"{own}/frames/{{n}}", overlay_svg=f"{own}/frames/{{n}}/overlay.svg")
