"""``/v1/session``: the page signs in with a key, once, and is told who it is."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response
from starlette.requests import HTTPConnection

from service.access.errors import Unauthenticated
from service.access.roles import Principal, Role
from service.access.sessions import clear_cookie, set_cookie
from service.errors import BadQuery
from service.http.problems import problem_docs
from service.routes.asking import PrincipalDep
from service.state import ServicesDep
from service.wire import Wire

router = APIRouter(prefix="/v1/session", tags=["access"])

_NO_STORE = {"Cache-Control": "no-store"}


class SessionAnswer(Wire):
    """Who asks, as the service knows it."""

    required: bool
    """Whether access is on; while it is off everyone on this machine may do everything."""
    who: str
    roles: list[Role]
    until: datetime | None
    """When the key, token or session ends."""
    signed_in: bool
    """Whether it is a session of the page, which can be signed out of."""


_REFUSALS = problem_docs(Unauthenticated)
_SIGN_IN_REFUSALS = problem_docs(Unauthenticated, BadQuery)


@router.get("", summary="Who asks", responses=_REFUSALS)
async def get_session(services: ServicesDep, principal: PrincipalDep) -> SessionAnswer:
    """What the caller is known as and may do."""
    return _answer(principal, required=services.access.required)


@router.post(
    "",
    summary="Sign in",
    status_code=201,
    response_model=SessionAnswer,
    responses={**_REFUSALS, **problem_docs(BadQuery)},
)
async def post_session(connection: HTTPConnection, services: ServicesDep, principal: PrincipalDep) -> Response:
    """Exchange a key, sent as ``Authorization: Bearer KEY``, for a cookie that no script can read."""
    if not services.access.required:
        return _response(_answer(principal, required=False), 201)
    session = await services.access.begin_session(principal)
    life_s = services.access.session_s
    signed_in = Principal(principal.name, principal.roles, float(session.expires_at), session=session.id)
    response = _response(_answer(signed_in, required=True), 201)
    response.headers["Set-Cookie"] = set_cookie(session, connection.url.scheme, life_s)
    return response


@router.delete("", summary="Sign out", status_code=204, response_class=Response, responses=_REFUSALS)
async def delete_session(connection: HTTPConnection, services: ServicesDep, principal: PrincipalDep) -> Response:
    """End the session: its cookie holds no longer, in any process after some seconds."""
    await services.work.run_patiently(services.access.end_session, principal)
    return Response(status_code=204, headers={**_NO_STORE, "Set-Cookie": clear_cookie(connection.url.scheme)})


def _answer(principal: Principal, *, required: bool) -> SessionAnswer:
    until = None if principal.expires_at is None else datetime.fromtimestamp(principal.expires_at, UTC)
    return SessionAnswer(
        required=required,
        who=principal.name,
        roles=sorted(principal.roles),
        until=until,
        signed_in=principal.session is not None,
    )


def _response(answer: SessionAnswer, status: int) -> Response:
    return Response(answer.model_dump_json(), status, _NO_STORE, "application/json")
