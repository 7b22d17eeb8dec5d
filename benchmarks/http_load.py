"""HTTP clients that each send their next request once the last is answered, over one kept connection."""

import http.client
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.distribution import Distribution

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """What each client sends again and again; bodies take turns."""

    path: str
    content_type: str
    bodies: Sequence[bytes]
    accepted: tuple[int, ...] = (200, 201)


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """What a number of clients saw."""

    clients: int
    latency: Distribution
    per_second: float
    refused: int

    def figures(self) -> dict[str, float]:
        """Row of the table."""
        counts = {"clients": self.clients, "per second": round(self.per_second, 2), "refused": self.refused}
        return self.latency.figures() | counts


@dataclass(slots=True)
class _Tally:
    """Written by one client thread, read once all have ended."""

    latencies_ms: list[float] = field(default_factory=list)
    refused: int = 0


def closed_loop(port: int, request: Request, clients: int, seconds: float) -> LoadFigures:
    """Load by so many clients for so long; the first request of each is not counted."""
    tallies = [_Tally() for _ in range(clients)]
    gate = threading.Barrier(clients + 1)
    threads = [
        threading.Thread(target=_client, args=(port, request, seconds, gate, tally), daemon=True) for tally in tallies
    ]
    for thread in threads:
        thread.start()
    gate.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun
    latencies = [value for tally in tallies for value in tally.latencies_ms]
    refused = sum(tally.refused for tally in tallies)
    return LoadFigures(clients, Distribution.of(latencies), len(latencies) / elapsed, refused)


def _client(port: int, request: Request, seconds: float, gate: threading.Barrier, tally: _Tally) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    headers = {"Content-Type": request.content_type}
    try:
        _exchange(connection, request, request.bodies[0], headers)
        gate.wait()
        end, turn = time.perf_counter() + seconds, 0
        while time.perf_counter() < end or not tally.latencies_ms:
            start = time.perf_counter()
            status = _exchange(connection, request, request.bodies[turn % len(request.bodies)], headers)
            if status in request.accepted:
                tally.latencies_ms.append((time.perf_counter() - start) * 1e3)
            else:
                tally.refused += 1
                time.sleep(0.01)
            turn += 1
    finally:
        connection.close()


def _exchange(connection: http.client.HTTPConnection, request: Request, body: bytes, headers: dict[str, str]) -> int:
    connection.request("POST", request.path, body=body, headers=headers)
    response = connection.getresponse()
    response.read()
    return response.status
