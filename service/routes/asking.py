"""Who asks, as access knows them, and what of others' reviews they may see."""

from typing import Annotated, cast

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from service.access.roles import Principal, Role
from service.record.sight import Sight
from service.wire import Code

_SEES_ALL = frozenset({Role.AUDITOR, Role.ADMIN})


async def _principal(connection: HTTPConnection) -> Principal:
    return cast(Principal, connection.state.principal)


PrincipalDep = Annotated[Principal, Depends(_principal)]


async def _sight(
    principal: PrincipalDep,
    reader: Annotated[
        Code | None,
        Query(
            description="code of the reader who asks, to be shown no review by others before the own one of the whole "
            "procedure; so is whoever is neither auditor nor administrator, by the key"
        ),
    ] = None,
) -> Sight:
    return Sight(None if principal.roles & _SEES_ALL else principal.name, reader)


SightDep = Annotated[Sight, Depends(_sight)]
