"""The page: built files from the package (their sources are in ``service/web``), the same for every view."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

router = APIRouter(include_in_schema=False)

_DIST = Path(__file__).resolve().parents[1] / "web" / "dist"


@router.get("/")
@router.get("/live")
@router.get("/procedures/{procedure_id}")
async def index() -> FileResponse:
    """The page itself, asked for anew each time: a new version of the service never runs an old page."""
    return FileResponse(_DIST / "index.html", headers={"Cache-Control": "no-cache"})


class _Built(StaticFiles):
    """Files whose names change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, to be kept if it can never be another."""
        response = await super().get_response(path, scope)
        if path.startswith("assets/"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def page_files() -> StaticFiles:
    """Script and style of the page."""
    return _Built(directory=_DIST, check_dir=False)
