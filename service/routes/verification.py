"""``POST /v1/verify``: the chain walked, and all that is kept compared with it."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.errors import BadQuery, StoreUnreachable
from service.http.problems import problem_docs
from service.state import ServicesDep
from service.verification.verify import Wanted, verify
from service.wire import VerificationAnswer

router = APIRouter(tags=["operation"])


@router.post("/v1/verify", summary="Verify the store", responses=problem_docs(BadQuery, StoreUnreachable))
async def post_verify(
    services: ServicesDep,
    recompute: Annotated[int, Query(ge=0, le=100, description="procedures to judge again, chosen at random")] = 0,
    head: Annotated[
        str | None, Query(pattern="^[0-9a-f]{64}$", description="hash of a link that must be in the chain")
    ] = None,
) -> VerificationAnswer:
    """Whether everything kept is what was recorded, and the first link whose matter is not.

    To judge all procedures again, use ``sonoplace verify --recompute all``.
    """
    found = await services.work.run_patiently(verify, services.store, services.engine, Wanted(recompute, head))
    return VerificationAnswer.model_validate(found.to_dict())
