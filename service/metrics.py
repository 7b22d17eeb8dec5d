"""Figures for Prometheus, in a registry of their own so that two applications in one process do not share them.

Where several processes serve one address, each writes into files of a folder that they share (the client library's
multiprocess mode), and whichever is asked answers with the sum over all of them. That mode holds in a process that was
started with ``PROMETHEUS_MULTIPROC_DIR`` set, as `service.serving.processes` starts them.
"""

import os
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from imaging.segmentation import ModelIdentity
from service.tracing.spans import record_stages

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.0005, 0.001, 0.002, 0.004, 0.006, 0.008, 0.012, 0.02, 0.033, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Bounds around one frame time of 30 and 60 frames a second."""
_STAGES = {"resample": "crop"}
"""Stages whose metric says what is done to the picture: the B-mode rectangle cut out onto the network's grid."""


class Metrics:
    """Counters and histograms of one application."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter(
            "sonoplace_requests_total", "HTTP requests", ["method", "route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "sonoplace_request_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=registry
        )
        self.stage_seconds = Histogram(
            "sonoplace_stage_seconds", "Time per stage", ["stage"], buckets=_SECONDS, registry=registry
        )
        self.verdicts = Counter("sonoplace_frame_verdicts_total", "Verdicts on frames", ["verdict"], registry=registry)
        self.procedures = Counter(
            "sonoplace_procedures_total", "Procedures by verdict or failure", ["outcome"], registry=registry
        )
        self.pushes = Gauge(
            "sonoplace_pushes",
            "Procedures whose results go to the archive",
            ["state"],
            registry=registry,
            multiprocess_mode="mostrecent",  # they share one queue
        )
        self.waiting = _gauge(registry, "sonoplace_work_waiting", "Frames that wait for a thread")
        self.ready = Gauge(
            "sonoplace_ready",
            "1 once a warm-up inference has passed, in every process, and until a stop is asked for",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self.models = _gauge(
            registry, "sonoplace_model", "Processes that answer with this model", ["model", "version", "sha256"]
        )

    def observe_frame(self, verdict: str, timing_ms: Mapping[str, float]) -> None:
        """Count one analysed frame."""
        self.verdicts.labels(verdict).inc()
        self.observe_stages(timing_ms)

    def observe_stages(self, timing_ms: Mapping[str, float]) -> None:
        """Count what stages took that have just ended, and tell the trace of the request if there is one."""
        record_stages(timing_ms)
        for stage, value_ms in timing_ms.items():
            self.stage_seconds.labels(_STAGES.get(stage, stage)).observe(value_ms / 1e3)

    def answers_with(self, model: ModelIdentity, before: ModelIdentity | None = None) -> None:
        """Tell which model answers from now on."""
        if before is not None:
            self.models.labels(before.name, before.version, before.sha256).set(0)
        self.models.labels(model.name, model.version, model.sha256).set(1)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format, over all processes that serve this address."""
        folder = os.environ.get(SHARED_FOLDER)
        if folder is None:
            return generate_latest(self.registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone, folder)
        return generate_latest(everyone)


def _gauge(registry: CollectorRegistry, name: str, meaning: str, labels: tuple[str, ...] | list[str] = ()) -> Gauge:
    """Gauge whose values of living processes are added up."""
    return Gauge(name, meaning, labels, registry=registry, multiprocess_mode="livesum")
