"""The query by which procedures are chosen: of the list, the archive's figures, its report, and the exports."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from fastapi import Depends, Path, Query

from imaging.procedure import ProcedureVerdict
from imaging.reasons import Reason
from service.errors import BadQuery
from service.report.archive.periods import Span
from service.store.choice import Choice, Days, Range
from service.wire import Code, InjectateKind, PartialDate
from service.wire.dates import days_of

_FIRST, _LAST = date(1990, 1, 1), date(2100, 12, 31)
MOST_ROWS = 2**31 - 1
"""Largest number of anything that is asked for: databases take no greater ones."""
FrameIndex = Annotated[int, Path(ge=0, le=MOST_ROWS, description="frame, from 0")]
_Mm = Annotated[float | None, Query(ge=-1000, le=1000, allow_inf_nan=False)]
_Share = Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False)]


async def days(
    since: Annotated[date | None, Query(description="first day on which it was stored", ge=_FIRST, le=_LAST)] = None,
    until: Annotated[date | None, Query(description="last day on which it was stored", ge=_FIRST, le=_LAST)] = None,
    zone_min: Annotated[int, Query(ge=-840, le=840, description="minutes that those days are ahead of UTC")] = 0,
) -> Days:
    """When it was stored, from the query."""
    return Days(since, until, zone_min)


@dataclass(frozen=True, slots=True)
class Done:
    """First and last day on which it was done; ``or_stored`` as of `Choice`."""

    days: tuple[date | None, date | None] = (None, None)
    or_stored: bool = False


async def done(
    performed_since: Annotated[PartialDate | None, Query(description="first day on which it was done")] = None,
    performed_until: Annotated[PartialDate | None, Query(description="last day on which it was done")] = None,
    first: Annotated[
        PartialDate | None,
        Query(alias="from", description="first date as the archive counts it: performed_since with or_stored"),
    ] = None,
    last: Annotated[PartialDate | None, Query(alias="to", description="last date as the archive counts it")] = None,
    *,
    or_stored: Annotated[
        bool, Query(description="of one without a recorded date the month in which it was stored counts as when done")
    ] = False,
) -> Done:
    """When it was done, from the query."""
    of_list, of_archive = (performed_since, performed_until), (first, last)
    if any(of_list) and any(of_archive):
        msg = "received from or to beside performed_since or performed_until: expected one pair of them"
        raise BadQuery(msg)
    if any(of_archive):
        begin, end = Span(first, last).days
        return Done((begin if first else None, end if last else None), or_stored=True)
    since = days_of(performed_since)[0] if performed_since else None
    return Done((since, days_of(performed_until)[1] if performed_until else None), or_stored)


async def recorded(
    performed: Annotated[Done, Depends(done)],
    site: Code | None = None,
    operator: Code | None = None,
    injectate: InjectateKind | None = None,
    *,
    reviewed: bool | None = None,
) -> Choice:
    """What people added, from the query."""
    return Choice(
        site=site,
        operator=operator,
        injectate=injectate,
        performed=performed.days,
        or_stored=performed.or_stored,
        reviewed=reviewed,
    )


async def measured(
    distance_from_mm: _Mm = None,
    distance_below_mm: _Mm = None,
    tip_share_from: _Share = None,
    tip_share_below: _Share = None,
) -> tuple[Range, Range]:
    """Signed distance to the wall, and share of needle frames with the tip seen, from the query."""
    return Range(distance_from_mm, distance_below_mm), Range(tip_share_from, tip_share_below)


async def choice_of(
    added: Annotated[Choice, Depends(recorded)],
    stored: Annotated[Days, Depends(days)],
    numbers: Annotated[tuple[Range, Range], Depends(measured)],
    verdict: ProcedureVerdict | None = None,
    reason: Reason | None = None,
) -> Choice:
    """Everything, from the query."""
    distance_mm, tip_share = numbers
    return replace(added, verdict=verdict, reason=reason, stored=stored, distance_mm=distance_mm, tip_share=tip_share)


async def reference(
    reference_from: Annotated[
        PartialDate | None, Query(description="period that drift is told against; the earlier half if not given")
    ] = None,
    reference_to: PartialDate | None = None,
) -> Span:
    """Period that drift is told against, from the query."""
    return Span(reference_from, reference_to)


ChoiceDep = Annotated[Choice, Depends(choice_of)]
ReferenceDep = Annotated[Span, Depends(reference)]
