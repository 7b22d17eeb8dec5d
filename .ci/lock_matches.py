"""Every requirement of pyproject.toml is in requirements.lock, at a version it allows."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
NOT_LOCKED = {"train", "wave", "peers"}
"""Extras that only developers of the network and of benchmarks install: large, or for an environment of their own."""


def main() -> int:
    """Print what the lock lacks; 1 if anything."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    texts = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    texts += [text for extra in extras.keys() - NOT_LOCKED for text in extras[extra]]
    wanted = [Requirement(text) for text in texts]
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    locked: dict[str, list[str]] = {}
    for name, version in pinned:
        locked.setdefault(canonicalize_name(name), []).append(version)
    missing = [need for need in wanted if not _allowed(need, locked.get(canonicalize_name(need.name), []))]
    for need in missing:
        print(f"{need} is not in requirements.lock: make the lock again (README, Development)")
    return 1 if missing else 0


def _allowed(need: Requirement, versions: list[str]) -> bool:
    return any(need.specifier.contains(version) for version in versions)


if __name__ == "__main__":
    sys.exit(main())
