"""A real archive for tests: Orthanc with its DICOMweb plug-in, on loopback, in a folder of its own."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@dataclass(frozen=True)
class Neighbours:
    """Where the service and its gateway listen, for an archive that forwards to them."""

    stow_url: str
    gateway_port: int


@dataclass(frozen=True)
class Orthanc:
    """Ports of a running archive."""

    http_port: int
    dicom_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def dicomweb_url(self) -> str:
        return f"{self.url}/dicom-web"

    def ask(self, path: str, body: object = None) -> Any:
        """Answer of the archive's own REST interface, which is no part of DICOMweb."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def add(self, file: bytes) -> None:
        """Put a DICOM file into the archive, by its own interface."""
        request = urllib.request.Request(f"{self.url}/instances", file, {"Content-Type": "application/dicom"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            assert json.load(answer)["Status"] == "Success"

    def instance(self, sop_uid: str) -> str:
        """The archive's own name of an instance."""
        (found,) = self.ask("/tools/find", {"Level": "Instance", "Query": {"SOPInstanceUID": sop_uid}})
        return str(found)


def missing() -> str | None:
    """Why there can be no archive here, or None."""
    if shutil.which("Orthanc") is None or not PLUGIN.is_file():
        return "Debian packages orthanc and orthanc-dicomweb are not installed"
    return None


@contextmanager
def running(folder: Path, archive: Orthanc, neighbours: Neighbours) -> Iterator[Orthanc]:
    """Run an archive until the end of the block."""
    settings = {
        "Name": "TEST",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "HttpPort": archive.http_port,
        "DicomPort": archive.dicom_port,
        "DicomAet": "ORTHANC",
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowStore": True,
        "UnknownSopClassAccepted": True,
        "SaveJobs": False,
        # Half a minute on a machine that does much else; the archive's own patience is 10 s.
        "DicomScuTimeout": 180,
        "HttpTimeout": 180,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {
            "Enable": True,
            "Root": "/dicom-web/",
            "Servers": {"sonoplace": {"Url": neighbours.stow_url, "ChunkedTransfers": "1"}},
        },
        "DicomModalities": {"sonoplace": ["SONOPLACE", "127.0.0.1", neighbours.gateway_port]},
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(settings))
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen(["Orthanc", str(path)], stdout=log, stderr=log)  # noqa: S603, S607 - Debian's own
        try:
            _wait(archive, process, folder)
            yield archive
        finally:
            process.terminate()
            process.wait(60)


def _wait(archive: Orthanc, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + 180
    while True:
        try:
            archive.ask("/system")
        except (urllib.error.URLError, ConnectionError):
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError((folder / "orthanc.log").read_text()[-2000:]) from None
            time.sleep(0.1)
        else:
            return
