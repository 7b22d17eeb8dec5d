"""Reports for people, and the same as files for other programs."""

from typing import Any

from fastapi import APIRouter, Response

from service.errors import BadQuery, NotFound, NotReady
from service.http.problems import problem_docs
from service.procedures.answer import PREFIX
from service.report.page import content_policy
from service.report.procedure import procedure_html
from service.state import ServicesDep

router = APIRouter(tags=["reports"])

HTML = "text/html"
_PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {HTML: {"schema": {"type": "string"}}}}}


def _private() -> dict[str, str]:
    return {"Cache-Control": "private, no-store", "Content-Security-Policy": content_policy()}


@router.get(
    f"{PREFIX}/{{procedure_id}}/report.html",
    summary="Report of a procedure as a page",
    response_class=Response,
    responses={**_PAGE, **problem_docs(BadQuery, NotFound, NotReady)},
)
async def get_report_html(procedure_id: str, services: ServicesDep) -> Response:
    """A page whole in itself, to read, print and keep."""
    content = await services.work.run(procedure_html, services.store, procedure_id, services.engine)
    return Response(content, headers=_private(), media_type=HTML)
