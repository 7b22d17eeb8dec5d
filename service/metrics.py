"""Figures for Prometheus, in a registry of their own so that two applications in one process do not share them."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.0005, 0.001, 0.002, 0.004, 0.006, 0.008, 0.012, 0.02, 0.033, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Bounds around one frame time of 30 and 60 frames a second."""


class Metrics:
    """Counters and histograms of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "sonoplace_requests_total", "HTTP requests", ["method", "route", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "sonoplace_request_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.stage_seconds = Histogram(
            "sonoplace_stage_seconds", "Time per stage", ["stage"], buckets=_SECONDS, registry=self.registry
        )
        self.verdicts = Counter(
            "sonoplace_frame_verdicts_total", "Verdicts on frames", ["verdict"], registry=self.registry
        )
        self.procedures = Counter(
            "sonoplace_procedures_total", "Procedures by verdict or failure", ["outcome"], registry=self.registry
        )
        self.pushes = Gauge(
            "sonoplace_pushes", "Procedures whose results go to the archive", ["state"], registry=self.registry
        )
        self.waiting = Gauge("sonoplace_work_waiting", "Frames that wait for a thread", registry=self.registry)
        self.ready = Gauge("sonoplace_ready", "1 once a warm-up inference has passed", registry=self.registry)

    def observe_frame(self, verdict: str, timing_ms: Mapping[str, float]) -> None:
        """Count one analysed frame."""
        self.verdicts.labels(verdict).inc()
        for stage, value_ms in timing_ms.items():
            self.stage_seconds.labels(stage).observe(value_ms / 1e3)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
