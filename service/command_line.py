"""What the commands of ``sonoplace`` share: one line on what cannot be used, and a word for who stops one halfway."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

_STOPPED = 130
"""Exit status of a command that was interrupted, as shells give it."""


class SaysWhy(TyperGroup):
    """Commands that end with a line on what cannot be used: a setting, a model, a store, a file."""

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401 - typer keeps its context's base class to itself
        """Run the command; what cannot be used ends it with status 2."""
        from imaging.errors import ImagingError
        from service.errors import ServiceError

        try:
            return super().invoke(ctx)
        except (ImagingError, ServiceError, OSError) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # whoever read what is printed has seen enough
            _end(error, f"{type(error).__name__}: {error}")
        except ValueError as error:
            from service.settings import refusals

            if not (lines := refusals(error)):
                raise
            _end(error, *(f"BadSetting: {line}" for line in lines))


def _end(error: Exception, *lines: str) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(2) from error


@contextmanager
def going_on_later(words: str) -> Iterator[None]:
    """Say how a command that is interrupted can be gone on with."""
    try:
        yield
    except KeyboardInterrupt as error:
        typer.echo(f"stopped; {words}", err=True)
        raise typer.Exit(_STOPPED) from error
