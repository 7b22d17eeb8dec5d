"""Spans of requests and stages, by route; nothing at all unless a site asks for it."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service import app as application
from service.settings import Settings
from service.tracing.spans import NoTracing, record_stages, tracing_for
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import png

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MISSING = "import sys; sys.modules['opentelemetry.sdk'] = None; from service.cli import app; app()"


def test_off_unless_configured() -> None:
    assert isinstance(tracing_for(Settings()), NoTracing)
    record_stages({"network": 1.0})


def test_a_span_per_request_and_one_per_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter", reason="no extra otel")
    from service.tracing.otel import OtelTracing

    exporter = memory.InMemorySpanExporter()
    monkeypatch.setattr(application, "tracing_for", lambda _: OtelTracing("", exporter))
    settings = Settings(data_dir=tmp_path, workers=1)
    with TestClient(application.create_app(settings, lambda _: FakeSegmenter())) as client:
        headers = {"Content-Type": "image/png", "traceparent": PARENT, "X-Request-ID": "traced-request"}
        assert client.post("/v1/frames?spacing_mm=0.2", content=png(), headers=headers).status_code == 200
        assert client.get("/v1/procedures/secret-name").status_code == 404
    spans = {span.name: span for span in exporter.get_finished_spans()}
    request = spans["POST /v1/frames"]
    assert f"{request.context.trace_id:032x}" == PARENT.split("-")[1]
    assert request.attributes["sonoplace.request_id"] == "traced-request"
    assert request.attributes["http.response.status_code"] == 200
    stages = [spans[name] for name in ("queue", "decode", "inference", "measurement", "placement", "json")]
    assert all(stage.parent.span_id == request.context.span_id for stage in stages)
    assert all(first.end_time <= later.start_time for first, later in pairwise(stages))
    assert "total" not in spans
    assert "GET /v1/procedures/{procedure_id}" in spans
    assert not [span for span in spans.values() if "secret" in span.to_json()]


def test_a_missing_extra_is_said_in_one_line(tmp_path: Path) -> None:
    environment = {"SONOPLACE_OTEL_ENDPOINT": "http://127.0.0.1:1/v1/traces", "SONOPLACE_DATA_DIR": str(tmp_path)}
    started = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", MISSING, "serve", "--port", "0"],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert started.returncode == 2
    (said,) = started.stderr.strip().splitlines()
    assert said == (
        "MissingExtra: sending traces (SONOPLACE_OTEL_ENDPOINT) needs the optional part 'otel': "
        "pip install 'sonoplace[otel]'"
    )
