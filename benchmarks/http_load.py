"""HTTP clients that each send their next request once the last is answered, over one kept connection."""

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.distribution import Distribution

_TIMEOUT_S = 60.0
_PAUSE_S = 0.01
"""After a refusal."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the clients send again and again; ``body`` gives that of each turn, counted from 0 over all clients."""

    path: str
    content_type: str
    body: Callable[[int], bytes]
    accepted: int = http.client.OK

    @classmethod
    def of(cls, path: str, content_type: str, body: bytes) -> "Request":
        """The same body at every turn."""
        return cls(path, content_type, lambda _: body)


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """What a number of clients saw."""

    clients: int
    latency: Distribution
    per_second: float
    refused: int

    @classmethod
    def of_parts(cls, parts: Sequence["LoadFigures"]) -> "LoadFigures":
        """What the same clients saw over several equal times."""
        latency = Distribution.of([value for part in parts for value in part.latency.values_ms])
        refused = sum(part.refused for part in parts)
        return cls(parts[0].clients, latency, sum(part.per_second for part in parts) / len(parts), refused)

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
    gate, bodies = threading.Barrier(clients + 1, timeout=2 * _TIMEOUT_S), map(request.body, itertools.count())
    threads = [
        threading.Thread(target=_client, args=(port, request, bodies, seconds, gate, tally), daemon=True)
        for tally in tallies
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


def _client(
    port: int, request: Request, bodies: Iterator[bytes], seconds: float, gate: threading.Barrier, tally: _Tally
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        _exchange(connection, request, next(bodies))
        gate.wait()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or not tally.latencies_ms:
            body = next(bodies)
            start = time.perf_counter()
            if _exchange(connection, request, body) == request.accepted:
                tally.latencies_ms.append((time.perf_counter() - start) * 1e3)
            else:
                tally.refused += 1
                time.sleep(_PAUSE_S)
    finally:
        connection.close()


def _exchange(connection: http.client.HTTPConnection, request: Request, body: bytes) -> int:
    connection.request("POST", request.path, body=body, headers={"Content-Type": request.content_type})
    response = connection.getresponse()
    response.read()
    return response.status
