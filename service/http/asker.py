"""Who asks, as far as the caller says: a code, never a name."""

from typing import Annotated

from fastapi import Depends, Header

ANONYMOUS = "anonymous"


def _asker(
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
    return code or ANONYMOUS


AskerDep = Annotated[str, Depends(_asker)]
