"""Other servers with the same work behind them, measured by the same client in the same run."""

import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.http_load import Request, closed_loop
from benchmarks.inputs import Input, synthetic_input
from benchmarks.peer_apps.same_work import BMODE_PX, SPACING_MM
from benchmarks.plan import Plan
from benchmarks.server_process import free_port, sonoplace_server, started
from benchmarks.suite import frame_request

Json = dict[str, Any]
Say = Callable[[str], None]
_ROOT = Path(__file__).resolve().parents[1]
_INSTALL_S = 900.0


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


def measure_peers(plan: Plan, say: Say) -> list[Json]:
    """A row for our own service and one for each peer; one that does not run says why."""
    given = synthetic_input()
    with tempfile.TemporaryDirectory(prefix="sonoplace-peers-") as folder, sonoplace_server() as server:
        say("SonoPlace")
        request = frame_request(given, box_given=True)
        rows = [{"what": "SonoPlace", **closed_loop(server.port, request, 1, plan.http_s).figures()}]
        return rows + list(_others(Path(folder), given, plan, say))


def _others(folder: Path, given: Input, plan: Plan, say: Say) -> Iterator[Json]:
    for peer in PEERS:
        say(peer.name)
        try:
            yield {"what": peer.name, **_measured(peer, environment(folder / peer.name, peer.requirement), given, plan)}
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            yield {"what": peer.name, "absent": f"did not run here ({type(error).__name__})"}


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


def _measured(peer: Peer, python: Path, given: Input, plan: Plan) -> Json:
    said = {
        SPACING_MM: ",".join(map(str, given.spacing_mm)),
        BMODE_PX: ",".join(map(str, given.frame.bmode.xyxy())),
        "BENTOML_HOME": str(python.parents[1] / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        "TQDM_DISABLE": "1",
    }
    command = (str(python), *peer.command, str(free_port()))
    with started(command, peer.ready, said) as server:
        request = Request.of("/predict", "image/jpeg", given.jpeg)
        return closed_loop(server.port, request, 1, plan.http_s).figures()
