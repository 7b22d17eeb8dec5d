"""The sRGB colour space as an ICC profile of the input class, which colour presentation states carry.

A matrix profile of version 2.1, 3 kB, made of numbers alone, so that it is the same bytes everywhere.

References
----------
ICC.1:2001-04, 6.3.1.2 (three-component matrix-based input profiles); IEC 61966-2-1 (sRGB); DICOM PS3.3 C.11.15.
"""

import struct
from functools import cache

import numpy as np

_COLORANTS = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
"""sRGB's primaries adapted to D50."""
_WHITE = (0.9642, 1.0, 0.8249)
_CURVE_POINTS = 1024
_HEADER_BYTES = 128


@cache
def srgb_profile() -> bytes:
    """ICC profile of sRGB, device class ``scnr``."""
    curve = _curve()
    tags = {b"desc": _description(b"sRGB"), b"cprt": _text(b"No copyright"), b"wtpt": _xyz(_WHITE)}
    tags |= {name: _xyz(value) for name, value in _COLORANTS.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _profile(tags)


def _profile(tags: dict[bytes, bytes]) -> bytes:
    offsets: dict[bytes, int] = {}
    body, at = b"", _HEADER_BYTES + 4 + 12 * len(tags)
    for data in dict.fromkeys(tags.values()):
        offsets[data] = at + len(body)
        body += data + b"\0" * (-len(data) % 4)
    entries = b"".join(struct.pack(">4sII", name, offsets[data], len(data)) for name, data in tags.items())
    table = struct.pack(">I", len(tags)) + entries
    return _header(_HEADER_BYTES + len(table) + len(body)) + table + body


def _header(size: int) -> bytes:
    made_on = struct.pack(">6H", 2001, 1, 1, 0, 0, 0)
    illuminant = struct.pack(">3i", *(_fixed(value) for value in _WHITE))
    start = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02100000, b"scnr", b"RGB ", b"XYZ ")
    filled = start + made_on + b"acsp" + b"\0" * 28 + illuminant
    return filled + b"\0" * (_HEADER_BYTES - len(filled))


def _fixed(value: float) -> int:
    """Number of type s15Fixed16."""
    return round(value * 65536.0)


def _xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(_fixed(part) for part in value))


def _curve() -> bytes:
    encoded = np.linspace(0.0, 1.0, _CURVE_POINTS)
    linear = np.where(encoded > 0.04045, ((encoded + 0.055) / 1.055) ** 2.4, encoded / 12.92)
    points = np.rint(linear * 65535.0).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", _CURVE_POINTS) + points.tobytes()


def _text(words: bytes) -> bytes:
    return b"text\0\0\0\0" + words + b"\0"


def _description(words: bytes) -> bytes:
    ascii_part = struct.pack(">I", len(words) + 1) + words + b"\0"
    return b"desc\0\0\0\0" + ascii_part + b"\0" * (4 + 4 + 2 + 1 + 67)
