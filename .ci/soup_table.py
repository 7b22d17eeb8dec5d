"""Table of software of unknown provenance in docs/medical_software.md, from the lock; ``--write`` renews it."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "medical_software.md"
BEGIN, END = "<!-- soup: written by .ci/soup_table.py -->", "<!-- end of soup -->"
PURPOSES = {
    "alembic": "database migrations",
    "contourpy": "outlines of regions",
    "cryptography": "signatures of tokens",
    "dicom-anonymizer": "the de-identification profile",
    "dicomweb-client": "archives that are audited",
    "distributed": "audits over several machines",
    "fastapi": "HTTP interface",
    "fhir-resources": "FHIR exports",
    "highdicom": "DICOM results",
    "httpx2": "client, and pushes to a PACS",
    "isal": "fast deflate of pictures",
    "jinja2": "pages of reports",
    "matplotlib": "plots in reports",
    "numpy": "arrays",
    "obstore": "object store",
    "onnxruntime": "runs the network",
    "opencv-python-headless": "decoding, resampling, shapes",
    "opentelemetry-exporter-otlp-proto-http": "traces, sent",
    "opentelemetry-sdk": "traces",
    "orjson": "JSON",
    "prometheus-client": "metrics",
    "psutil": "memory in benchmarks and reports",
    "psycopg": "PostgreSQL",
    "pyarrow": "tables of audits",
    "pydantic": "checks what comes in",
    "pydantic-settings": "settings",
    "pydicom": "reads and writes DICOM",
    "pyigtl": "OpenIGTLink source",
    "pyjpegls": "keeps pictures without loss",
    "pyjwt": "bearer tokens",
    "pylibjpeg": "JPEG in DICOM",
    "pylibjpeg-openjpeg": "JPEG 2000 in DICOM",
    "pylibjpeg-rle": "RLE in DICOM",
    "pynetdicom": "C-STORE",
    "python-gdcm": "lossless JPEG in DICOM",
    "python-multipart": "parts of a STOW request",
    "rich": "progress and tables",
    "scipy": "intervals in reports",
    "sqlalchemy": "the store's database",
    "structlog": "logs",
    "typer": "command line",
    "typst": "PDF reports",
    "uvicorn": "HTTP server",
    "av": "video files",
}
"""What each library that the code names is for."""


def main(arguments: list[str]) -> int:
    """Print whether the page has the table of the lock; write it if asked to."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"
    if "--write" in arguments:
        PAGE.write_text(made, encoding="utf-8")
    elif made != page:
        print("docs/medical_software.md lists other versions than requirements.lock: python .ci/soup_table.py --write")
        return 1
    return 0


def table() -> str:
    """Every locked library: what for, its version, and what needs it."""
    wanted = _wanted()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", lock, re.MULTILINE)
    rows = []
    for name, version in pinned:
        purpose, by = (known.get(canonicalize_name(name)) for known in (PURPOSES, wanted))
        rows.append(f"| {name} | {version} | {purpose or ''} | {by or 'others'} |")
    return "\n".join(["| library | version | for | needed by |", "|---|---|---|---|", *rows])


def unexplained() -> set[str]:
    """Libraries that the code names and of which nothing says what they are for; development's are no part of it."""
    return {name for name, by in _wanted().items() if by != "development"} - PURPOSES.keys() - _not_locked()


def _wanted() -> dict[str, str]:
    """What needs a library: the service itself, an extra, or its development."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {"development": project["dependency-groups"]["dev"], **project["project"]["optional-dependencies"]}
    found: dict[str, str] = {}
    for group, texts in (*groups.items(), ("the service", project["project"]["dependencies"])):
        for text in texts:
            name = canonicalize_name(Requirement(text).name)
            others = found.get(name, "")
            is_more = group != "the service" and others not in ("", "development")
            found[name] = f"{others}, {group}" if is_more else group
    return found


def _not_locked() -> set[str]:
    """Libraries of extras that are installed apart from the lock (``lock_matches.NOT_LOCKED``)."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    apart = {name for extra in ("train", "wave", "peers") for name in extras[extra]}
    return {canonicalize_name(Requirement(text).name) for text in apart}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
