"""Placement beside outcome: a table to look at, never a claim."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from service.record.reading import follow_ups_of, record_of
from service.store.store import Store
from service.wire import FollowUp, OutcomeRow, OutcomeTable

CAUTION = (
    "Placement is not shown to predict outcome: in the one study that tested it, whether the injection lay in the "
    "joint made no difference to the pain afterwards."
)
"""Stands with every table that shows the two side by side. The study: Maricar et al., BMC Musculoskeletal Disorders
2017, 105 knees, p = 0.39 at three and 0.37 at nine weeks (doi 10.1186/s12891-017-1401-z)."""


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """One answered procedure with what came before and after it.

    Parameters
    ----------
    undated
        Whether there are visits, but no date of the procedure: they are neither before nor after it.
    """

    verdict: str
    before: tuple[FollowUp, ...] = ()
    after: tuple[FollowUp, ...] = ()
    undated: bool = False

    @property
    def pain_before(self) -> float | None:
        """Pain at the last visit before the procedure."""
        return _last([visit.pain for visit in self.before])

    @property
    def pain_after(self) -> float | None:
        """Pain at the last visit after it."""
        return _last([visit.pain for visit in self.after])


def outcome_table(store: Store) -> OutcomeTable:
    """Follow-up of all answered procedures by their verdict."""
    by_verdict: dict[str, list[FollowedUp]] = {}
    for procedure_id, verdict in store.verdicts():
        by_verdict.setdefault(verdict, []).append(_followed_up(store, procedure_id, verdict))
    rows = [_row(verdict, by_verdict[verdict]) for verdict in sorted(by_verdict)]
    return OutcomeTable(caution=CAUTION, rows=rows)


def _followed_up(store: Store, procedure_id: str, verdict: str) -> FollowedUp:
    """Visits before and after; dates compare as far as both say them, and one of the same day is after."""
    record = record_of(store, procedure_id)
    visits = sorted((answer.follow_up for answer in follow_ups_of(store, procedure_id)), key=lambda one: one.visited_on)
    performed_on = record.record.performed_on if record else None
    if performed_on is None:
        return FollowedUp(verdict, undated=bool(visits))
    before = tuple(visit for visit in visits if earlier(visit.visited_on, performed_on))
    after = tuple(visit for visit in visits if not earlier(visit.visited_on, performed_on))
    return FollowedUp(verdict, before, after)


def earlier(date: str, other: str) -> bool:
    """Whether a date is earlier than another, as far as both say it: of the same day, month or year, it is not."""
    length = min(len(date), len(other))
    return date[:length] < other[:length]


def _row(verdict: str, procedures: Sequence[FollowedUp]) -> OutcomeRow:
    before = [item.pain_before for item in procedures if item.pain_before is not None]
    after = [item.pain_after for item in procedures if item.pain_after is not None]
    changes = [
        item.pain_after - item.pain_before
        for item in procedures
        if item.pain_after is not None and item.pain_before is not None
    ]
    events = Counter(
        event.kind.value for item in procedures for visit in item.after for event in visit.adverse_events or ()
    )
    return OutcomeRow(
        verdict=verdict,
        procedures=len(procedures),
        followed_up=sum(bool(item.after) for item in procedures),
        undated=sum(item.undated for item in procedures),
        pain_before_mean=_mean(before),
        pain_after_mean=_mean(after),
        pain_pairs=len(changes),
        pain_change_mean=_mean(changes),
        adverse_events=dict(sorted(events.items())),
    )


def _mean(values: Sequence[float]) -> float | None:
    return round(fmean(values), 2) if values else None


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)
