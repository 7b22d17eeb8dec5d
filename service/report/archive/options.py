"""Options that commands share which write the report of an archive."""

from typing import Annotated

import typer

ReferenceFrom = Annotated[
    str | None,
    typer.Option(help="First date (YYYY, YYYY-MM or YYYY-MM-DD) of what drift is told against; else the earlier half."),
]
ReferenceTo = Annotated[str | None, typer.Option(help="Last date of what drift is told against.")]
Server = Annotated[
    str | None, typer.Option(help="Address of the service that holds the procedures, to link to: https://HOST[:PORT].")
]
