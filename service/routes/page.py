"""The page: a few hand-written files, served from the package."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)

_WEB = Path(__file__).resolve().parents[1] / "web"


@router.get("/")
async def index() -> FileResponse:
    """The page itself, asked for anew each time: a new version of the service never runs an old page."""
    return FileResponse(_WEB / "index.html", headers={"Cache-Control": "no-cache"})


def page_files() -> StaticFiles:
    """Script and style of the page."""
    return StaticFiles(directory=_WEB)
