"""What the image is made of: Python distributions of ``deploy/runtime.lock``, and what the page's built files hold."""

import json
import re
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from runtime_lock import ROOT, applies, closure

LOCK = ROOT / "deploy" / "runtime.lock"
_CLASSIFIER = "License :: "
_BY_CLASSIFIER = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_SHORT = 60
"""A longer ``License`` field is a licence's text, not its name."""


@dataclass(frozen=True, slots=True)
class Component:
    """One part: its name in its registry, version, licence, hashes of its files, and the parts that it needs."""

    kind: str
    name: str
    version: str
    licence: str
    hashes: tuple[str, ...]
    needs: tuple[str, ...] = ()

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:{self.kind}/{self.name.replace('@', '%40')}@{self.version}"


def python_components() -> list[Component]:
    """Distributions that the image runs, as they are locked; licences and needs as installed here."""
    entries = re.findall(
        r"^(\S+==\S+)( ;[^\\\n]*)?((?: \\\n    --hash=\S+)+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE
    )
    found = []
    for pin, marker, hashes in entries:
        need = Requirement(pin + marker)
        if need.marker is None or need.marker.evaluate():
            name, version = canonicalize_name(need.name), pin.partition("==")[2]
            installed = distribution(name)
            values = tuple(re.findall(r"--hash=sha256:(\S+)", hashes))
            found.append(Component("pypi", name, version, licence_of(installed), values, needs_of(installed)))
    return found


def page_components() -> list[Component]:
    """Libraries that the page is built from."""
    lock = json.loads((ROOT / "service" / "web" / "package-lock.json").read_text(encoding="utf-8"))
    return [
        Component("npm", path.removeprefix("node_modules/"), said["version"], said.get("license", "unknown"), ())
        for path, said in lock["packages"].items()
        if path and not any(said.get(key) for key in ("dev", "peer", "optional", "devOptional"))
    ]


def licence_of(installed: Distribution) -> str:
    """Licence that a distribution's metadata names: its expression, its classifiers, or its short field."""
    said = installed.metadata
    if said["License-Expression"]:
        return str(said["License-Expression"])
    classifiers = said.get_all("Classifier") or []
    named = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith(_CLASSIFIER)]
    known = [_BY_CLASSIFIER.get(name, name) for name in named if name != "OSI Approved"]
    if known:
        return " OR ".join(known)
    short = (said["License"] or "").strip()
    return short if 0 < len(short) <= _SHORT else "unknown"


def needs_of(installed: Distribution) -> tuple[str, ...]:
    """Names of what a distribution requires here."""
    needs = [Requirement(text) for text in installed.requires or []]
    return tuple(sorted({canonicalize_name(need.name) for need in needs if applies(need, "")}))


def licence_files(name: str) -> list[Path]:
    """Licence texts that came with a distribution, those of the libraries inside it among them."""
    files = distribution(name).files or []
    wanted = [file for file in files if re.search(r"(?i)licen[cs]e|copying|notice|3rdparty", file.name)]
    return [Path(str(file.locate())) for file in wanted if file.suffix not in (".py", ".pyc", ".pyi")]


__all__ = ["Component", "closure", "licence_files", "page_components", "python_components"]
