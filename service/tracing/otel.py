"""Spans by the OpenTelemetry SDK, sent as OTLP over HTTP (extra ``otel``); sampling is set by ``OTEL_TRACES_SAMPLER``.

No span holds a path, a query or a message: routes are told by their template, refusals by their status.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from imaging.errors import MissingExtra
from service.answer import code_version

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
except ModuleNotFoundError as error:
    extra, purpose = "otel", "sending traces (SONOPLACE_OTEL_ENDPOINT)"
    raise MissingExtra(extra, purpose) from error

from opentelemetry.propagate import extract
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

_TOTAL = "total"
_SERVER_FAULT = 500
_FLUSH_MS = 3_000


class OtelTracing:
    """Spans sent to a collector; see `service.tracing.spans.Tracing` for its contract."""

    def __init__(self, endpoint: str, exporter: SpanExporter | None = None) -> None:
        resource = Resource.create({"service.name": "sonoplace", "service.version": code_version()})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer("sonoplace", code_version())

    @contextmanager
    def request(self, kind: str, headers: Mapping[str, str], request_id: str) -> Iterator["_OtelSpan"]:
        """Span of a request, within the trace that its ``traceparent`` header names."""
        attributes = {"sonoplace.request_id": request_id, "http.request.method": kind}
        with self._tracer.start_as_current_span(
            kind,
            context=extract(headers),
            kind=SpanKind.SERVER,
            attributes=attributes,
            record_exception=False,  # its message may quote a file
        ) as span:
            yield _OtelSpan(span, self._tracer, kind)

    def close(self) -> None:
        """Send what is left."""
        self._provider.force_flush(_FLUSH_MS)
        self._provider.shutdown()


class _OtelSpan:
    def __init__(self, span: Span, tracer: Tracer, kind: str) -> None:
        self._span = span
        self._tracer = tracer
        self._kind = kind

    def stages(self, timing_ms: Mapping[str, float]) -> None:
        """Lay the stages one after another so that the last one ends now."""
        steps = {stage: round(value_ms * 1e6) for stage, value_ms in timing_ms.items() if stage != _TOTAL}
        at_ns = time.time_ns() - sum(steps.values())
        context = set_span_in_context(self._span)
        for stage, duration_ns in steps.items():
            step = self._tracer.start_span(stage, context=context, start_time=at_ns)
            at_ns += duration_ns
            step.end(at_ns)

    def answered(self, route: str, status: int) -> None:
        """Name the span by its route."""
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        self._span.update_name(f"{self._kind} {route}")
        if status >= _SERVER_FAULT:
            self._span.set_status(Status(StatusCode.ERROR))
