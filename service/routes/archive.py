"""An archive in numbers: what the report of all procedures shows, to be filtered and drawn."""

from fastapi import APIRouter

from imaging.errors import MissingExtra
from service.errors import BadQuery
from service.http.problems import problem_docs
from service.report.archive.periods import Span
from service.routes.choosing import ChoiceDep, ReferenceDep
from service.state import ServicesDep
from service.store.choice import Choice
from service.store.store import Store
from service.wire.archive import ArchiveFigures

router = APIRouter(prefix="/v1/archive", tags=["archive"])


@router.get("/figures", summary="Figures of all procedures", responses=problem_docs(BadQuery, MissingExtra))
async def get_figures(services: ServicesDep, choice: ChoiceDep, reference: ReferenceDep) -> ArchiveFigures:
    """Shares with intervals, misses, operators and sites, learning curves, data and drift; needs the extra ``report``.

    Of those that fit the filters of the list. Dates are those of the records or, where there is none, the month in
    which a procedure was stored.
    """
    return await services.work.run(_figures, services.store, choice, reference)


def _figures(store: Store, choice: Choice, reference: Span) -> ArchiveFigures:
    from service.report.archive.addresses import OWN
    from service.report.archive.columns import of_store
    from service.report.archive.counting import count  # what it counts with is an extra

    return count(of_store(store, choice), OWN, reference)
