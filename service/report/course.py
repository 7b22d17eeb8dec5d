"""One procedure over time, as an answer: the stored columns, and what happened in it."""

from dataclasses import asdict

import numpy as np

from imaging.procedure import ProcedureAssessment
from service.engine import Engine
from service.errors import Superseded
from service.report.gathering import gather, gather_stored
from service.report.timeline_plot import Course, Numbers
from service.store.store import Store
from service.wire.course import CourseAnswer, CourseEvent, EventsAnswer, HandlingAnswer, KeyFramesAnswer


def course_answer(store: Store, procedure_id: str) -> CourseAnswer:
    """Stored answers to all frames as columns.

    Raises
    ------
    NotFound
        If there is none of this id.
    NotReady, ProcedureFailed
        If it is not answered.
    """
    return course_columns(gather_stored(store, procedure_id).course)


def course_columns(course: Course) -> CourseAnswer:
    """A course as the columns of an answer."""
    return CourseAnswer(
        at=course.at.round(4).tolist(),
        unit="s" if course.unit == "s" else "frame",
        p_inside=_known(course.p_inside),
        signed_distance_mm=_known(course.signed_distance_mm),
        tip_visible=course.tip_visible.tolist(),
        needle_seen=course.needle_seen.tolist(),
        verdict=list(course.verdict),
    )


def events_answer(store: Store, procedure_id: str, engine: Engine) -> EventsAnswer:
    """Events, key frames and handling of a procedure.

    Raises
    ------
    Superseded
        If it was answered before these were kept, and another network or other rules answer now.
    """
    assessed = gather(store, procedure_id, engine).assessed
    if assessed is None:
        msg = "another model or other rules answered this procedure: expected the ones that answer now"
        raise Superseded(msg)
    return _events(assessed)


def _events(assessed: ProcedureAssessment) -> EventsAnswer:
    stand = assessed.stand
    return EventsAnswer(
        events=[
            CourseEvent(kind=event.kind, frame=event.frame_index, mm=event.mm, seconds=event.seconds)
            for event in assessed.events
        ],
        key_frames=KeyFramesAnswer(**asdict(assessed.key_frames)),
        handling=HandlingAnswer(**asdict(assessed.handling)),
        angle_deg=stand.angle_deg if stand else None,
        centre_distance_mm=stand.centre_distance_mm if stand else None,
        rules_sha256=assessed.rules_sha256,
    )


def _known(column: Numbers) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 4) for value in column]
