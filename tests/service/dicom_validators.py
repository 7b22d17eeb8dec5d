"""Public validators of DICOM objects, each as a function from a file to its complaints; tests skip without them."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

_JARS = [Path("/usr/share/java") / f"{name}.jar" for name in ("pixelmed", "slf4j-api", "slf4j-nop", "commons-codec")]
_XPATH_LIMITS = [f"-Djdk.xml.xpath{limit}=0" for limit in ("TotalOpLimit", "ExprGrpLimit", "ExprOpLimit")]
Complaints = Callable[[Path], list[str]]


def dciodvfy(file: Path) -> list[str]:
    """Errors of dicom3tools: attributes and values against the object's definition."""
    return [line for line in _run("dciodvfy", "-new", str(file)) if line.startswith("Error")]


def dcmdump(file: Path) -> list[str]:
    """Complaints of DCMTK's parser."""
    return [line for line in _run("dcmdump", "+P", "SOPInstanceUID", str(file)) if line.startswith(("E:", "W:"))]


def dsrdump(file: Path) -> list[str]:
    """Complaints of DCMTK's reader of structured reports."""
    lines = _run("dsrdump", str(file))
    return [line for line in lines if line.startswith(("E:", "W:"))] + ([] if "CONTAINER" in "".join(lines) else lines)


def dcmpschk(file: Path) -> list[str]:
    """What DCMTK's checker of presentation states says, unless it says that all tests were passed."""
    lines = _run("dcmpschk", str(file))
    return [] if any("Test passed" in line for line in lines) else lines


def pixelmed(file: Path) -> list[str]:
    """Errors of PixelMed's validator of structured reports and their templates; it takes 20 seconds of a processor."""
    if not all(jar.exists() for jar in _JARS):
        pytest.skip("no PixelMed (Debian package libpixelmed-java)")
    path = ":".join(str(jar) for jar in _JARS)
    lines = _run("java", *_XPATH_LIMITS, "-Xss16m", "-cp", path, "com.pixelmed.validate.DicomSRValidator", str(file))
    finished = any("IOD validation complete" in line for line in lines)
    return [line for line in lines if line.startswith("Error")] if finished else lines


def _run(*command: str) -> list[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} (Debian packages dicom3tools, dcmtk, default-jre-headless)")
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - named tools
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
