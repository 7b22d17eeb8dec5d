"""A running service under attack: what it answers, what it takes, and whether it answers others meanwhile."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from imaging.errors import ImagingError
from service.errors import ServiceError
from tests.service.pictures import png

TASK_S = float(os.environ.get("SONOPLACE_TEST_TASK_S", "1.5"))
"""Longest work on one picture; the service itself allows 4 s."""
_PATIENCE_S = 60.0
_ROUTERS = ("bad-request", "not-found", "method-not-allowed")
"""Refusals of the framework itself, before any of ours is asked."""


def _codes(kind: type[ImagingError | ServiceError]) -> Iterator[str]:
    yield kind.code
    for child in kind.__subclasses__():
        yield from _codes(child)


@dataclass(frozen=True, slots=True)
class Attack:
    """What one of them took: of the clock until it was answered, and of the processors, neighbours included."""

    name: str = ""
    clock_s: float = 0.0
    processor_s: float = 0.0

    @property
    def took_s(self) -> float:
        """The lesser: a busy machine stretches the one, other work of the service the other."""
        return min(self.clock_s, self.processor_s)


@dataclass
class Attacked:
    """The service, and what was seen of it."""

    address: str
    client: httpx2.Client
    family: list[psutil.Process]
    """The service itself, then its decoders."""
    attacks: list[Attack] = field(default_factory=list)
    most_bytes: int = 0
    neighbours: list[int] = field(default_factory=list)
    neighbours_slowest_s: float = 0.0

    def post(self, name: str, path: str, content: bytes, content_type: str) -> httpx2.Response:
        """Answer to an attack."""
        with self.attack(name):
            headers = {"Content-Type": content_type.encode("latin-1")}
            return self.client.post(path, content=content, headers=headers)

    @contextmanager
    def attack(self, name: str) -> Iterator[None]:
        """Note what an attack takes."""
        began, used_s = time.monotonic(), processor_s(self.family)
        yield
        self.attacks.append(Attack(name, time.monotonic() - began, processor_s(self.family) - used_s))


def require_named(answer: httpx2.Response, name: str) -> str:
    """Make sure that an answer is one, or a refusal by name; gives its code, or "" for an answer."""
    if answer.status_code in (200, 201, 202):
        assert answer.json() is not None
        return ""
    assert 400 <= answer.status_code < 500, (name, answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == "application/problem+json", name
    problem = answer.json()
    assert problem["type"] == f"urn:sonoplace:problem:{problem['code']}"
    assert problem["code"] in {*_codes(ImagingError), *_codes(ServiceError), *_ROUTERS}, (name, problem)
    assert len(problem["detail"]) < 500, name
    return str(problem["code"])


@contextmanager
def attacked(folder: Path) -> Iterator[Attacked]:
    """A service that somebody else asks all the time, and whose memory is watched."""
    command = [sys.executable, "-m", "tests.hostile.server", str(folder), str(TASK_S)]
    log = folder / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,  # noqa: S603 - ours
    ):
        assert process.stdout is not None
        address = process.stdout.readline().strip().rstrip("/")
        over = threading.Event()
        with httpx2.Client(base_url=address, timeout=_PATIENCE_S) as client:
            service = Attacked(address, client, [psutil.Process(process.pid)])
            others = [threading.Thread(target=act, args=(service, over)) for act in (_neighbour, _watch)]
            for other in others:
                other.start()
            try:
                yield service
                assert process.poll() is None, "the service has ended"
            finally:
                over.set()
                for other in others:
                    other.join(_PATIENCE_S)
                process.terminate()
                process.stdout.read()
                process.wait(30)
    assert '"event": "unexpected"' not in log.read_text(), log.read_text()[-2000:]


def _neighbour(service: Attacked, over: threading.Event) -> None:
    """Ask for one frame after the other, as a well-behaved client does."""
    body = png()
    with httpx2.Client(base_url=service.address, timeout=_PATIENCE_S) as client:
        while not over.wait(0.05):
            began = time.monotonic()
            answer = client.post("/v1/frames", content=body, headers={"Content-Type": "image/png"})
            service.neighbours.append(answer.status_code)
            service.neighbours_slowest_s = max(service.neighbours_slowest_s, time.monotonic() - began)


def _watch(service: Attacked, over: threading.Event) -> None:
    """Most memory of the service and its decoders together."""
    itself = service.family[0]
    while not over.wait(0.05):
        service.family = [itself, *itself.children(recursive=True)]
        service.most_bytes = max(service.most_bytes, int(summed(service.family, lambda one: one.memory_info().rss)))


def processor_s(family: list[psutil.Process]) -> float:
    """Processor time so far of a process and its children, that of children which have ended included."""
    ended = family[0].cpu_times()
    return ended.children_user + ended.children_system + summed(family, lambda one: sum(one.cpu_times()[:2]))


def summed(family: list[psutil.Process], amount: Callable[[psutil.Process], float]) -> float:
    """Sum over those that are still there."""
    total = 0.0
    for one in family:
        with suppress(psutil.NoSuchProcess):
            total += amount(one)
    return total
