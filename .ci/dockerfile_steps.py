"""Executes the Dockerfile's steps without a container engine, then runs what came of them as an orchestrator would.

Each stage is a Debian of its own in a folder (mmdebstrap), each RUN a chroot into it with a mount namespace of its own.
The result runs in a network namespace with nothing but a loopback, as the image's user, on a root file system that is
read-only but for the image's volume and ``/tmp``; it must come to pass its own health check, refuse who has no key, and
answer a frame to who has one. Needs root with namespaces of its own, mmdebstrap and Debian's archive; where one is
missing it says so and ends with status 0.

``python .ci/dockerfile_steps.py [--keep FOLDER]``; about a minute.

What is not the image's own: its base is Debian's Python of the same version, not the one that Docker Hub builds.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASES = {"python:3.11-slim-bookworm": ("bookworm", "python3,python3-venv,ca-certificates,passwd")}
_LINKS = "ln -s /usr/bin/python3 /usr/local/bin/python"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_BUILD_TOOLS = "gcc g++ cc make pip pip3 hatchling git curl"
_READY_S = 60.0
_FRAME = "sample_dicoms/correct_placement.dcm"


@dataclass
class Stage:
    """What a FROM began."""

    root: Path
    workdir: str = "/"
    user: str = "0:0"
    environment: dict[str, str] = field(default_factory=dict)
    volumes: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def main() -> int:
    """Build and run; 0 if all held, or if it cannot be done here."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--keep", type=Path, help="folder for the stages, which are left there")
    given = arguments.parse_args()
    missing = [name for name in ("mmdebstrap", "unshare", "nsenter", "ip") if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        print(f"not done here: it needs root and mmdebstrap, util-linux, iproute2 (missing: {missing or 'root'})")
        return 0
    if subprocess.run(["unshare", "--mount", "--net", "--", "true"], capture_output=True, check=False).returncode:
        print("not done here: root may not make namespaces of its own")
        return 0
    with tempfile.TemporaryDirectory(prefix="sonoplace-image-") as temporary:
        folder = given.keep or Path(temporary)
        begun = time.monotonic()
        stage = build(ROOT / "Dockerfile", folder)
        built = time.monotonic()
        look_inside(stage)
        run_it(stage)
        print(f"built in {built - begun:.0f} s, run and asked in {time.monotonic() - built:.0f} s: all held")
    return 0


def build(dockerfile: Path, folder: Path) -> Stage:
    """Execute every step; gives the last stage."""
    stages: dict[str, Stage] = {}
    for word, rest in instructions(dockerfile.read_text(encoding="utf-8")):
        print(f"+ {word} {rest[:100]}", flush=True)
        if word == "FROM":
            base, *named = rest.split()
            stages[named[1] if named else str(len(stages))] = Stage(new_root(base, folder / f"stage-{len(stages)}"))
        else:
            step(list(stages.values())[-1], word, rest, stages)
    return list(stages.values())[-1]


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Instructions of a Dockerfile, continued lines joined."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", " ", lines).splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, re.sub(r"\s+", " ", rest.strip())


def step(stage: Stage, word: str, rest: str, stages: dict[str, Stage]) -> None:
    """Execute one instruction."""
    known: dict[str, Callable[[], None]] = {
        "RUN": lambda: in_root(stage, rest),
        "COPY": lambda: copy(stage, rest, stages),
        "ENV": lambda: stage.environment.update(dict(part.split("=", 1) for part in shlex.split(rest))),
        "WORKDIR": lambda: set_workdir(stage, rest),
        "USER": lambda: setattr(stage, "user", rest),
        "VOLUME": lambda: stage.volumes.append(rest),
        "HEALTHCHECK": lambda: stage.health.extend(json.loads(rest[rest.index("CMD ") + 4 :])),
        "ENTRYPOINT": lambda: stage.entrypoint.extend(json.loads(rest)),
        "CMD": lambda: stage.command.extend(json.loads(rest)),
        "EXPOSE": lambda: None,
    }
    require(word in known, f"{word} is not known here")
    known[word]()


def set_workdir(stage: Stage, place: str) -> None:
    """WORKDIR."""
    stage.workdir = place
    (stage.root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)


def require(holds: object, otherwise: str) -> None:
    """End with a sentence if something does not hold."""
    if not holds:
        sys.exit(otherwise)


def new_root(base: str, root: Path) -> Path:
    """A fresh Debian in a folder; what is under the base's name beside it is taken again."""
    require(not root.exists(), f"{root} is there already: expected a new folder")
    made = root.parent / base.replace(":", "-")
    if not made.exists():
        suite, packages = BASES[base]
        lists = [*Path("/etc/apt").glob("sources.list"), *Path("/etc/apt/sources.list.d").glob("*.sources")]
        hook = "--customize-hook=chroot $1 " + _LINKS
        made.parent.mkdir(parents=True, exist_ok=True)
        # In a mount namespace of its own: what it mounts goes with it, however it ends.
        command = [
            "unshare",
            "--mount",
            "--",
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--include={packages}",
            hook,
            suite,
            str(made),
        ]
        if subprocess.run([*command, *map(str, lists)], check=False).returncode:
            print("not done here: no Debian could be made, see above")
            sys.exit(0)
    subprocess.run(["cp", "-a", str(made), str(root)], check=True)
    return root


def in_root(stage: Stage, script: str) -> None:
    """RUN: a shell in the stage, with this machine's way to its package registry."""
    root = shlex.quote(str(stage.root))
    borrowed = [Path("/etc/resolv.conf"), Path("/etc/hosts"), _CERTIFICATES, *pip_places()]
    mounts = [f"mount -t proc proc {root}/proc", f"mount --rbind /dev {root}/dev"]
    for place in (path for path in borrowed if path.exists()):
        target = stage.root / str(place).lstrip("/")
        made = f"mkdir -p {target}" if place.is_dir() else f"mkdir -p {target.parent} && touch {target}"
        mounts.append(f"{made} && mount --bind {place} {target}")
    variables = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    variables |= {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **stage.environment}
    settings = " ".join(shlex.quote(f"{name}={value}") for name, value in variables.items())
    inner = shlex.quote(f"cd {stage.workdir} && {script}")
    enter = f"chroot --userspec={stage.user} {root} env -i {settings} /bin/sh -ec {inner}"
    subprocess.run(["unshare", "--mount", "--", "sh", "-ec", "\n".join([*mounts, enter])], check=True)


def pip_places() -> list[Path]:
    """Files and folders that this machine's pip is set to read."""
    configs = [Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf"]
    text = " ".join(path.read_text() for path in configs if path.is_file())
    named = {Path(found) for found in re.findall(r"(?:file://)?(/[\w./-]+)", text) if Path(found).is_dir()}
    return [path for path in configs if path.is_file() and path.is_relative_to("/etc")] + sorted(named)


def copy(stage: Stage, rest: str, stages: dict[str, Stage]) -> None:
    """COPY from another stage, or from what .dockerignore leaves of the checkout."""
    words = rest.split()
    from_stage = next((word.split("=", 1)[1] for word in words if word.startswith("--from=")), None)
    *sources, target = [word for word in words if not word.startswith("--")]
    place = stage.root / str(Path(stage.workdir) / target).lstrip("/")
    if from_stage is not None:
        (source,) = sources
        shutil.copytree(stages[from_stage].root / source.lstrip("/"), place, symlinks=True)
        return
    for path in context():
        for source in sources:
            if path == source or path.startswith(f"{source}/"):
                inside = Path(path).name if path == source else str(Path(path).relative_to(source))
                whole = place / inside if path != source or target.endswith("/") else place
                whole.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, whole)


def context() -> list[str]:
    """Files that .dockerignore lets in: the last line that matches a path or a folder above it decides."""
    rules = []
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.lstrip("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            rules.append((re.compile(pattern + r"(?:/.*)?"), not line.startswith("!")))
    found = []
    for top in sorted(path.name for path in ROOT.iterdir() if path.name not in (".git", ".venv")):
        for path in [ROOT / top] if (ROOT / top).is_file() else sorted((ROOT / top).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            verdicts = [ignored for rule, ignored in rules if rule.fullmatch(name)]
            if path.is_file() and not (verdicts and verdicts[-1]):
                found.append(name)
    return found


def look_inside(stage: Stage) -> None:
    """The image has a user of its own, and nothing to build or fetch with."""
    require(stage.user.split(":")[0] not in ("0", "root"), "the image runs as root")
    tools = subprocess.run(
        ["chroot", str(stage.root), "/bin/sh", "-c", f"for t in {_BUILD_TOOLS}; do command -v $t; done; true"],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    tools += [str(path) for path in (stage.root / "opt").rglob("pip*") if path.name in ("pip", "pip3")]
    require(not tools, f"build tools in the last stage: {tools}")
    size = subprocess.run(
        ["du", "-sm", f"{stage.root}/opt"], check=True, capture_output=True, text=True
    ).stdout.split()[0]
    print(f"no build tools; /opt has {size} MB")


def run_it(stage: Stage) -> None:
    """Start the image, wait for its health check, ask as nobody and as a workstation."""
    with tempfile.TemporaryDirectory(prefix="sonoplace-volume-") as volume:
        uid, gid = map(int, stage.user.split(":"))
        os.chown(volume, uid, gid)
        made = enter(
            stage, volume, [*stage.entrypoint, "keys", "create", "--role", "workstation", "--label", "CI-1", "--json"]
        )
        key = json.loads(subprocess.run(made, check=True, capture_output=True, text=True).stdout)["key"]
        with subprocess.Popen(enter(stage, volume, [*stage.entrypoint, *stage.command])) as service:
            try:
                within = ["nsenter", f"--net=/proc/{service.pid}/ns/net", "--"]
                wait_until_healthy(stage, within)
                ask(within, None, 401)
                ask(within, key, 200)
                require_read_only(service.pid, stage)
            finally:
                service.terminate()
                status = service.wait(60)
        print(f"stopped with status {status}")


def enter(stage: Stage, volume: str, command: list[str]) -> list[str]:
    """Command that runs in the image: its user, root read-only, a volume, and a network with nobody else in it."""
    root = shlex.quote(str(stage.root))
    (place,) = stage.volumes
    prepare = [
        "ip link set lo up",
        f"mount --bind {root} {root}",
        f"mount -o remount,bind,ro {root}",
        f"mount -t proc proc {root}/proc",
        f"mount --rbind /dev {root}/dev",
        f"mount -t tmpfs tmpfs {root}/tmp",  # noqa: S108 - of the image, in a namespace of its own
        f"mount --bind {shlex.quote(volume)} {root}{place}",
    ]
    variables = " ".join(shlex.quote(f"{name}={value}") for name, value in stage.environment.items())
    inner = " ".join(map(shlex.quote, command))
    run = f"exec chroot --userspec={stage.user} {root} env -i PATH=/usr/local/bin:/usr/bin:/bin {variables} {inner}"
    return ["unshare", "--mount", "--net", "--", "sh", "-ec", "\n".join([*prepare, run])]


def wait_until_healthy(stage: Stage, within: list[str]) -> None:
    """Until the image's own health check passes."""
    begun = time.monotonic()
    check = [*within, "chroot", str(stage.root), *stage.health]
    while subprocess.run(check, capture_output=True, check=False).returncode:
        if time.monotonic() - begun > _READY_S:
            sys.exit(f"not healthy within {_READY_S:g} s")
        time.sleep(0.5)
    print(f"healthy after {time.monotonic() - begun:.1f} s")


def ask(within: list[str], key: str | None, expected: int) -> None:
    """Send one frame with or without a key."""
    asked = (
        "import sys, urllib.request as u, urllib.error as e\n"
        "r = u.Request('http://127.0.0.1:8000/v1/frames?frame=22', open(sys.argv[1], 'rb').read(),"
        " {'Content-Type': 'application/dicom'})\n"
        "if sys.argv[2]: r.add_header('Authorization', 'Bearer ' + sys.argv[2])\n"
        "try: a = u.urlopen(r, timeout=30)\n"
        "except e.HTTPError as x: a = x\n"
        "print(a.status, a.read().decode())"
    )
    command = [*within, sys.executable, "-c", asked, str(ROOT / _FRAME), key or ""]
    status, _, body = subprocess.run(command, check=True, capture_output=True, text=True).stdout.partition(" ")
    require(int(status) == expected, f"asked for a frame: {status}, expected {expected}: {body[:300]}")
    said = json.loads(body)
    print(f"{'with a key' if key else 'without a key'}: {status} {said.get('code') or said['placement']['verdict']}")


def require_read_only(pid: int, stage: Stage) -> None:
    """Nobody, not even root within it, can write to the image's root."""
    target = f"{stage.root}/opt/sonoplace/written"
    tried = subprocess.run(
        ["nsenter", f"--mount=/proc/{pid}/ns/mnt", "touch", target], capture_output=True, check=False
    )
    require(tried.returncode, "the root file system can be written to")
    owner = Path(f"/proc/{pid}").stat().st_uid
    require(owner == int(stage.user.split(":")[0]), f"it runs as user {owner}")
    print(f"root file system read-only, user {owner}")


if __name__ == "__main__":
    sys.exit(main())
