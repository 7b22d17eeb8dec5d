"""The query of the list of procedures."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from imaging.procedure import ProcedureVerdict
from imaging.reasons import Reason
from service.record.noted import Noted, noted_on_all
from service.state import ServicesDep
from service.store.choice import Choice, Days
from service.store.store import Store
from service.wire import Code, InjectateKind

_FIRST, _LAST = date(1990, 1, 1), date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class Added:
    """What people added that is searched for."""

    site: Code | None = None
    operator: Code | None = None
    injectate: InjectateKind | None = None
    reviewed: bool | None = None

    def found(self, store: Store) -> set[str] | None:
        """Procedures that fit; None if nothing is asked for."""
        if (self.site, self.operator, self.injectate, self.reviewed) == (None, None, None, None):
            return None
        noted = noted_on_all(store)
        return {name for name in store.procedure_ids() if self._fits(noted.get(name, Noted()))}

    def _fits(self, noted: Noted) -> bool:
        asked = ((self.site, noted.site), (self.operator, noted.operator), (self.injectate, noted.injectate))
        reviewed = self.reviewed is None or self.reviewed is bool(noted.reviews)
        return reviewed and all(wanted is None or wanted == there for wanted, there in asked)


def added(
    site: Code | None = None,
    operator: Code | None = None,
    injectate: InjectateKind | None = None,
    *,
    reviewed: bool | None = None,
) -> Added:
    """From the query."""
    return Added(site, operator, injectate, reviewed)


def days(
    since: Annotated[date | None, Query(description="first day on which it was stored", ge=_FIRST, le=_LAST)] = None,
    until: Annotated[date | None, Query(description="last day on which it was stored", ge=_FIRST, le=_LAST)] = None,
    zone_min: Annotated[int, Query(ge=-840, le=840, description="minutes that those days are ahead of UTC")] = 0,
) -> Days:
    """From the query."""
    return Days(since, until, zone_min)


def choice_of(
    services: ServicesDep,
    by: Annotated[Added, Depends(added)],
    stored: Annotated[Days, Depends(days)],
    verdict: ProcedureVerdict | None = None,
    reason: Reason | None = None,
) -> Choice:
    """From the query."""
    return Choice(verdict, reason, stored, by.found(services.store))
