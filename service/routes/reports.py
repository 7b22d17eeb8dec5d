"""Reports for people: of one procedure, and of those that are chosen."""

from typing import Any

from fastapi import APIRouter, Response

from imaging.errors import MissingExtra
from service.errors import BadQuery, NotFound, NotReady
from service.http.problems import problem_docs
from service.procedures.answer import PREFIX
from service.report.archive.periods import Span
from service.report.page import content_policy
from service.report.procedure import procedure_html, procedure_print
from service.routes.asking import SightDep
from service.routes.choosing import ChoiceDep, ReferenceDep
from service.routes.upload_docs import BINARY
from service.state import ServicesDep
from service.store.choice import Choice
from service.store.ended import ProcedureFailed
from service.store.store import Store

router = APIRouter(tags=["reports"])

HTML, PDF = "text/html", "application/pdf"
_PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {HTML: {"schema": {"type": "string"}}}}}
_PRINT: dict[int | str, dict[str, Any]] = {200: {"content": {PDF: BINARY}}}
_NO_STORE = {"Cache-Control": "private, no-store"}


def _kept_as(name: str) -> dict[str, str]:
    """Headers of what is shown at once and, where it is kept, has a name that tells nothing of a person."""
    return {**_NO_STORE, "Content-Disposition": f'inline; filename="{name}"'}


def _page(content: str, name: str) -> Response:
    headers = _kept_as(name) | {"Content-Security-Policy": content_policy()}
    return Response(content, headers=headers, media_type=HTML)


@router.get(
    f"{PREFIX}/{{procedure_id}}/report.html",
    summary="Report of a procedure as a page",
    response_class=Response,
    responses={**_PAGE, **problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed)},
)
async def get_report_html(procedure_id: str, services: ServicesDep, sight: SightDep) -> Response:
    """A page whole in itself, to read, print and keep."""
    content = await services.work.run(procedure_html, services.store, procedure_id, services.engine, sight)
    return _page(content, f"placement-{procedure_id[:8]}.html")


@router.get(
    f"{PREFIX}/{{procedure_id}}/report.pdf",
    summary="Report of a procedure to file",
    response_class=Response,
    responses={**_PRINT, **problem_docs(BadQuery, NotFound, NotReady, ProcedureFailed, MissingExtra)},
)
async def get_report_pdf(procedure_id: str, services: ServicesDep, sight: SightDep) -> Response:
    """The same as PDF/A; needs the extra ``report``."""
    content = await services.work.run(procedure_print, services.store, procedure_id, services.engine, sight)
    return Response(content, headers=_kept_as(f"placement-{procedure_id[:8]}.pdf"), media_type=PDF)


@router.get(
    "/v1/report.html",
    summary="Report of all procedures as a page",
    response_class=Response,
    responses={**_PAGE, **problem_docs(BadQuery, MissingExtra)},
)
async def get_archive_html(services: ServicesDep, choice: ChoiceDep, reference: ReferenceDep) -> Response:
    """Verdicts, misses, operators and sites, drift, with a link to each procedure; needs the extra ``report``.

    Of those that fit the filters of the list, which its heading says in words.
    """
    content = await services.work.run(_archive, services.store, choice, reference)
    return _page(content, "archive-selection.html" if choice.conditions() else "archive.html")


def _archive(store: Store, choice: Choice, reference: Span) -> str:
    from service.report.archive.page import store_page  # what it counts with is an extra

    return store_page(store, reference, choice)
