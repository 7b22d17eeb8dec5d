"""What shows injectate: the recess before the injection against the recess after it."""

import statistics
from collections.abc import Sequence

from imaging.procedure.assessment import InjectateEvidence, RecessChange
from imaging.procedure.rules import ProcedureRules
from imaging.procedure.stand import Step
from imaging.tracking.events import Event, EventKind, Moment

_FRAMES = 12
"""Frames whose median is taken on either side."""
_LEAST_FRAMES = 3


def injection_moment(events: Sequence[Event], stood: Sequence[Step]) -> Moment | None:
    """When the first injection began while the tip stood where it is judged."""
    if not stood:
        return None
    first, last = stood[0].seen.frame_index, stood[-1].seen.frame_index
    found = [
        Moment(event.frame_index, event.time_ms)
        for event in events
        if event.kind is EventKind.INJECTION_STARTED and first <= event.frame_index <= last
    ]
    return found[0] if found else None


def recess_change(steps: Sequence[Step], injection: Moment | None) -> RecessChange:
    """The recess before and after; without an injection, at the beginning and at the end."""
    known = [step for step in steps if step.seen.recess.polygons]
    half = len(known) // 2
    if injection is not None:
        half = sum(step.seen.time_ms < injection.time_ms for step in known)
    before, after = known[:half][-_FRAMES:], known[half:][-_FRAMES:]
    (level_0, bright_0), (level_1, bright_1) = _echo(before), _echo(after)
    return RecessChange(
        thickness_before_mm=_median([step.seen.recess.thickness_mm for step in before]),
        thickness_after_mm=_median([step.seen.recess.thickness_mm for step in after]),
        area_before_mm2=_median([step.seen.recess.area_mm2 for step in before]),
        area_after_mm2=_median([step.seen.recess.area_mm2 for step in after]),
        level_before=level_0,
        level_after=level_1,
        bright_share_before=bright_0,
        bright_share_after=bright_1,
    )


def _echo(steps: Sequence[Step]) -> tuple[float | None, float | None]:
    echoes = [step.seen.echo for step in steps if step.seen.echo is not None]
    return _median([echo.mean_level for echo in echoes]), _median([echo.bright_share for echo in echoes])


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if len(known) >= _LEAST_FRAMES else None


def evidence(injection: Moment | None, change: RecessChange, rules: ProcedureRules) -> InjectateEvidence:
    """What the change of the recess shows, if an injection was seen."""
    if injection is None:
        return InjectateEvidence()
    thicker = _gain(change.thickness_before_mm, change.thickness_after_mm)
    larger = _gain(change.area_before_mm2, change.area_after_mm2)
    brighter = _gain(change.bright_share_before, change.bright_share_after)
    level = _gain(change.level_before, change.level_after)
    return InjectateEvidence(
        started=injection,
        fluid=abs(level) >= rules.level_change_share * max(change.level_before or 0.0, 1.0),
        bubbles=brighter >= rules.bright_gain_share,
        thickness=thicker >= rules.thickness_gain_mm,
        area=larger >= rules.area_gain_share * max(change.area_before_mm2 or 0.0, 1.0),
    )


def _gain(before: float | None, after: float | None) -> float:
    return 0.0 if before is None or after is None else after - before
