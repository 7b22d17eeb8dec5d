"""Cuts out of requirements.lock what an image needs: ``deploy/runtime.lock`` to run, ``deploy/build.lock`` to build.

What is needed is read from the metadata of what is installed here, which is what the lock names. ``--check`` writes
nothing and fails if a file is not what it should be.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("fhir", "pacs", "postgres", "report", "s3")
"""Optional parts that the image has: a server's own, none that a workstation or a developer needs."""
_BLOCK = re.compile(r"^([A-Za-z0-9._-]+)==\S+.*?(?=^[A-Za-z0-9]|\Z)", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Write both files, or compare them."""
    check = "--check" in sys.argv[1:]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = [*project["project"]["dependencies"], *extra_requirements(project)]
    build = project["build-system"]["requires"]
    lock = blocks((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    wrong = 0
    for name, roots in (("runtime", run), ("build", build)):
        path, text = ROOT / "deploy" / f"{name}.lock", cut_out(lock, closure(roots))
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            print(f"{path.relative_to(ROOT)} is not cut from requirements.lock: run .ci/runtime_lock.py")
            wrong = 1
    return wrong


def extra_requirements(project: dict[str, dict[str, dict[str, list[str]]]]) -> list[str]:
    """Requirements of the image's optional parts."""
    return [text for extra in EXTRAS for text in project["project"]["optional-dependencies"][extra]]


def blocks(lock: str) -> dict[str, list[str]]:
    """Entries of a lock by name; several if versions differ between platforms."""
    found: dict[str, list[str]] = {}
    for match in _BLOCK.finditer(lock):
        found.setdefault(canonicalize_name(match[1]), []).append(match[0])
    return found


def closure(roots: Iterable[str]) -> set[str]:
    """Names of everything that requirements need on this kind of machine, themselves included."""
    todo = [Requirement(text) for text in roots]
    seen: set[tuple[str, str]] = set()
    while todo:
        need = todo.pop()
        name = canonicalize_name(need.name)
        for extra in ("", *need.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                todo += [each for each in needs_of(name) if applies(each, extra)]
    return {name for name, _ in seen}


def needs_of(name: str) -> list[Requirement]:
    """What an installed distribution requires."""
    try:
        return [Requirement(text) for text in requires(name) or []]
    except PackageNotFoundError:
        sys.exit(f"{name} is not installed here: install requirements.lock first")


def applies(need: Requirement, extra: str) -> bool:
    """Whether a requirement holds here, with an extra asked for."""
    return need.marker is None or need.marker.evaluate({"extra": extra})


def cut_out(lock: dict[str, list[str]], names: set[str]) -> str:
    """Part of a lock."""
    missing = sorted(names - lock.keys())
    if missing:
        sys.exit(f"requirements.lock lacks {', '.join(missing)}: make the lock again (README, Development)")
    return "".join(block for name in sorted(names) for block in lock[name])


if __name__ == "__main__":
    sys.exit(main())
