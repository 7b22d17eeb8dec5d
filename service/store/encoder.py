"""The program of the process that makes JPEG-LS: ``python -m service.store.encoder MEMORY_BYTES TASK_S``."""

import os

import numpy as np

from service.decoding.protocol import Json, Reply
from service.decoding.worker import main

_YIELDS = 10
"""Niceness: whoever waits for a live answer goes first."""


def jpeg_ls(head: Json, body: bytes) -> Reply:
    """Grey levels as JPEG-LS, without loss."""
    import jpeg_ls as library

    coded = library.encode_array(np.frombuffer(body, np.uint8).reshape(head["shape"]))
    return {}, np.frombuffer(bytes(coded), np.uint8)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(_YIELDS)
    main({"jpeg_ls": jpeg_ls})
