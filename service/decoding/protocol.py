"""Messages between the service and a process that decodes: two lengths, a JSON object, bytes.

Nothing is unpickled on either side: a decoder that was taken over by its input can lie about a picture, and do no more.
"""

import struct
from typing import Any

import orjson

from imaging.frame import GreyPixels

LENGTHS = struct.Struct("<IQ")
"""Bytes of JSON, and of what follows it."""
MOST_HEAD_BYTES = 4_194_304
"""The times of 20,000 frames have 0.4 MB."""
Json = dict[str, Any]
Reply = tuple[Json, GreyPixels | None]


def packed(head: Json, body_bytes: int = 0) -> bytes:
    """What goes before the body of a message."""
    text = orjson.dumps(head)
    return LENGTHS.pack(len(text), body_bytes) + text
