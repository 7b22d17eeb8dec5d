"""Who asks: whom access knows, and the code of a person that the caller says, never a name."""

from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import HTTPConnection

ANONYMOUS = "anonymous"


def known_asker(connection: HTTPConnection) -> str:
    """Name of whoever was let in: ``key:ID`` or ``oidc:HASH``; anonymous while access is off."""
    return str(getattr(connection.state, "asked_by", ANONYMOUS))


async def _asker(
    connection: HTTPConnection,
    code: Annotated[
        str | None,
        Header(
            alias="SonoPlace-Asked-By",
            pattern=r"^[A-Z_-]*[0-9][A-Z0-9_-]*$",
            max_length=32,
            description="code of who asks, for the chain: capitals, digits, - and _, one digit at least",
        ),
    ] = None,
) -> str:
    known = known_asker(connection)
    if code is None:
        return known
    return code if known == ANONYMOUS else f"{known}/{code}"


AskerDep = Annotated[str, Depends(_asker)]
"""For the chain. A code beside a key is what the holder of the key says: whoever shares a cart, say."""
