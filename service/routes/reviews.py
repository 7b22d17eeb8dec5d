"""Reviews of an answer, and how far two readers agree."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from service.errors import BadQuery, NotFound, NotReady
from service.http.asker import AskerDep
from service.http.problems import problem_docs
from service.procedures.answer import PREFIX
from service.record.adding import add_review
from service.record.agreement import agreement
from service.record.reading import reviews_of
from service.routes.asking import SightDep
from service.state import ServicesDep
from service.store.ended import ProcedureFailed
from service.wire import AgreementAnswer, Code, Review, ReviewAnswer, ReviewsAnswer

router = APIRouter(tags=["reviews"])

_REVIEWS = f"{PREFIX}/{{procedure_id}}/reviews"


@router.post(
    _REVIEWS,
    summary="Review an answer",
    status_code=201,
    responses=problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed),
)
def post_review(procedure_id: str, review: Review, services: ServicesDep, asked_by: AskerDep) -> ReviewAnswer:
    """Signed and kept beside the answer, which it does not change. A change of mind is another review."""
    return add_review(services.store, services.store.procedure(procedure_id), review, asked_by)


@router.get(_REVIEWS, summary="Reviews", responses=problem_docs(BadQuery, NotFound))
def get_reviews(
    procedure_id: str,
    services: ServicesDep,
    sight: SightDep,
    *,
    blinded: Annotated[bool, Query(description="false: the code alone keeps nothing from this reader")] = True,
) -> ReviewsAnswer:
    """In the order in which they were signed, as far as this reader may see them."""
    reviews = reviews_of(services.store, services.store.procedure(procedure_id).id)
    shown = (sight if blinded else replace(sight, reader=None)).seen(reviews)
    return ReviewsAnswer(reviews=shown, withheld=len(reviews) - len(shown))


@router.get("/v1/agreement", summary="Agreement of two readers", responses=problem_docs(BadQuery))
async def get_agreement(
    services: ServicesDep,
    sight: SightDep,
    readers: Annotated[
        list[Code] | None,
        Query(min_length=2, max_length=2, description="two codes; else the first two who signed, whoever they are"),
    ] = None,
    *,
    blinded: Annotated[bool, Query(description="only where the second was blinded to the first")] = False,
) -> AgreementAnswer:
    """Of all procedures that two have read as a whole, by what each of them signed first.

    A reader who may not see others' reviews before the own hears of the procedures that this reader has read.
    """
    pair = (readers[0], readers[1]) if readers else None
    return await services.work.run(agreement, services.store, pair, blinded=blinded, sight=sight)
