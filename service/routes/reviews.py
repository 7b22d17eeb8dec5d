"""Reviews of an answer, and how far two readers agree."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.errors import BadQuery, NotFound, NotReady
from service.http.asker import AskerDep
from service.http.problems import problem_docs
from service.procedures.answer import PREFIX
from service.record.adding import add_review
from service.record.agreement import agreement
from service.record.reading import reviews_of, seen_by
from service.state import ServicesDep
from service.wire import AgreementAnswer, Code, Review, ReviewAnswer, ReviewsAnswer

router = APIRouter(tags=["reviews"])

_REVIEWS = f"{PREFIX}/{{procedure_id}}/reviews"


@router.post(
    _REVIEWS, summary="Review an answer", status_code=201, responses=problem_docs(BadQuery, NotFound, NotReady)
)
def post_review(procedure_id: str, review: Review, services: ServicesDep, asked_by: AskerDep) -> ReviewAnswer:
    """Signed and kept beside the answer, which it does not change. A change of mind is another review."""
    return add_review(services.store, services.store.procedure(procedure_id), review, asked_by)


@router.get(_REVIEWS, summary="Reviews", responses=problem_docs(BadQuery, NotFound))
def get_reviews(
    procedure_id: str,
    services: ServicesDep,
    reader: Annotated[Code | None, Query(description="code of the reader who asks")] = None,
    *,
    blinded: Annotated[
        bool, Query(description="this reader sees others' reviews only after one of the own of the whole procedure")
    ] = True,
) -> ReviewsAnswer:
    """In the order in which they were signed. Whoever is to stay blinded says who reads."""
    reviews = reviews_of(services.store, services.store.procedure(procedure_id).id)
    shown = seen_by(reader, reviews) if reader is not None and blinded else reviews
    return ReviewsAnswer(reviews=shown, withheld=len(reviews) - len(shown))


@router.get("/v1/agreement", summary="Agreement of two readers", responses=problem_docs(BadQuery))
async def get_agreement(
    services: ServicesDep,
    readers: Annotated[
        list[Code] | None,
        Query(min_length=2, max_length=2, description="two codes; else the first two who signed, whoever they are"),
    ] = None,
    *,
    blinded: Annotated[bool, Query(description="only where the second was blinded to the first")] = False,
) -> AgreementAnswer:
    """Of all procedures that two have read as a whole, by what each of them signed first."""
    pair = (readers[0], readers[1]) if readers else None
    return await services.work.run(agreement, services.store, pair, blinded=blinded)
