"""An archive in numbers: what the report of all procedures shows, to be filtered and drawn."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from imaging.errors import MissingExtra
from imaging.procedure import ProcedureVerdict
from service.errors import BadQuery
from service.http.problems import problem_docs
from service.state import ServicesDep
from service.store.choice import Choice
from service.store.store import Store
from service.wire import Code, InjectateKind, PartialDate
from service.wire.archive import ArchiveFigures

router = APIRouter(prefix="/v1/archive", tags=["archive"])


@dataclass(frozen=True, slots=True)
class Dates:
    """First and last date of a period; None leaves an end open."""

    first: str | None
    last: str | None


async def _dated(
    first: Annotated[PartialDate | None, Query(alias="from", description="first date on which it was done")] = None,
    last: Annotated[PartialDate | None, Query(alias="to", description="last date on which it was done")] = None,
) -> Dates:
    return Dates(first, last)


async def _reference(
    reference_from: Annotated[
        PartialDate | None, Query(description="period that drift is told against; the earlier half if not given")
    ] = None,
    reference_to: PartialDate | None = None,
) -> Dates:
    return Dates(reference_from, reference_to)


async def _choice(
    verdict: ProcedureVerdict | None = None,
    site: Code | None = None,
    operator: Code | None = None,
    injectate: InjectateKind | None = None,
) -> Choice:
    return Choice(verdict=verdict, site=site, operator=operator, injectate=injectate)


@router.get("/figures", summary="Figures of all procedures", responses=problem_docs(BadQuery, MissingExtra))
async def get_figures(
    services: ServicesDep,
    choice: Annotated[Choice, Depends(_choice)],
    dated: Annotated[Dates, Depends(_dated)],
    reference: Annotated[Dates, Depends(_reference)],
) -> ArchiveFigures:
    """Shares with intervals, misses, operators and sites, learning curves, data and drift; needs the extra ``report``.

    Dates are those of the records or, where there is none, the month in which a procedure was stored.
    """
    return await services.work.run(_figures, services.store, choice, dated, reference)


def _figures(store: Store, choice: Choice, dated: Dates, reference: Dates) -> ArchiveFigures:
    from service.report.archive.addresses import OWN
    from service.report.archive.columns import of_store
    from service.report.archive.counting import count  # what it counts with is an extra
    from service.report.archive.periods import Span

    told_against = Span(reference.first, reference.last)
    return count(of_store(store, choice, Span(dated.first, dated.last)), OWN, told_against)
