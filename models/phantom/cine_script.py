"""What happens in a phantom cine: which way the needle goes, when, and how far the recess opens."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

CineKind = Literal[
    "in_recess", "prefemoral_fat", "suprapatellar_fat", "dry_thin", "no_needle", "through_recess", "short"
]
EventKind = Literal[
    "needle_visible", "redirected", "withdrawn", "on_target", "injection_start", "injection_end", "needle_gone"
]


@dataclass(frozen=True, slots=True)
class CineScript:
    """Course of one injection.

    Parameters
    ----------
    kind
        Where the needle ends up, or that there is none.
    frames
        Length of the cine.
    rate_hz
        Frames per second.
    redirect
        Whether a first pass goes astray: the needle is withdrawn by 10 mm or more and advanced at another angle.
    inject
        Whether something is injected once the tip is where ``kind`` says.
    slip_share
        Probability that the tip slips out of the plane for a while on its way in.

    Raises
    ------
    ValueError
        If the kind is unknown, or there are fewer than 24 frames.
    """

    kind: CineKind = "in_recess"
    frames: int = 96
    rate_hz: float = 16.0
    redirect: bool = False
    inject: bool = True
    slip_share: float = 0.3

    def __post_init__(self) -> None:
        if self.kind not in get_args(CineKind):
            msg = f"script kind is {self.kind!r}: expected one of {get_args(CineKind)}"
            raise ValueError(msg)
        if self.frames < 24 or self.rate_hz <= 0:
            msg = f"cine has {self.frames} frames at {self.rate_hz} per second: expected >= 24 and a rate above 0"
            raise ValueError(msg)

    @property
    def opens_recess(self) -> bool:
        """Whether what is injected reaches the recess."""
        return self.inject and self.kind in ("in_recess", "dry_thin")


@dataclass(frozen=True, slots=True)
class CineEvent:
    """Something that happens at a frame (0-based)."""

    kind: EventKind
    frame: int


@dataclass(frozen=True, slots=True)
class Course:
    """Needle and injection at every frame.

    Parameters
    ----------
    back_mm
        Distance of the tip from its target, back along the axis; NaN where the needle is out of the skin.
    turn_deg
        How much steeper than its final angle the needle lies.
    injected
        Share of the injectate that is in, 0 to 1.
    hidden_mm
        How much of the needle, from its tip, is out of the plane.
    """

    back_mm: tuple[float, ...]
    turn_deg: tuple[float, ...]
    injected: tuple[float, ...]
    hidden_mm: tuple[float, ...]
    events: tuple[CineEvent, ...]


def plan_course(rng: np.random.Generator, script: CineScript, reach_mm: float) -> Course:
    """Lay the script out in time for a needle that enters the picture ``reach_mm`` from its target."""
    count = script.frames
    still = (0.0,) * count
    if script.kind == "no_needle":
        return Course((float("nan"),) * count, still, still, still, ())
    knots, events = _knots(rng, script, reach_mm)
    times = [time for time, _, _ in knots]
    frames = np.arange(count)
    back = np.interp(frames, times, [back for _, back, _ in knots])
    turn = np.interp(frames, times, [turn for _, _, turn in knots])
    back[(frames < times[0]) | (frames > times[-1]) | (back > reach_mm - 3.0)] = np.nan
    seen = np.flatnonzero(~np.isnan(back))
    events = [CineEvent("needle_visible", int(seen[0])), *events]
    if seen[-1] < count - 1:
        events.append(CineEvent("needle_gone", int(seen[-1]) + 1))
    share = _injected(script, events)
    return Course(tuple(back.tolist()), tuple(turn.tolist()), share, _hidden(rng, script, int(seen[0])), tuple(events))


def _knots(
    rng: np.random.Generator, script: CineScript, reach_mm: float
) -> tuple[list[tuple[float, float, float]], list[CineEvent]]:
    """Frame, distance back from the target and turn at the corners of the movement; and the events they are."""
    count = script.frames
    enter, target = int(rng.uniform(0.04, 0.12) * count), int(rng.uniform(0.5, 0.58) * count)
    start, end = int(rng.uniform(0.62, 0.68) * count), int(rng.uniform(0.78, 0.84) * count)
    leave, gone = int(rng.uniform(0.88, 0.91) * count), int(rng.uniform(0.96, 1.05) * count)
    knots = [(float(enter), reach_mm, 0.0)]
    events: list[CineEvent] = []
    if script.redirect:
        turn = float(rng.uniform(6.0, 11.0) * rng.choice([-1.0, 1.0]))
        first, back, again = int(0.26 * count), int(0.36 * count), int(0.4 * count)
        out = min(reach_mm - 4.0, 16.0)
        knots = [(float(enter), reach_mm, turn), (first, 4.0, turn), (back, out, turn), (again, out, 0.0)]
        events += [CineEvent("withdrawn", back), CineEvent("redirected", again)]
    events.append(CineEvent("on_target", target))
    if script.inject:
        events += [CineEvent("injection_start", start), CineEvent("injection_end", end)]
    knots += [(target, 0.0, 0.0), (leave, 0.0, 0.0), (gone, reach_mm, 0.0)]
    return knots, events


def _hidden(rng: np.random.Generator, script: CineScript, seen_from: int) -> tuple[float, ...]:
    """In some cines the tip slips out of the plane for a while on its way in."""
    hidden = np.zeros(script.frames)
    if rng.uniform() < script.slip_share:
        start = seen_from + int(rng.uniform(0.05, 0.2) * script.frames)
        length = int(rng.uniform(0.05, 0.15) * script.frames)
        hidden[start : start + length] = rng.uniform(2.0, 5.0)
    return tuple(hidden.tolist())


def _injected(script: CineScript, events: list[CineEvent]) -> tuple[float, ...]:
    at = {event.kind: event.frame for event in events}
    if not script.inject:
        return (0.0,) * script.frames
    t = np.clip(
        (np.arange(script.frames) - at["injection_start"]) / (at["injection_end"] - at["injection_start"]), 0, 1
    )
    return tuple((t * t * (3.0 - 2.0 * t)).tolist())
