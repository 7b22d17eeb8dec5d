"""Other servers with the same work behind them, measured by the same client in the same run."""

import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.http_load import LoadFigures, Request, closed_loop
from benchmarks.inputs import Input, synthetic_input
from benchmarks.peer_apps.same_work import BMODE_PX, SPACING_MM
from benchmarks.plan import Plan
from benchmarks.server_process import free_port, sonoplace_server, started
from benchmarks.suite import frame_request

Json = dict[str, Any]
Say = Callable[[str], None]
_ROOT = Path(__file__).resolve().parents[1]
_INSTALL_S = 900.0
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server: what to install, how to start it (its port comes last), and where it answers."""

    name: str
    requirement: str
    command: tuple[str, ...]
    ready: str


PEERS = (
    Peer("LitServe", "litserve>=0.2.19", ("-m", "benchmarks.peer_apps.litserve_app"), "/health"),
    Peer(
        "BentoML",
        "bentoml>=1.4",
        ("-m", "bentoml", "serve", "benchmarks.peer_apps.bentoml_app:SameWork", "--host", "127.0.0.1", "--port"),
        "/readyz",
    ),
)


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that runs, and what it is asked."""

    name: str
    port: int
    request: Request


def measure_peers(plan: Plan, say: Say) -> list[Json]:
    """A row for our own service and one for each peer; one that does not run says why.

    All run, and are asked in turn: a machine that slows down slows all of them alike.
    """
    given = synthetic_input()
    absent: list[Json] = []
    with tempfile.TemporaryDirectory(prefix="sonoplace-peers-") as folder, ExitStack() as running:
        environments = {}
        for peer in PEERS:
            say(f"installing {peer.name}")
            with _told(absent, peer):
                environments[peer] = environment(Path(folder) / peer.name, peer.requirement)
        server = running.enter_context(sonoplace_server())
        contenders = [Contender("SonoPlace", server.port, frame_request(given, box_given=True))]
        for peer, python in environments.items():
            with _told(absent, peer):
                contenders.append(_started(peer, python, given, running))
        return in_turn(contenders, plan.http_s, say) + absent


def in_turn(contenders: Sequence[Contender], seconds: float, say: Say) -> list[Json]:
    """A row for each, measured for so long over several rounds."""
    parts: list[list[LoadFigures]] = [[] for _ in contenders]
    for turn in range(_ROUNDS):
        for contender, seen in zip(contenders, parts, strict=True):
            say(f"{contender.name}, round {turn + 1} of {_ROUNDS}")
            seen.append(closed_loop(contender.port, contender.request, 1, seconds / _ROUNDS))
    rows = zip(contenders, parts, strict=True)
    return [{"what": contender.name, **LoadFigures.of_parts(seen).figures()} for contender, seen in rows]


@contextmanager
def _told(absent: list[Json], peer: Peer) -> Iterator[None]:
    """Leave a peer out that does not run here, and say so."""
    try:
        yield
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        absent.append({"what": peer.name, "absent": f"did not run here ({type(error).__name__})"})


def _started(peer: Peer, python: Path, given: Input, running: ExitStack) -> Contender:
    said = {
        SPACING_MM: ",".join(map(str, given.spacing_mm)),
        BMODE_PX: ",".join(map(str, given.frame.bmode.xyxy())),
        "BENTOML_HOME": str(python.parents[1] / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        "TQDM_DISABLE": "1",
    }
    server = running.enter_context(started((str(python), *peer.command, str(free_port())), peer.ready, said))
    return Contender(peer.name, server.port, Request.of("/predict", "image/jpeg", given.jpeg))


def environment(folder: Path, *requirements: str) -> Path:
    """Interpreter of a new environment with one peer in it; what it lacks it finds in ours.

    So both sides run the same NumPy, OpenCV and ONNX Runtime, unless the peer insists on others.
    """
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run(  # noqa: S603 - the interpreter just made
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements],
        check=True,
        timeout=_INSTALL_S,
        capture_output=True,
    )
    ours = [str(_ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
    packages = next((folder / "lib").glob("python*/site-packages"))
    (packages / "sonoplace.pth").write_text("\n".join(ours) + "\n", encoding="utf-8")
    return python
