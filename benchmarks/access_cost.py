"""What access adds to a request: ``python -m benchmarks.access_cost``.

The gate around an application that answers at once, beside that application alone, turn by turn in one run. The log is
written to a real file. Times are of this process's own processor, so that other work on the machine counts little.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.control import AccessControl
from service.access.key_store import KeyStore
from service.access.keys import make_key
from service.access.middleware import AccessGate
from service.access.roles import Role
from service.settings import Settings
from service.store.store import open_store
from service.store.tables import now

_ROUNDS, _CALLS = 40, 250
_FRAME = f"/v1/procedures/{'a' * 32}/frames/7/overlay.svg"
_CASES = {"frame to be judged": ("POST", "/v1/frames"), "overlay of a stored frame": ("GET", _FRAME)}


async def _inner(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Message) -> None:
    return


def main() -> None:
    """Print microseconds a request, with and without."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), access="required", access_rate_per_s=1e9, access_burst=10**9)
        store = open_store(settings)
        text, kept = make_key("BENCH-1", frozenset({Role.ADMIN}), now(), timedelta(days=1))
        keys = KeyStore(settings)
        keys.add(kept)
        keys.close()
        control = AccessControl(settings, CollectorRegistry())
        control.open(store.identifiers)
        asyncio.run(_compare(AccessGate(_inner, control), text))
        asyncio.run(_sign_in(control, text))
        control.close()
        store.close()


async def _compare(gate: ASGIApp, key: str) -> None:
    for name, (method, path) in _CASES.items():
        await _report(name, gate, _scope(method, path, {"authorization": f"Bearer {key}"}))


async def _sign_in(control: AccessControl, key: str) -> None:
    scope = _scope("GET", _FRAME, {"authorization": f"Bearer {key}"})
    state: dict[str, object] = {}
    await AccessGate(_inner, control)({**scope, "state": state}, _receive, _send)
    session = await control.begin_session(state["principal"])  # type: ignore[arg-type] # set by the gate
    await _report(
        "the same by cookie",
        AccessGate(_inner, control),
        _scope("GET", _FRAME, {"cookie": f"sonoplace-session={session}"}),
    )


async def _report(name: str, gate: ASGIApp, scope: Scope) -> None:
    turns = [(await _timed(_inner, scope), await _timed(gate, scope)) for _ in range(_ROUNDS)]
    without, with_it = (statistics.median(part) for part in zip(*turns, strict=True))
    print(f"{name:<28} without {without:6.1f} µs   with {with_it:6.1f} µs   access {with_it - without:6.1f} µs")


async def _timed(app: Callable[[Scope, Receive, Send], Awaitable[None]], scope: Scope) -> float:
    begun = time.process_time()
    for _ in range(_CALLS):
        await app({**scope, "state": {}}, _receive, _send)
    return (time.process_time() - begun) / _CALLS * 1e6


def _scope(method: str, path: str, headers: dict[str, str]) -> Scope:
    sent = {"host": "127.0.0.1:8000", "user-agent": "bench", "accept": "*/*", "content-type": "image/jpeg", **headers}
    return {
        "type": "http",
        "method": method,
        "path": path,
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }


if __name__ == "__main__":
    main()
