"""A small DICOMweb server on loopback that keeps what it is sent, and fails when it is told to."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydicom import Dataset, dcmread


@dataclass
class FakeArchive:
    """Instances by SOP Instance UID; ``refusals`` are answered, one each, before anything is stored."""

    instances: dict[str, bytes] = field(default_factory=dict)
    refusals: list[tuple[int, Any]] = field(default_factory=list)
    url: str = ""
    stored_requests: int = 0

    def add(self, *files: bytes) -> None:
        for file in files:
            self.instances[str(dcmread(io.BytesIO(file)).SOPInstanceUID)] = file

    def datasets(self, modality: str | None = None) -> list[Dataset]:
        found = [dcmread(io.BytesIO(file)) for file in self.instances.values()]
        return [ds for ds in found if modality is None or ds.Modality == modality]

    def metadata(self, path: str) -> tuple[int, Any]:
        file = self.instances.get(path.split("/")[-2])
        if file is None:
            return 404, {}
        return 200, [dcmread(io.BytesIO(file), stop_before_pixels=True).to_json_dict()]

    def store(self, content_type: str, body: bytes) -> tuple[int, Any]:
        self.stored_requests += 1
        if self.refusals:
            return self.refusals.pop(0)
        message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        parts = message.get_payload()
        assert isinstance(parts, list)
        for part in parts:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            self.add(content)
        return 200, {"00081199": {"vr": "SQ", "Value": [{} for _ in parts]}}


@contextmanager
def running(archive: FakeArchive, port: int = 0) -> Iterator[FakeArchive]:
    """Serve an archive until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(*archive.metadata(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(*archive.store(self.headers["Content-Type"], body))

        def _answer(self, status: int, value: Any) -> None:
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/dicom+json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    archive.url = f"http://127.0.0.1:{server.server_port}/dicom-web"
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def failed(reason: int) -> dict[str, Any]:
    """Store Instances Response module of one failure."""
    return {"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [reason]}}]}}
