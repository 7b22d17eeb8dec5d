"""Every benchmark in order, each on a server of its own, so that what one leaves behind does not slow the next."""

import http.client
import os
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchmarks import stages
from benchmarks.distribution import Distribution
from benchmarks.http_load import Request, closed_loop
from benchmarks.inputs import MODEL, Input, synthetic_input
from benchmarks.live_load import LiveFigures, LiveLoad, run_live
from benchmarks.plan import Plan
from benchmarks.server_process import ServerProcess, sonoplace_server
from imaging.onnx_model import load_model

Json = dict[str, Any]
Say = Callable[[str], None]
_CINE = "correct_placement.dcm"
_RATES = (30.0, 60.0)


def run_suite(plan: Plan, say: Say) -> Json:
    """Figures of every part, under the names that `benchmarks.report` prints.

    Parameters
    ----------
    say
        Told what is being measured.
    """
    given = synthetic_input()
    say("cold start")
    figures: Json = {"machine": machine(), "cold start": Distribution.of(_cold_starts(plan.cold_starts)).figures()}
    say("stages")
    segmenter = load_model(MODEL)
    figures["identity"] = {"model": segmenter.identity.name, "version": segmenter.identity.version}
    figures["stages"] = stages.report(stages.measure(stages.stages(segmenter, given), plan.rounds))
    figures["http"] = list(_http(plan, given, say))
    figures["upload"] = list(_uploads(plan, say))
    figures["live"] = list(_live(plan, given, say))
    figures["overload"] = _overload(plan, given, say)
    if plan.soak_min > 0:
        figures["soak"] = _soak(plan, given, say)
    return figures


def machine() -> Json:
    """What it ran on; no name of the machine."""
    names = ("numpy", "onnxruntime", "opencv-python-headless", "uvicorn")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load before": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def _cold_starts(count: int) -> list[float]:
    times = []
    for _ in range(count):
        with sonoplace_server() as server:
            times.append(server.ready_ms)
    return times


def frame_request(given: Input, *, box_given: bool) -> Request:
    """Request of one frame; without its B-mode rectangle the service has to look for it."""
    row, column = given.spacing_mm
    box = ",".join(map(str, given.frame.bmode.xyxy()))
    query = f"?spacing_mm={row},{column}" + (f"&bmode={box}" if box_given else "")
    return Request.of(f"/v1/frames{query}", "image/jpeg", given.jpeg)


def _http(plan: Plan, given: Input, say: Say) -> Iterator[Json]:
    for box_given in (True, False):
        request = frame_request(given, box_given=box_given)
        name = "HTTP frame" if box_given else "HTTP frame, B-mode searched"
        with sonoplace_server() as server:
            for clients in plan.clients if box_given else plan.clients[:1]:
                say(f"{name}, {clients} clients")
                yield {"what": name, **closed_loop(server.port, request, clients, plan.http_s).figures()}


def _uploads(plan: Plan, say: Say) -> Iterator[Json]:
    cine = (files("sample_dicoms") / _CINE).read_bytes()

    def unlike_any_before(turn: int) -> bytes:
        """The cine with another preamble: the same bytes again would be the same procedure, analysed already."""
        return b"%0128d" % turn + cine[128:]

    request = Request("/v1/procedures?wait=true", "application/dicom", unlike_any_before, accepted=http.client.CREATED)
    with sonoplace_server() as server:
        for clients in plan.clients:
            say(f"cine upload, {clients} clients")
            figures = closed_loop(server.port, request, clients, plan.upload_s).figures()
            yield {"what": "cine upload, 36 frames", **figures}


def _live(plan: Plan, given: Input, say: Say) -> Iterator[Json]:
    for fps in _RATES:
        for clients in plan.clients:
            whole = fps == _RATES[0] and clients == 1
            load = LiveLoad(clients, fps, plan.live_s if whole else plan.live_s / 3)
            say(f"live, {clients} at {fps:g} frames a second")
            with sonoplace_server() as server:
                seen = _watched(server, given, load)
            yield {"what": "live", **seen.figures(), "ages": seen.age.thinned() if whole else []}


def _watched(server: ServerProcess, given: Input, load: LiveLoad) -> LiveFigures:
    return run_live(server.url, given, load, server.memory_mb)


def _overload(plan: Plan, given: Input, say: Say) -> Json:
    """Twice the rate at which one session that waits for each answer gets them."""
    say("overload")
    with sonoplace_server() as server:
        waiting = _watched(server, given, LiveLoad(1, None, max(plan.overload_s / 10, 2.0)))
    sustainable = waiting.total("answered") / waiting.load.seconds
    service_ms = 1e3 / sustainable
    with sonoplace_server() as server:
        seen = _watched(server, given, LiveLoad(1, 2.0 * sustainable, plan.overload_s))
    return {
        "what": "overload",
        **seen.figures(),
        "sustainable fps": round(sustainable, 1),
        "service ms": round(service_ms, 3),
        "age p99 / service": round(seen.age.at("p99") / service_ms, 3),
        **_memory(seen),
    }


def _soak(plan: Plan, given: Input, say: Say) -> Json:
    say(f"soak, {plan.soak_min:g} minutes")
    with sonoplace_server() as server:
        seen = _watched(server, given, LiveLoad(1, 30.0, plan.soak_min * 60.0))
    return {"what": "soak", **seen.figures(), **_memory(seen)}


def _memory(seen: LiveFigures) -> Json:
    megabytes = [mb for _, mb in seen.memory_mb]
    return {
        "memory first MB": round(megabytes[0], 1),
        "memory most MB": round(max(megabytes), 1),
        "memory last MB": round(megabytes[-1], 1),
        "growth MB": round(seen.growth_mb, 2),
        "ages": seen.age.thinned(),
    }
