"""Requests and live messages that are none."""

import json
import struct
from collections.abc import Mapping, Sequence

from service.errors import OUTCOMES
from tests.imaging.dicom.fixtures import dataset, grey, written
from tests.service.pictures import png

CLOSE_CODES = {outcome.close_code for outcome in OUTCOMES.values() if outcome.close_code != 1011} | {1007}
"""Those of the one table that are a caller's mistake, and the protocol's own for text that is not UTF-8."""

GREY: Sequence[tuple[str, bytes]] = (
    ("width=65535&height=65535", b"x"),
    ("width=4096&height=4096", b"x"),
    ("width=-1&height=-1", b"x"),
    ("width=1e3&height=1", b"x"),
    ("width=99999999999999999999&height=1", b"x"),
    ("width=0x10&height=1", b"x" * 16),
    ("width=1&height=1&spacing_mm=1e999", b"x"),
    ("width=1&height=1&spacing_mm=" + "9" * 50, b"x" * 2),
    ("width=2&height=2&bmode=0,0,1e300,1", b"xxxx"),
    ("width=2&height=2&bmode=-1,-1,2,2", b"xxxx"),
    ("width=2&height=2&spacing_mm=0.1&width=3", b"xxxx"),
    ("width=%00&height=%F0%9F%92%A9", b"x"),
    ("frame=" + "9" * 5000, b"x"),
)

_FILE = written(dataset([grey()]))
_RELATED = 'multipart/related; type="application/dicom"; boundary=b'


def _part(head: bytes, body: bytes = _FILE) -> bytes:
    return b"--b\r\n" + head + b"\r\n\r\n" + body + b"\r\n--b--\r\n"


_TYPE = b"Content-Type: application/dicom"
MULTIPART: Sequence[tuple[str, str, bytes]] = (
    ("name that climbs", _RELATED, _part(_TYPE + b'\r\nContent-Disposition: x; filename="../../../../tmp/slipped"')),
    ("place that climbs", _RELATED, _part(_TYPE + b"\r\nContent-Location: file:///tmp/slipped")),
    ("name with a zero", _RELATED, _part(_TYPE + b'\r\nContent-Disposition: x; filename="slipped\0.dcm"')),
    ("header of 10 MB", _RELATED, _part(_TYPE + b"\r\nX-Long: " + b"x" * 10_000_000)),
    ("100,000 headers", _RELATED, _part(_TYPE + b"\r\nX: y" * 100_000)),
    ("part in a part", _RELATED, _part(_TYPE, _part(_TYPE))),
    ("10,000 parts", _RELATED, b"--b\r\n\r\n\r\n" * 10_000 + b"--b--\r\n"),
    ("no end", _RELATED, b"--b\r\n" + _TYPE + b"\r\n\r\n" + _FILE),
    ("nothing", _RELATED, b""),
    ("boundary of nothing", 'multipart/related; type="application/dicom"; boundary=""', _part(_TYPE)),
    ("boundary of 100 kB", 'multipart/related; type="application/dicom"; boundary=' + "b" * 60_000, _part(_TYPE)),
    ("boundary of no letters", 'multipart/related; type="application/dicom"; boundary="\xe4\xff"', _part(_TYPE)),
    ("form", "multipart/form-data; boundary=b", _part(b'Content-Disposition: form-data; name="x"; filename="../x"')),
    ("text", "text/plain", b"x"),
    ("an archive", "application/zip", b"PK\x03\x04../../tmp/slipped"),
    ("XML", "application/dicom+xml", b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a>&c;</a>'),
)
"""Name, content type, body."""

JSON: Mapping[str, bytes] = {
    "100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "100,000 deep, objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "100,000 deep in a field": b'{"needle": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "10 MB of text": b'{"injectate": "' + b"x" * 10_000_000 + b'"}',
    "a million fields": b"{" + b",".join(b'"f%d":1' % number for number in range(1_000_000)) + b"}",
    "40 MB": b'{"x": "' + b"x" * 40_000_000 + b'"}',
    "a number of 100,000 digits": b'{"laterality": ' + b"9" * 100_000 + b"}",
    "infinity": b'{"laterality": 1e999}',
    "not a number": b'{"laterality": NaN}',
    "half a pair": b'{"laterality": "\\ud800"}',
    "not UTF-8": b'{"laterality": "\xff\xfe"}',
    "UTF-16": '{"laterality": "left"}'.encode("utf-16"),
    "the same twice": b'{"laterality": "left", "laterality": "<script>"}',
    "a prototype": b'{"__proto__": {"admin": true}, "constructor": {"prototype": {}}}',
    "cut short": b'{"laterality": "le',
    "nothing": b"",
    "null": b"null",
}
"""Bodies where a record is expected."""

PATHS = (
    "/page/../../../../etc/passwd",
    "/page/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/page/..%5c..%5c..%5cetc/passwd",
    "/page/%00",
    "/v1/procedures/..%2f..%2f..%2fetc%2fpasswd",
    "/v1/procedures/%00",
    "/v1/procedures/" + "a" * 5000,
    "/v1/procedures/1'%20OR%20'1'='1",
    "/v1/procedures/x/frames/99999999999999999999",
    "/v1/procedures/x/frames/-1",
    "/v1/procedures?limit=99999999999999999999",
    "/v1/procedures?offset=-1",
    "/v1/procedures?offset=99999999999999999999999",
    "/v1/procedures?verdict=<script>",
)

_START = '{"type": "start", "format": "png"}'


def _frame(head: object, picture: bytes = png()) -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack(">I", len(text)) + text + picture


LIVE: Mapping[str, list[str | bytes]] = {
    "no message": [""],
    "no JSON": ["start"],
    "100,000 deep": ["[" * 100_000],
    "100,000 deep, objects": ['{"type":' * 100_000],
    "10 MB of text": ['{"type": "start", "name": "' + "x" * 10_000_000 + '"}'],
    "a number of 100,000 digits": ['{"type": "ping", "sent_at": ' + "9" * 100_000 + "}"],
    "infinity": ['{"type": "start", "stale_after_ms": 1e999}'],
    "half a pair": ['{"type": "start", "name": "\\ud800"}'],
    "a name that climbs": ['{"type": "start", "name": "../../x"}'],
    "a session of somebody": ['{"type": "start", "session": "' + "0" * 32 + '"}'],
    "a spacing of nothing": ['{"type": "start", "spacing_mm": [0, 0]}'],
    "a spacing next to nothing": ['{"type": "start", "spacing_mm": [1e-9, 1e-9]}'],
    "a spacing far from square": ['{"type": "start", "spacing_mm": [0.001, 10.0]}'],
    "a frame far from square": [_START, _frame({"sequence": 0, "captured_at": 0, "spacing_mm": [0.001, 10.0]})],
    "a rectangle inside out": ['{"type": "start", "bmode_px": [9, 9, 1, 1]}'],
    "a frame before the start": [_frame({"sequence": 0, "captured_at": 0})],
    "a start after the start": [_START, _START],
    "a frame of nothing": [_START, b""],
    "a frame of three bytes": [_START, b"\0\0\0"],
    "a header of 4 GB": [_START, b"\xff\xff\xff\xff{}"],
    "a header of no length": [_START, b"\0\0\0\0" + png()],
    "a header longer than its frame": [_START, struct.pack(">I", 4000) + b"{}"],
    "a header of 5,000 bytes": [_START, _frame(b" " * 5000)],
    "a header that is deep": [_START, _frame(b"[" * 4000)],
    "a header of junk": [_START, _frame(b"\xff" * 100)],
    "a sequence below zero": [_START, _frame({"sequence": -1, "captured_at": 0})],
    "a sequence beyond": [_START, _frame({"sequence": 2**53, "captured_at": 0})],
    "an instant beyond": [_START, _frame({"sequence": 0, "captured_at": 2**64})],
    "the same sequence twice": [_START, *[_frame({"sequence": 1, "captured_at": 0})] * 2],
    "a field nobody knows": [_START, _frame({"sequence": 0, "captured_at": 0, "__class__": "x"})],
    "a message of 40 MB": [_START, _frame({"sequence": 0, "captured_at": 0}, bytes(40_000_000))],
    "a frame after the end": [_START, '{"type": "end"}', _frame({"sequence": 0, "captured_at": 0})],
}
"""Messages that close a connection."""
