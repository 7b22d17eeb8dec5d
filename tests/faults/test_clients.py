"""Clients that are slow, silent, gone without a word, or never read: each is ended, and no other waits for it.

All of them misbehave at once, on one real server with short limits.
"""

import base64
import itertools
import os
import socket
import struct
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil
import pytest

from service.live.messages import FrameHeader, join_frame
from tests.faults.asking import START, ask, cine, left_in, until
from tests.service.live_server import live_server
from tests.service.pictures import INSIDE, picture

LIMITS = ("body_silence_s=3", "head_s=3", "peer_gone_s=1", "live_idle_s=5", "live_resume_s=0.2", "workers=2")
"""Short, and yet longer than a busy machine makes those wait who behave."""
PICTURE = picture(INSIDE).tobytes()
TCP_REPAIR = 19
"""Linux: a socket that is closed under repair says nothing to its peer (``tcp(7)``, ``net/ipv4/tcp.c``)."""
PATIENCE_S = 180.0
TEXT, BINARY, PING = 0x81, 0x82, 0x89


@dataclass(frozen=True)
class Neighbourhood:
    """A server, its folder, and what became of each ill-behaved client."""

    url: str
    folder: Path
    ended: dict[str, "Future[bytes]"]

    def word(self, name: str) -> bytes:
        """The last thing that a client was told."""
        return self.ended[name].result(PATIENCE_S)

    def process(self) -> psutil.Process:
        """The server among this process's children."""
        known = psutil.process_iter(["ppid", "cmdline"])  # one that ends meanwhile has no command line
        mine = (one for one in known if one.info["ppid"] == os.getpid())
        return next(one for one in mine if str(self.folder) in (one.info["cmdline"] or ()))


@pytest.fixture(scope="module")
def neighbourhood(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    folder = tmp_path_factory.mktemp("data")
    with live_server(folder, *LIMITS) as url, ThreadPoolExecutor(8) as pool:
        until(lambda: ask(f"{url}/readyz")[0] == 200)
        ill = (silent, endless_head, drips, stops_half_way, withholds, never_reads_live, only_pings, never_reads_http)
        yield Neighbourhood(url, folder, {one.__name__: pool.submit(one, url) for one in ill})


def connected(url: str, *, small: bool = False) -> socket.socket:
    """Socket to the server; a small one takes little of what it is sent before it is full."""
    address = urlsplit(url)
    one = socket.socket()
    if small:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    one.settimeout(PATIENCE_S)
    one.connect((address.hostname, address.port))
    return one


def until_closed(one: socket.socket) -> bytes:
    """All that still comes; the server closes or resets."""
    heard = b""
    try:
        while more := one.recv(65536):
            heard += more
    except ConnectionResetError:
        return heard + b"<reset>"
    finally:
        one.close()
    return heard


def until_cut_off(send: Callable[[], None], every_s: float = 0.0) -> bytes:
    """Send again and again, until that fails."""
    deadline = time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < deadline:
            send()
            time.sleep(every_s)
    except ConnectionError:
        return b"<cut off>"
    except OSError as error:
        return type(error).__name__.encode()
    return b"<still open>"


def silent(url: str) -> bytes:
    return until_closed(connected(url))


def endless_head(url: str) -> bytes:
    """A head that grows by a letter at a time."""
    with connected(url) as one:
        one.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ")
        return until_cut_off(lambda: one.sendall(b"a"), every_s=0.1)


def drips(url: str) -> bytes:
    """A byte of a body at a time, so that it is never silent for long."""
    one = connected(url)
    one.sendall(_post(url, 1_000_000))
    dripping = threading.Thread(target=until_cut_off, args=(lambda: one.sendall(b"\0"), 0.1))
    dripping.start()
    heard = until_closed(one)
    dripping.join()
    return heard


def stops_half_way(url: str) -> bytes:
    """Half a file, and then nothing; the line stays open."""
    one, content = connected(url), cine()
    one.sendall(_post(url, len(content)) + content[: len(content) // 2])
    return until_closed(one)


def withholds(url: str) -> bytes:
    """A body announced where none is wanted, of which nothing comes."""
    one = connected(url)
    one.sendall(f"GET /livez HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nContent-Length: 100\r\n\r\n".encode())
    return until_closed(one)


def _post(url: str, length: int) -> bytes:
    head = f"POST /v1/procedures HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nContent-Type: application/dicom"
    return f"{head}\r\nContent-Length: {length}\r\n\r\n".encode()


def live(url: str, *, small: bool = False, **said: object) -> socket.socket:
    """Live connection by hand: the libraries read whatever comes."""
    one = connected(url, small=small)
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET /v1/live HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade"
    one.sendall(f"{head}\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += one.recv(1)
    assert heard.startswith(b"HTTP/1.1 101"), heard
    one.sendall(masked(TEXT, orjson.dumps({**START, **said})))
    return one


def masked(kind: int, content: bytes) -> bytes:
    """Message as a client sends it (RFC 6455 section 5.2), masked with zeros."""
    size = len(content)
    length = bytes([0x80 | size]) if size < 126 else struct.pack(">BH", 0xFE, size)
    return bytes([kind]) + length + bytes(4) + content


def framed(sequence: int) -> bytes:
    return masked(BINARY, join_frame(FrameHeader(sequence=sequence, captured_at=time.time_ns()), PICTURE))


def never_reads_live(url: str) -> bytes:
    """Frames as fast as they are taken, and none of the answers read, until the server has enough of it."""
    sequence = itertools.count()
    with live(url, small=True, overlay="svg", name="never-reads") as one:
        return until_cut_off(lambda: one.sendall(framed(next(sequence))))


def only_pings(url: str) -> bytes:
    """Pings of the protocol itself, whose pongs are not read."""
    with live(url, small=True) as one:
        return until_cut_off(lambda: one.sendall(masked(PING, bytes(125)) * 100))


def never_reads_http(url: str) -> bytes:
    """Answer after answer asked for over one line, and none read."""
    asked = f"GET /openapi.json HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode()
    with connected(url, small=True) as one:
        return until_cut_off(lambda: one.sendall(asked * 20))


def test_others_are_answered_meanwhile(neighbourhood: Neighbourhood) -> None:
    assert ask(f"{neighbourhood.url}/v1/procedures", cine())[0] == 201


def test_a_line_without_a_request_is_closed(neighbourhood: Neighbourhood) -> None:
    assert neighbourhood.word("silent") == b""
    assert neighbourhood.word("endless_head") == b"<cut off>"


@pytest.mark.parametrize("client", ["drips", "stops_half_way", "withholds"])
def test_a_body_that_does_not_come_is_given_up(neighbourhood: Neighbourhood, client: str) -> None:
    word = neighbourhood.word(client)
    assert b" 408 " in word
    assert b'"code":"too-slow"' in word
    assert left_in(neighbourhood.folder) == []


def test_a_sender_that_is_gone_half_way_is_no_fault_of_the_service(neighbourhood: Neighbourhood) -> None:
    with connected(neighbourhood.url) as one:
        one.sendall(_post(neighbourhood.url, 1_000) + b"half")
    counted = 'sonoplace_requests_total{method="POST",route="/v1/procedures",status="499"} 1.0'
    until(lambda: counted in metrics(neighbourhood.url))
    assert not [line for line in metrics(neighbourhood.url) if 'status="500"' in line]


def metrics(url: str) -> list[str]:
    with urllib.request.urlopen(f"{url}/metrics", timeout=PATIENCE_S) as answer:  # noqa: S310 - loopback
        return str(answer.read().decode()).splitlines()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no TCP_USER_TIMEOUT")
@pytest.mark.parametrize("client", ["never_reads_live", "only_pings", "never_reads_http"])
def test_a_peer_that_never_reads_is_cut_off_and_fills_no_memory(neighbourhood: Neighbourhood, client: str) -> None:
    assert neighbourhood.word(client) == b"<cut off>"
    server = neighbourhood.process()
    assert server.memory_info().rss < 700e6


def test_what_was_recorded_of_it_is_kept(neighbourhood: Neighbourhood) -> None:
    neighbourhood.word("never_reads_live")
    listed = until(
        lambda: [
            one
            for one in ask(f"{neighbourhood.url}/v1/procedures")[1]["procedures"]
            if one["links"]["results"] is None and one["status"] == "done"
        ]
    )
    assert listed[0]["frame_count"] >= 1


def test_a_peer_that_vanished_without_a_word_is_noticed(neighbourhood: Neighbourhood) -> None:
    server = neighbourhood.process()
    with live(neighbourhood.url, name="vanished") as one:
        one.sendall(framed(0))
        assert one.recv(100)
        try:
            one.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        except OSError as error:
            pytest.skip(f"no socket can vanish here: {error.strerror}")
        port = one.getsockname()[1]
        assert any(line.raddr and line.raddr.port == port for line in server.net_connections())
    until(lambda: not any(line.raddr and line.raddr.port == port for line in server.net_connections()))
