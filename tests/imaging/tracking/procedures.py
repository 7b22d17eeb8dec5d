"""Courses of whole procedures, drawn by chance: insertion, withdrawal, redirection, bone, injection, out."""

import math

import numpy as np

from imaging.tracking.events import EventKind
from tests.imaging.tracking.needle_motion import Anatomy, Course, Observer, Sequence, observe


def procedure(seed: int, observer: Observer | None = None) -> Sequence:
    """One procedure as it was seen."""
    course, anatomy = sample_course(seed)
    return observe(course, anatomy, observer or Observer(), seed)


def sample_course(seed: int) -> tuple[Course, Anatomy]:
    rng = np.random.default_rng([seed, 7])
    angle, target = float(rng.uniform(12.0, 28.0)), float(rng.uniform(22.0, 32.0))
    anatomy = _anatomy(rng, angle, target)
    course = Course(float(rng.uniform(20.0, 30.0)))
    course.angle_deg, course.depth_mm, course.hidden, course.injected = [angle], [0.0], [False], [0.0]
    _pause(rng, course, 1.2)
    if rng.uniform() < 0.5:
        _go_astray(rng, course)
    if rng.uniform() < 0.4:
        _slip_out_of_plane(rng, course)
    course.move(target, _speed(rng))
    _pause(rng, course, 1.2)
    if rng.uniform() < 0.3:
        to_bone = (anatomy.bone_mm - anatomy.entry[1]) / math.sin(math.radians(angle))
        course.move(to_bone - 1.0, _speed(rng)).move(to_bone - 0.2, 4.0)
        _pause(rng, course)
        course.move(target, _speed(rng))
        _pause(rng, course, 1.2)
    if rng.uniform() < 0.7:
        course.inject(float(rng.uniform(2.0, 5.0)))
        _pause(rng, course)
    course.move(0.0, float(rng.uniform(15.0, 30.0))).rest(1.6)
    return course, anatomy


def _anatomy(rng: np.random.Generator, angle: float, target: float) -> Anatomy:
    """A recess around the target and bone 4 mm below its floor; every second injection shows no bubbles."""
    half, entry = float(rng.uniform(1.2, 4.0)), (2.0, 6.0)
    way = math.radians(angle)
    centre = (entry[0] + target * math.cos(way), entry[1] + target * math.sin(way))
    bubbles = float(rng.choice([0.0, 0.15]))
    return Anatomy(entry, centre, 14.0, half, centre[1] + half + 4.0, float(rng.uniform(0.8, 2.5)), bubbles)


def _go_astray(rng: np.random.Generator, course: Course) -> None:
    """A first insertion at another angle, withdrawn by more or less than 10 mm and turned."""
    turn = float(rng.uniform(7.0, 12.0) * rng.choice([-1.0, 1.0]))
    course.angle_deg = [angle - turn for angle in course.angle_deg]
    course.move(float(rng.uniform(22.0, 26.0)), _speed(rng))
    _pause(rng, course)
    back = float(rng.uniform(11.5, 14.0) if rng.uniform() < 0.6 else rng.uniform(3.0, 8.0))
    course.move(course.depth_mm[-1] - back, _speed(rng))
    _pause(rng, course)
    course.turn(turn, float(rng.uniform(10.0, 25.0)))
    _pause(rng, course)
    if back > 10.0:
        course.mark(EventKind.PASS)


def _slip_out_of_plane(rng: np.random.Generator, course: Course) -> None:
    course.move(max(11.0, course.depth_mm[-1]), _speed(rng))
    course.move(course.depth_mm[-1] + float(rng.uniform(6.5, 9.0)), float(rng.uniform(6.0, 12.0)), hidden=True)


def _speed(rng: np.random.Generator) -> float:
    return float(rng.uniform(5.0, 20.0))


def _pause(rng: np.random.Generator, course: Course, least_s: float = 0.6) -> None:
    course.rest(float(rng.uniform(least_s, 1.8)))
