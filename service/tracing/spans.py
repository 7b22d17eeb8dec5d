"""What is told of a request while it runs, to whatever traces it; nothing where nothing does."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol

from service.settings import Settings


class RequestSpan(Protocol):
    """One request, or one live connection, that is being traced."""

    def stages(self, timing_ms: Mapping[str, float]) -> None:
        """Take what stages took that have just ended, in their order."""
        ...

    def answered(self, route: str, status: int) -> None:
        """Take the route's template, never the path, and the status."""
        ...


class Tracing(Protocol):
    """Where spans go."""

    def request(self, kind: str, headers: Mapping[str, str], request_id: str) -> AbstractContextManager[RequestSpan]:
        """Span of a request (``kind`` is its method) that ends with the block; it belongs to the caller's trace."""
        ...

    def close(self) -> None:
        """Send what is left, and wait for it no longer than a few seconds."""
        ...


_CURRENT: ContextVar[RequestSpan | None] = ContextVar("sonoplace_request_span", default=None)


class _Untraced:
    def stages(self, timing_ms: Mapping[str, float]) -> None:
        """Nothing."""

    def answered(self, route: str, status: int) -> None:
        """Nothing."""


class NoTracing:
    """Traces nothing; keeps the contract of `Tracing`."""

    @contextmanager
    def request(self, kind: str, headers: Mapping[str, str], request_id: str) -> Iterator[RequestSpan]:  # noqa: ARG002 - the contract
        """Span that nobody sees."""
        yield _Untraced()

    def close(self) -> None:
        """Nothing."""


@contextmanager
def traced(span: RequestSpan) -> Iterator[None]:
    """Within it, also in threads and tasks begun there, `record_stages` tells this span."""
    token = _CURRENT.set(span)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def record_stages(timing_ms: Mapping[str, float]) -> None:
    """Tell the span of the request at hand what stages took."""
    span = _CURRENT.get()
    if span is not None:
        span.stages(timing_ms)


def tracing_for(settings: Settings) -> Tracing:
    """Tracing that the settings ask for.

    Raises
    ------
    MissingExtra
        If they ask for some and the optional part for it is not installed.
    """
    if settings.otel_endpoint is None:
        return NoTracing()
    from service.tracing.otel import OtelTracing

    return OtelTracing(settings.otel_endpoint)
