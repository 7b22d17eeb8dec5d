"""A DICOMweb server of a few routes over files in memory: studies, series, instances, and one instance's bytes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Tree = dict[str, dict[str, dict[str, bytes]]]
"""Bytes of instances by study, series and instance."""


@dataclass
class Stub:
    """What the server knows, and what it was asked."""

    tree: Tree
    asked: list[str] = field(default_factory=list)
    refuse: int | None = None
    url: str = ""


@contextmanager
def dicomweb_server(tree: Tree) -> Iterator[Stub]:
    """Serve a tree on a free port."""
    stub = Stub(tree)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stub.asked.append(self.path)
            if stub.refuse is not None:
                self.send_error(stub.refuse)
                return
            _answer(self, stub.tree)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stub.url = f"http://127.0.0.1:{server.server_port}/dicom-web"
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()


def _answer(handler: BaseHTTPRequestHandler, tree: Tree) -> None:
    address = urlsplit(handler.path)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    match address.path.removeprefix("/dicom-web/").split("/"):
        case ["studies"]:
            start, most = int(query["offset"]), int(query["limit"])
            _send_json(handler, "0020000D", list(tree)[start : start + most])
        case ["studies", study, "series"]:
            _send_json(handler, "0020000E", list(tree[study]))
        case ["studies", study, "series", series, "instances"]:
            _send_json(handler, "00080018", list(tree[study][series]))
        case ["studies", study, "series", series, "instances", instance]:
            found = tree[study][series].get(instance)
            handler.send_error(404) if found is None else _send_instance(handler, found)
        case _:
            handler.send_error(400)


def _send_json(handler: BaseHTTPRequestHandler, tag: str, uids: list[str]) -> None:
    body = json.dumps([{tag: {"vr": "UI", "Value": [uid]}} for uid in uids]).encode()
    _send(handler, "application/dicom+json", body)


def _send_instance(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    head = b"--edge\r\nContent-Type: application/dicom\r\n\r\n"
    _send(handler, 'multipart/related; type="application/dicom"; boundary=edge', head + data + b"\r\n--edge--\r\n")


def _send(handler: BaseHTTPRequestHandler, kind: str, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
