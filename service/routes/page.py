"""The page: built files from the package (their sources are in ``service/web``), the same for every view."""

import http
from importlib import resources
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from service.http.problems import refuse_http

router = APIRouter(include_in_schema=False)

VIEWS = (
    "/",
    "/live",
    "/compare",
    "/procedures/{procedure_id}",
    "/procedures/{procedure_id}/record",
    "/archive",
    "/try",
)
"""Addresses that are views of the page; ``service/web/src/app.tsx`` says which address shows what."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Own files only: no other host, nothing inline, no evaluated strings, no frame around it."""
_PERMISSIONS = "camera=(self), display-capture=(self), fullscreen=(self), geolocation=(), microphone=(), payment=()"
_HEADERS = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY, "Permissions-Policy": _PERMISSIONS}
_DOCS_HEADERS = _HEADERS | {"Content-Security-Policy": POLICY.replace("img-src", "img-src data:")}
_SAMPLE = "correct_placement.dcm"
_DIST = Path(__file__).resolve().parents[1] / "web" / "dist"


async def index() -> FileResponse:
    """The page itself, asked for anew each time: a new version of the service never runs an old page."""
    return FileResponse(_DIST / "index.html", headers=_HEADERS)


for _view in VIEWS:
    router.add_api_route(_view, index)


async def not_found(request: Request, error: Exception) -> Response:
    """The page for somebody in a browser who mistyped an address, which says so; a problem for everybody else."""
    if "text/html" not in request.headers.get("accept", ""):
        return await refuse_http(request, error)
    return FileResponse(_DIST / "index.html", http.HTTPStatus.NOT_FOUND, headers=_HEADERS | {"Vary": "Accept"})


@router.get("/docs")
async def docs() -> FileResponse:
    """The OpenAPI document to read and ask from: Swagger UI from own files, whose style holds its icons as data."""
    return FileResponse(_DIST / "docs.html", headers=_DOCS_HEADERS)


@router.get("/page/sample.dcm")
def sample() -> Response:
    """Made-up cine for those who have none at hand."""
    cine = resources.files("sample_dicoms").joinpath(_SAMPLE).read_bytes()
    return Response(cine, headers={"Cache-Control": "no-cache"}, media_type="application/dicom")


class _Built(StaticFiles):
    """Files whose names change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, to be kept if it can never be another."""
        response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = POLICY
        if path.startswith("assets/"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def page_files() -> StaticFiles:
    """Script and style of the page."""
    return _Built(directory=_DIST, check_dir=False)
